//! The decisions, under events in any order.

use std::time::Duration;

use proptest::prelude::*;
use store::{Backup, CommitReply, Renewal, Standing, StoreError};

use super::tests::{LONG, backup, claim, job, output};
use super::*;

fn any_event() -> impl Strategy<Value = Event> {
    let task = (0u32..4, 1u32..6);
    let claims = proptest::collection::vec(task.clone().prop_map(|(i, d)| claim(i, d)), 0..3);
    let backup = prop_oneof![
        Just(Backup::None),
        Just(Backup::Due(LONG)),
        task.clone().prop_map(|(i, d)| backup(claim(i, d))),
    ];
    let whole = task.clone().prop_map(|(i, d)| claim(i, d));
    let one = task.prop_map(|(i, d)| claim(i, d).task);
    let which = prop_oneof![Just("a"), Just("b")];
    let standing = prop_oneof![
        Just(Standing::Needed),
        Just(Standing::Unattended),
        Just(Standing::Over),
        Just(Standing::Unknown)
    ];
    let reply = prop_oneof![
        Just(CommitReply::Committed),
        Just(CommitReply::Duplicate),
        Just(CommitReply::NoPlan),
        Just(CommitReply::Mismatch),
        Just(CommitReply::Refused("no".into())),
    ];
    let outcome = prop_oneof![
        Just(output()),
        Just(AttemptOutcome::Cancelled),
        Just(AttemptOutcome::NotReady),
        Just(AttemptOutcome::Lost(vec![])),
        any::<bool>().prop_map(|hopeless| AttemptOutcome::Failed {
            reason: "r".into(),
            hopeless
        }),
    ];
    let took = prop_oneof![Just(Duration::ZERO), Just(LONG)];
    let renewal = prop_oneof![Just(Renewal::Renewed), Just(Renewal::Lost)];
    prop_oneof![
        which.clone().prop_map(|id| Event::Job(Some(job(id)))),
        Just(Event::Job(None)),
        claims.clone().prop_map(Event::Claimed),
        claims.clone().prop_map(Event::Held),
        claims.prop_map(Event::Reclaimed),
        backup.prop_map(Event::Backup),
        standing.prop_map(Event::Standing),
        any::<bool>().prop_map(|forsaken| Event::Late { forsaken }),
        Just(Event::ClaimFailed(StoreError::Unavailable {
            detail: "x".into()
        })),
        (which.clone(), whole, outcome, took).prop_map(|(id, c, o, t)| Event::Attempted(
            job(id),
            c,
            o,
            t
        )),
        (which.clone(), one.clone(), reply).prop_map(|(id, t, r)| Event::Committed(job(id), t, r)),
        (which.clone(), one.clone()).prop_map(|(id, t)| Event::Returned(job(id), t)),
        (which, one, renewal).prop_map(|(id, t, r)| Event::Renewed(job(id), vec![(t, r)])),
        Just(Event::Beat),
        prop_oneof![20 => Just(Event::Beat), 1 => Just(Event::Terminate), 1 => Just(Event::GraceOver)],
    ]
}

proptest! {
    /// Whatever is said in whatever order: it never panics, searches once at a time, attempts no more than it has slots, commits only what
    /// it had begun to map, and says nothing once it has left.
    #[test]
    fn no_order_of_events_confuses_it(events in proptest::collection::vec(any_event(), 0..120)) {
        let mut core = Core::new(Limits { slots: 2, max_attempts: 4, backups: true });
        core.step(Event::Started);
        let mut mapped = std::collections::BTreeSet::new();
        let mut left = false;
        for event in events {
            let actions = core.step(event);
            prop_assert!(!left || actions.is_empty());
            prop_assert!(core.running() <= 2);
            let searches = |action: &&Action| matches!(
                action,
                Action::NextJob | Action::JobAgain | Action::Claim(..) | Action::Reclaim(..) | Action::Backup(_) | Action::Standing(_) | Action::Recover(_)
            );
            prop_assert!(actions.iter().filter(searches).count() <= 1, "{actions:?}");
            for action in actions {
                match action {
                    Action::Attempt(job, claim) => {
                        mapped.insert((job.job.id.clone(), claim.task.entry));
                    }
                    Action::Commit(job, commit, _) => {
                        prop_assert!(mapped.contains(&(job.job.id.clone(), commit.commit.task.entry.clone())));
                    }
                    Action::Leave => left = true,
                    _ => {}
                }
            }
        }
    }
}
