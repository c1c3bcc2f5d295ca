//! Retries of store operations: exponential, with jitter, until a deadline.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use store::StoreError;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// First wait. A Redis that is restarted by its supervisor is often back within a tenth of a second.
const FIRST: Duration = Duration::from_millis(50);
/// Longest wait before jitter, which at most doubles it: nobody waits more than 2 s for a server that
/// is back, and a thousand workers ask it no more than a thousand times a second.
const LONGEST: Duration = Duration::from_secs(1);

/// Calls `op` until it succeeds, while its errors are transient, for at most `deadline`; but for twice at least, unless
/// that is zero: the answer to a commit may be waited for as long as that, and one that is lost says nothing of the next.
///
/// `what` says what is tried, as a fragment such as `connect to redis`. Each retry is one warning in
/// the log. A call that is under way at the deadline is not cut off, since nobody could tell whether it
/// took effect: `op` must end by itself.
///
/// # Errors
/// A fatal error of `op` at once. At the deadline [`StoreError::Unavailable`], which says how long was
/// tried and how the last try failed; retrying that again only starts over.
pub async fn retry<T, F, Fut>(what: &str, deadline: Duration, op: F) -> Result<T, StoreError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    let never = CancellationToken::new();
    let outcome = retry_unless_cancelled(what, deadline, &never, op).await?;
    Ok(outcome.expect("a token that nobody else holds is never cancelled"))
}

/// Like [`retry`], and answers `None` as soon as `cancel` is cancelled while it waits.
///
/// A call under way is finished first; its success is answered even if `cancel` is cancelled by then.
///
/// # Errors
/// Those of [`retry`].
pub async fn retry_unless_cancelled<T, F, Fut>(
    what: &str,
    deadline: Duration,
    cancel: &CancellationToken,
    mut op: F,
) -> Result<Option<T>, StoreError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    let start = Instant::now();
    let mut waits = ExponentialBuilder::default()
        .with_min_delay(FIRST)
        .with_max_delay(LONGEST)
        .with_jitter()
        .without_max_times()
        .build();
    for attempt in 1_u32.. {
        let error = match op().await {
            Ok(value) => return Ok(Some(value)),
            Err(error) if !error.is_transient() => return Err(error),
            Err(error) => error,
        };
        let left = deadline.saturating_sub(start.elapsed());
        if left.is_zero() && (attempt > 1 || deadline.is_zero()) {
            return Err(gave_up(what, start.elapsed(), attempt, &error));
        }
        // The last wait ends at the deadline, so that the whole of it is used.
        let wait = waits.next().unwrap_or(LONGEST).min(left);
        let shown = humantime::format_duration(Duration::from_millis(wait.as_millis() as u64));
        warn!(what, attempt, wait = %shown, %error, "retrying");
        if pause(wait, cancel).await {
            return Ok(None);
        }
    }
    unreachable!("attempts are counted until the deadline")
}

/// Waits; whether `cancel` was cancelled meanwhile.
async fn pause(wait: Duration, cancel: &CancellationToken) -> bool {
    timeout(wait, cancel.cancelled()).await.is_ok()
}

fn gave_up(what: &str, tried: Duration, attempts: u32, error: &StoreError) -> StoreError {
    let tried = humantime::format_duration(Duration::from_secs_f64(tried.as_secs_f64().round()));
    let times = if attempts == 1 { "attempt" } else { "attempts" };
    StoreError::Unavailable {
        detail: format!("{what}: gave up after {tried} and {attempts} {times}: {error}"),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};

    use tokio::time::sleep;

    use super::*;

    fn down() -> StoreError {
        StoreError::Unavailable {
            detail: "connection refused".to_owned(),
        }
    }

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test(start_paused = true)]
    async fn it_retries_until_it_succeeds() {
        let calls = Cell::new(0);
        let op = async || {
            calls.set(calls.get() + 1);
            if calls.get() < 4 {
                Err(down())
            } else {
                Ok("here")
            }
        };
        let start = Instant::now();
        assert_eq!(retry("connect", MINUTE, op).await.unwrap(), "here");
        assert_eq!(calls.get(), 4);
        // 50 + 100 + 200 ms, each at most doubled by jitter.
        let waited = start.elapsed();
        assert!(waited >= Duration::from_millis(350), "{waited:?}");
        assert!(waited <= Duration::from_millis(710), "{waited:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_fatal_error_ends_it_at_once() {
        let calls = Cell::new(0);
        let op = async || {
            calls.set(calls.get() + 1);
            Err::<(), _>(StoreError::Fatal {
                detail: "wrong password".to_owned(),
            })
        };
        let error = retry("connect", MINUTE, op).await.unwrap_err();
        assert_eq!(error.to_string(), "wrong password");
        assert_eq!(calls.get(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn it_gives_up_at_the_deadline_and_says_how_long_it_tried() {
        let times = RefCell::new(Vec::new());
        let op = async || {
            times.borrow_mut().push(Instant::now());
            Err::<(), _>(down())
        };
        let start = Instant::now();
        let error = retry("connect to redis", MINUTE, op)
            .await
            .unwrap_err()
            .to_string();
        assert!(start.elapsed() >= MINUTE && start.elapsed() < MINUTE + FIRST);
        assert!(
            error.starts_with("connect to redis: gave up after 1m and "),
            "{error}"
        );
        assert!(error.ends_with(" attempts: connection refused"), "{error}");
        let times = times.into_inner();
        let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.max().unwrap() <= 2 * LONGEST + Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn without_time_it_tries_once() {
        let error = retry("ask", Duration::ZERO, async || Err::<(), _>(down()))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "ask: gave up after 0s and 1 attempt: connection refused"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_try_that_takes_all_the_time_is_followed_by_another() {
        let tries = Cell::new(0);
        let op = async || {
            tries.set(tries.get() + 1);
            sleep(MINUTE).await;
            Err::<(), _>(down())
        };
        let error = retry("commit", MINUTE, op).await.unwrap_err();
        assert_eq!(tries.get(), 2);
        assert_eq!(
            error.to_string(),
            "commit: gave up after 2m and 2 attempts: connection refused"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_interrupts_the_waiting() {
        let cancel = CancellationToken::new();
        let shutdown = async {
            sleep(10 * MINUTE).await;
            cancel.cancel();
        };
        let op = async || Err::<(), _>(down());
        let long = 60 * MINUTE;
        let start = Instant::now();
        let retried = retry_unless_cancelled("connect", long, &cancel, op);
        let (outcome, ()) = tokio::join!(retried, shutdown);
        assert!(matches!(outcome, Ok(None)), "{outcome:?}");
        assert_eq!(start.elapsed().as_secs(), 600);
    }

    #[test]
    fn a_retry_can_be_spawned() {
        fn is_send(_: &impl Send) {}
        is_send(&retry("ask", MINUTE, || std::future::ready(Ok(1))));
    }
}
