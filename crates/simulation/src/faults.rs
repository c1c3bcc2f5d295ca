//! Everything that goes wrong, drawn from the seed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::actors::Control;
use crate::job::Job;
use crate::redis::Refusal;
use crate::world::{Shared, Trouble, World};

/// How often the server goes back to what it was, at least.
pub const ROLLBACKS: u64 = 10;
/// What the tally calls them.
pub(crate) const ROLLBACK: &str = "rollbacks";
/// A cluster in which nobody moves for so long gets its next fault all the same.
const QUIET: Duration = Duration::from_secs(20);

/// How far the server's clock is set, at most, in ms. Once it is set back, the tasks of a dead worker wait until it has
/// caught up, and everybody asks for them meanwhile.
pub(crate) const SKEW: i64 = 600_000;

/// The library of another version, which has none of the functions that are needed.
const OLDER: &str = "#!lua name=mapreduce1\nredis.register_function{function_name='mr1_version', \
    callback=function() return 'older' end, flags={'no-writes'}}\n";

/// Whoever can be hit: the master first.
pub(crate) type Actors = Vec<Arc<Control>>;

/// Makes things go wrong until the budget is used up, and then no more.
pub(crate) async fn strike(shared: Arc<Shared>, actors: Actors, job: Arc<Job>) {
    let budget = ROLLBACKS + shared.world().rng.u64(0..6);
    while shared.world().tally.of(ROLLBACK) < budget {
        {
            let mut world = shared.world();
            let most = [6, 14, 60][world.rng.usize(..3)];
            world.next_fault = world.executed + world.rng.u64(1..most);
        }
        drop(timeout(QUIET, shared.fault.notified()).await);
        one(&shared, &actors).await;
        if let Some(flaw) = job.flaw() {
            shared.world().violated(flaw);
        }
    }
    calm(&shared, &actors, &job);
}

/// From now on nothing goes wrong, and what did is mended.
fn calm(shared: &Shared, actors: &Actors, job: &Job) {
    let mut world = shared.world();
    world.tell(|| "all faults are over".to_owned());
    world.calm = true;
    world.disturb();
    world.troubles.clear();
    world.skew = 0;
    world.server.refuse(None);
    if job.deserted {
        world.tell(|| "all workers are dead for good".to_owned());
        world.tally.note("clusters whose workers died for good");
        world.deserted = true;
    }
    drop(world);
    for actor in actors {
        actor.pause(false);
    }
    if job.deserted {
        actors[1..].iter().for_each(|worker| worker.remove());
    }
    shared.calmed.notify_one();
}

fn millis(world: &mut World, most: u64) -> Duration {
    Duration::from_millis(world.rng.u64(1..most))
}

/// One fault.
async fn one(shared: &Arc<Shared>, actors: &Actors) {
    let (kind, victim) = {
        let mut world = shared.world();
        (world.rng.u8(..100), world.rng.usize(..actors.len()))
    };
    match kind {
        0..45 => roll_back(shared).await,
        45..63 => kill(shared, actors, victim),
        63..65 => (0..actors.len()).for_each(|victim| kill(shared, actors, victim)),
        65..75 => pause(shared, actors, victim),
        75..87 => disturb(shared, victim),
        87..91 => refuse(shared),
        91..95 => step_clock(shared),
        _ => lose_blob(shared),
    }
    shared.world().disturb();
}

/// The server dies and comes back as it was at any moment before, or empty.
pub(crate) async fn roll_back(shared: &Arc<Shared>) {
    let down = {
        let mut world = shared.world();
        world.tally.note(ROLLBACK);
        let stage = world.stage();
        world.tally.note(stage.rollbacks());
        world.kill_server();
        millis(&mut world, 1500)
    };
    shared.changed.notify_waiters();
    sleep(down).await;
    let mut guard = shared.world();
    let world = &mut *guard;
    let count = world.snapshots.len();
    let at = match world.rng.u8(..8) {
        0 => 0,
        1..4 => world.rng.usize(..count),
        _ => count - 1,
    };
    if at == 0 {
        world.tally.note("of them to an empty server");
    }
    world.start_server(at);
    world.disturb();
    if world.rng.u8(..8) == 0 {
        // The library of another version comes back with the snapshot.
        let mut data = world.server.data();
        if let Some(library) = &mut data.library {
            *library = OLDER.into();
            drop(data);
            world.tally.note("of them with another library");
        }
    }
}

fn kill(shared: &Shared, actors: &Actors, victim: usize) {
    let mut world = shared.world();
    world.tally.note(if victim == 0 {
        "masters killed"
    } else {
        "workers killed"
    });
    let stage = world.stage();
    world.tally.note(stage.kills());
    let away = millis(&mut world, 4000);
    drop(world);
    actors[victim].kill(away);
}

fn pause(shared: &Arc<Shared>, actors: &Actors, victim: usize) {
    let mut world = shared.world();
    world.tally.note("pauses");
    world.tell(|| format!("{victim} is paused"));
    let pause = millis(&mut world, 15_000);
    drop(world);
    let (actor, shared) = (Arc::clone(&actors[victim]), Arc::clone(shared));
    actor.pause(true);
    tokio::spawn(async move {
        sleep(pause).await;
        let mut world = shared.world();
        world.tell(|| format!("{victim} goes on"));
        world.disturb();
        drop(world);
        actor.pause(false);
    });
}

fn disturb(shared: &Arc<Shared>, victim: usize) {
    let mut world = shared.world();
    let trouble = match world.rng.u8(..4) {
        0 => Trouble::Refused,
        1 => Trouble::Swallowed,
        2 => Trouble::Mute,
        _ => Trouble::Slow(world.rng.u64(100..2000)),
    };
    world.tally.note("troubles of connections");
    world.tell(|| format!("connections of {victim}: {trouble:?}"));
    world.troubles.insert(victim, trouble);
    let lasts = millis(&mut world, 20_000);
    drop(world);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        sleep(lasts).await;
        let mut world = shared.world();
        world.troubles.remove(&victim);
        world.disturb();
    });
}

fn refuse(shared: &Arc<Shared>) {
    let mut world = shared.world();
    let refusal = if world.rng.bool() {
        Refusal::Memory
    } else {
        Refusal::Snapshots
    };
    world.tally.note("times without memory or disk");
    world.tell(|| format!("the server refuses writes: {refusal:?}"));
    world.server.refuse(Some(refusal));
    let lasts = millis(&mut world, 20_000);
    drop(world);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        sleep(lasts).await;
        let mut world = shared.world();
        world.server.refuse(None);
        world.disturb();
    });
}

fn step_clock(shared: &Shared) {
    let mut world = shared.world();
    world.skew = world.rng.i64(-SKEW..SKEW);
    world.tally.note("steps of the clock");
    let skew = world.skew;
    world.tell(|| format!("the server's clock is off by {skew} ms"));
}

/// A run or a part is lost, as from a store that breaks its word.
fn lose_blob(shared: &Shared) {
    let mut guard = shared.world();
    let world = &mut *guard;
    let mut data = world.server.data();
    let blobs = data
        .keys()
        .filter(|key| key.windows(5).any(|part| part == b":run:"));
    let blobs: Vec<_> = blobs.map(<[u8]>::to_vec).collect();
    if let Some(key) = world.rng.choice(&blobs) {
        data.remove(key);
        drop(data);
        world.tally.note("lost blobs");
        world.tell(|| format!("lost: {}", String::from_utf8_lossy(key)));
    }
}
