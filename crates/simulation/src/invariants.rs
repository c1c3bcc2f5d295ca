//! The invariants of the store, which ARCHITECTURE.md lists, checked after every command.

use std::collections::{BTreeMap, BTreeSet};

use crate::client_id::ClientId;
use crate::redis::{Content, Dataset, Fields};

/// State before the last command, for invariants over time.
#[derive(Debug, Default)]
pub(crate) struct Invariants {
    /// Writer and content of each blob.
    blobs: BTreeMap<Vec<u8>, (ClientId, Vec<u8>)>,
    /// State, finished tasks and counters of each finished job.
    over: BTreeMap<String, (Vec<u8>, Fields, Fields)>,
    /// Holder of each entry by job and id.
    held: BTreeMap<(String, String), Vec<u8>>,
}

/// Outcome of a check. The error describes the violation.
type Checked = Result<(), String>;

impl Invariants {
    /// Forgets finished jobs and holders after a rollback of the server, which may undo them. Blobs never change.
    pub(crate) fn forget(&mut self) {
        self.over.clear();
        self.held.clear();
    }

    /// Checks all invariants after `command` of `client`, which the server may have rejected.
    pub(crate) fn check(
        &mut self,
        data: &Dataset,
        client: ClientId,
        command: &[Vec<u8>],
        rejected: bool,
    ) -> Checked {
        let word = command
            .first()
            .map(|word| word.to_ascii_uppercase())
            .unwrap_or_default();
        match word.as_slice() {
            b"SET" if !rejected => self.blob_is_immutable(client, command)?,
            b"FCALL" | b"XREADGROUP" | b"XAUTOCLAIM" => {}
            _ => return Ok(()),
        }
        let metas = data.keys().filter_map(|key| std::str::from_utf8(key).ok());
        let metas: Vec<_> = metas.filter(|key| key.ends_with(":meta")).collect();
        for key in metas {
            let job = key.trim_end_matches(":meta");
            self.job(data, job, command)
                .map_err(|violation| format!("{job}: {violation}"))?;
        }
        only_ours(data)
    }

    /// A blob has one writer, which may only store the same bytes again.
    fn blob_is_immutable(&mut self, client: ClientId, command: &[Vec<u8>]) -> Checked {
        let [_, key, bytes, ..] = command else {
            return Ok(());
        };
        if !key.windows(5).any(|part| part == b":run:") {
            return Ok(());
        }
        let before = self
            .blobs
            .entry(key.clone())
            .or_insert_with(|| (client, bytes.clone()));
        let what = match before {
            (writer, _) if *writer != client => "writer",
            (_, before) if before != bytes => "content",
            _ => return Ok(()),
        };
        let key = String::from_utf8_lossy(key);
        Err(format!("the {what} of blob {key} changed"))
    }

    /// Checks the invariants of a job.
    fn job(&mut self, data: &Dataset, job: &str, command: &[Vec<u8>]) -> Checked {
        let meta = data
            .hash(&format!("{job}:meta"))
            .ok_or("it has no meta key")?;
        let number = |name: &str| -> Result<u64, String> {
            let text = meta
                .get(name.as_bytes())
                .ok_or(format!("it has no field {name}"))?;
            String::from_utf8_lossy(text)
                .parse()
                .map_err(|_| format!("field {name} is not a number"))
        };
        let (total, next) = (number("total")?, number("next")?);
        let state = meta.get(&b"state"[..]).map_or(&b""[..], Vec::as_slice);
        let empty = Fields::new();
        let done = data.hash(&format!("{job}:done")).unwrap_or(&empty);
        let counters = data.hash(&format!("{job}:counters")).unwrap_or(&empty);
        if done.len() as u64 > total {
            return Err(format!("{} of {total} tasks are done", done.len()));
        }
        sums(done, counters)?;
        scores(data, job, number("sum")?)?;
        let known = known(data, job);
        let over = matches!(state, b"DONE" | b"FAILED" | b"CANCELLED");
        if state == b"PLANNING" && known.pending > 0 {
            return Err("a task was claimed before the plan was complete".to_owned());
        }
        if state == b"DONE" && (done.len() as u64 != total || known.pending > 0) {
            return Err(format!(
                "it is DONE with {} of {total} tasks done and {} pending",
                done.len(),
                known.pending
            ));
        }
        if !over && let Some(lost) = (0..next).find(|index| !known.tasks.contains(index)) {
            return Err(format!(
                "task {lost} is lost: not done, dead, pending or waiting"
            ));
        }
        self.stays_over(job, state, done, counters)?;
        self.leases_stay(data, job, command)
    }

    /// A finished job stays finished, and its tasks and counters do not change.
    fn stays_over(&mut self, job: &str, state: &[u8], done: &Fields, counters: &Fields) -> Checked {
        if !matches!(state, b"DONE" | b"FAILED") && !self.over.contains_key(job) {
            return Ok(());
        }
        let now = (state.to_vec(), done.clone(), counters.clone());
        let before = self
            .over
            .entry(job.to_owned())
            .or_insert_with(|| now.clone());
        let was = String::from_utf8_lossy(&before.0);
        match *before == now {
            true => Ok(()),
            false if before.0 != state => Err(format!("it is no longer {was}")),
            false => Err(format!("tasks or counters changed after {was}")),
        }
    }

    /// Only an expired lease gives a task to another worker. Functions never do.
    fn leases_stay(&mut self, data: &Dataset, job: &str, command: &[Vec<u8>]) -> Checked {
        let function = command.first().is_some_and(|word| word == b"FCALL");
        let Some(stream) = data.stream(&format!("{job}:tasks")) else {
            return Ok(());
        };
        for (id, held) in stream.groups.values().flat_map(|group| &group.pending) {
            let entry = (job.to_owned(), id.to_string());
            let before = self.held.insert(entry, held.consumer.clone());
            if function && before.is_some_and(|before| before != held.consumer) {
                let name = String::from_utf8_lossy(&command[1]);
                return Err(format!("{name} took entry {id} from its holder"));
            }
        }
        Ok(())
    }
}

/// Returns a run that `command` removes although an unfinished job needs it.
pub(crate) fn committed_run(data: &Dataset, command: &[Vec<u8>]) -> Option<String> {
    let (word, keys) = command.split_first()?;
    if word != b"DEL" && word != b"UNLINK" {
        return None;
    }
    keys.iter()
        .filter_map(|key| std::str::from_utf8(key).ok())
        .find(|key| is_needed(data, key).unwrap_or(false))
        .map(str::to_owned)
}

/// Returns whether `key` is the run of a committed task of an unfinished job. Returns `None` for other keys.
fn is_needed(data: &Dataset, key: &str) -> Option<bool> {
    let (job, run) = key.split_once(":run:")?;
    let (task, attempt) = run.split_once(':')?;
    let index = task.split('.').next()?;
    let state = data.hash(&format!("{job}:meta"))?.get(&b"state"[..])?;
    let manifest = data.hash(&format!("{job}:done"))?.get(index.as_bytes())?;
    let manifest: serde_json::Value = serde_json::from_slice(manifest).ok()?;
    let over = matches!(state.as_slice(), b"DONE" | b"FAILED" | b"CANCELLED");
    Some(!over && manifest["blob"]["attempt"] == attempt)
}

/// The counters are the sums over the finished tasks.
fn sums(done: &Fields, counters: &Fields) -> Checked {
    let mut sums: BTreeMap<String, u64> = BTreeMap::new();
    for (index, manifest) in done {
        let manifest: serde_json::Value = serde_json::from_slice(manifest)
            .map_err(|error| format!("manifest {}: {error}", String::from_utf8_lossy(index)))?;
        for (name, value) in manifest["counters"].as_object().into_iter().flatten() {
            *sums.entry(name.clone()).or_default() += value.as_u64().unwrap_or(u64::MAX / 4);
        }
    }
    for (name, value) in counters {
        let name = String::from_utf8_lossy(name);
        let sum = sums.get(&*name).copied().unwrap_or(0);
        if sum.to_string().as_bytes() != value {
            let value = String::from_utf8_lossy(value);
            return Err(format!(
                "counter {name} is {value}, but its tasks add up to {sum}"
            ));
        }
    }
    let missing = sums
        .keys()
        .find(|name| !counters.contains_key(name.as_bytes()));
    missing.map_or(Ok(()), |name| Err(format!("counter {name} is missing")))
}

/// The sum of all scores is the reserved sum, unless a commit is in progress.
fn scores(data: &Dataset, job: &str, sum: u64) -> Checked {
    let open = data.hash(&format!("{job}:parts")).is_some();
    let found = match data.get(format!("{job}:counts").as_bytes()) {
        Some(Content::Scores(scores)) => scores.values().sum::<f64>() as u64,
        _ => 0,
    };
    match open || found == sum {
        true => Ok(()),
        false => Err(format!("the scores add up to {found} instead of {sum}")),
    }
}

/// All keys have our prefix.
fn only_ours(data: &Dataset) -> Checked {
    let stranger = data.keys().find(|key| !key.starts_with(b"mr:"));
    stranger.map_or(Ok(()), |key| {
        Err(format!("unexpected key {}", String::from_utf8_lossy(key)))
    })
}

/// Tasks that the server knows.
struct Known {
    tasks: BTreeSet<u64>,
    pending: usize,
}

/// Returns the tasks of a job that are done, dead, pending or waiting.
fn known(data: &Dataset, job: &str) -> Known {
    let mut tasks = BTreeSet::new();
    for key in ["done", "dead"] {
        let names = data.hash(&format!("{job}:{key}")).into_iter().flatten();
        tasks.extend(
            names.filter_map(|(index, _)| std::str::from_utf8(index).ok()?.parse::<u64>().ok()),
        );
    }
    let mut pending = 0;
    if let Some(stream) = data.stream(&format!("{job}:tasks")) {
        for group in stream.groups.values() {
            let waiting = stream.entries.range(group.last.next()..).map(|(id, _)| id);
            let ids = group.pending.keys().chain(waiting);
            tasks.extend(ids.map(|id| id.seq.saturating_sub(1)));
            pending += group.pending.len();
        }
    }
    Known { tasks, pending }
}
