//! Faults, drawn from the seed.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::connection_fault::ConnectionFault;
use crate::job::Job;
use crate::programs::Control;
use crate::redis::Refusal;
use crate::shared_world::SharedWorld;
use crate::world::World;

/// Minimum number of rollbacks of the server per simulation.
pub const ROLLBACKS: u64 = 10;
/// Counter name of rollbacks.
pub(crate) const ROLLBACK: &str = "rollbacks";
/// Time after which the next fault comes even if the cluster sends no commands.
const MAX_WAIT: Duration = Duration::from_secs(20);

/// Maximum offset of the clock of the server in ms. After the clock is set back, the tasks of a dead worker wait until
/// it has caught up.
pub(crate) const SKEW: i64 = 600_000;

/// Library of another version, without the functions that masters and workers need.
const OLDER: &str = "#!lua name=mapreduce1\nredis.register_function{function_name='mr1_version', \
    callback=function() return 'older' end, flags={'no-writes'}}\n";

/// Controls of all programs, the master first.
pub(crate) type Controls = Vec<Arc<Control>>;

/// Injects faults until the budget is used up, then ends all faults.
pub(crate) async fn inject(shared: Arc<SharedWorld>, controls: Controls, job: Arc<Job>) {
    let budget = ROLLBACKS + shared.world().rng.u64(0..6);
    while shared.world().tally.get(ROLLBACK) < budget {
        {
            let mut world = shared.world();
            let most = [6, 14, 60][world.rng.usize(..3)];
            world.next_fault = world.executed + world.rng.u64(1..most);
        }
        drop(timeout(MAX_WAIT, shared.fault.notified()).await);
        inject_one(&shared, &controls).await;
        if let Some(flaw) = job.flaw() {
            shared.world().violated(flaw);
        }
    }
    end_faults(&shared, &controls, &job);
}

/// Ends all faults.
fn end_faults(shared: &SharedWorld, controls: &Controls, job: &Job) {
    let mut world = shared.world();
    world.trace_event(|| "all faults are over".to_owned());
    world.faults_over = true;
    world.record_change();
    world.connection_faults.clear();
    world.skew = 0;
    world.server.refuse(None);
    if job.loses_workers {
        world.trace_event(|| "all workers are dead for good".to_owned());
        world.tally.count("clusters whose workers died for good");
        world.workers_gone = true;
    }
    drop(world);
    for control in controls {
        control.pause(false);
    }
    if job.loses_workers {
        controls[1..].iter().for_each(|worker| worker.remove());
    }
    shared.faults_over.notify_one();
}

/// Draws a duration of up to `most` ms.
fn millis(world: &mut World, most: u64) -> Duration {
    Duration::from_millis(world.rng.u64(1..most))
}

/// Injects one fault.
async fn inject_one(shared: &Arc<SharedWorld>, controls: &Controls) {
    let (kind, victim) = {
        let mut world = shared.world();
        (world.rng.u8(..100), world.rng.usize(..controls.len()))
    };
    match kind {
        0..45 => roll_back(shared).await,
        45..63 => kill(shared, controls, victim),
        63..65 => (0..controls.len()).for_each(|victim| kill(shared, controls, victim)),
        65..75 => pause(shared, controls, victim),
        75..87 => break_connections(shared, victim),
        87..91 => reject_writes(shared),
        91..95 => step_clock(shared),
        _ => lose_blob(shared),
    }
    shared.world().record_change();
}

/// Kills the server and restarts it with a random snapshot or empty.
pub(crate) async fn roll_back(shared: &Arc<SharedWorld>) {
    let down = {
        let mut world = shared.world();
        world.tally.count(ROLLBACK);
        let stage = world.stage();
        world.tally.count(stage.rollbacks());
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
        world.tally.count("rollbacks to an empty server");
    }
    world.start_server(at);
    world.record_change();
    if world.rng.u8(..8) == 0 {
        // The snapshot contains the library of another version.
        let mut data = world.server.data();
        if let Some(library) = &mut data.library {
            *library = OLDER.into();
            drop(data);
            world.tally.count("rollbacks to another library");
        }
    }
}

fn kill(shared: &SharedWorld, controls: &Controls, victim: usize) {
    let mut world = shared.world();
    world.tally.count(if victim == 0 {
        "masters killed"
    } else {
        "workers killed"
    });
    let stage = world.stage();
    world.tally.count(stage.kills());
    let downtime = millis(&mut world, 4000);
    drop(world);
    controls[victim].kill(downtime);
}

fn pause(shared: &Arc<SharedWorld>, controls: &Controls, victim: usize) {
    let mut world = shared.world();
    world.tally.count("pauses");
    world.trace_event(|| format!("client {victim} is paused"));
    let pause = millis(&mut world, 15_000);
    drop(world);
    let (control, shared) = (Arc::clone(&controls[victim]), Arc::clone(shared));
    control.pause(true);
    tokio::spawn(async move {
        sleep(pause).await;
        let mut world = shared.world();
        world.trace_event(|| format!("client {victim} continues"));
        world.record_change();
        drop(world);
        control.pause(false);
    });
}

fn break_connections(shared: &Arc<SharedWorld>, victim: usize) {
    let mut world = shared.world();
    let fault = match world.rng.u8(..4) {
        0 => ConnectionFault::Refused,
        1 => ConnectionFault::RequestsLost,
        2 => ConnectionFault::RepliesLost,
        _ => ConnectionFault::Slow(world.rng.u64(100..2000)),
    };
    world.tally.count("connection faults");
    world.trace_event(|| format!("connections of client {victim}: {fault:?}"));
    world.connection_faults.insert(victim, fault);
    let lasts = millis(&mut world, 20_000);
    drop(world);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        sleep(lasts).await;
        let mut world = shared.world();
        world.connection_faults.remove(&victim);
        world.record_change();
    });
}

fn reject_writes(shared: &Arc<SharedWorld>) {
    let mut world = shared.world();
    let refusal = if world.rng.bool() {
        Refusal::Memory
    } else {
        Refusal::Snapshots
    };
    world.tally.count("times without memory or disk space");
    world.trace_event(|| format!("the server rejects writes: {refusal:?}"));
    world.server.refuse(Some(refusal));
    let lasts = millis(&mut world, 20_000);
    drop(world);
    let shared = Arc::clone(shared);
    tokio::spawn(async move {
        sleep(lasts).await;
        let mut world = shared.world();
        world.server.refuse(None);
        world.record_change();
    });
}

fn step_clock(shared: &SharedWorld) {
    let mut world = shared.world();
    world.skew = world.rng.i64(-SKEW..SKEW);
    world.tally.count("steps of the clock");
    let skew = world.skew;
    world.trace_event(|| format!("the clock of the server is off by {skew} ms"));
}

/// Removes a blob, as a store that loses data does.
fn lose_blob(shared: &SharedWorld) {
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
        world.tally.count("lost blobs");
        world.trace_event(|| format!("lost: {}", String::from_utf8_lossy(key)));
    }
}
