//! Retries of store operations, with exponential backoff and jitter, until a deadline.

use std::future::Future;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use store::StoreError;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;
use tracing::warn;

/// First wait. A Redis that its supervisor restarts is often back within 100 ms.
const FIRST_WAIT: Duration = Duration::from_millis(50);
/// Longest wait before jitter, which at most doubles it. No process waits more than 2 s for a server that is back, and
/// a thousand workers send at most a thousand requests per second.
const MAX_WAIT: Duration = Duration::from_secs(1);

/// Calls `op` until it succeeds or returns a fatal error, or until `deadline` has passed.
///
/// Unless `deadline` is zero, `op` is called at least twice. A single call, such as a commit whose reply is lost, may
/// take the whole deadline and says nothing about the next call.
///
/// `what` names the operation as a fragment such as `connect to redis`. Each retry logs a warning. A call in progress
/// at the deadline is not cancelled, because it may or may not have taken effect; `op` must therefore return
/// eventually.
///
/// # Errors
/// A fatal error of `op` at once. After the deadline [`StoreError::Unavailable`], which contains the elapsed time and
/// the last error; retrying on that error starts over.
pub async fn retry<T, F, Fut>(what: &str, deadline: Duration, op: F) -> Result<T, StoreError>
where
    F: FnMut() -> Fut,
    Fut: Future<Output = Result<T, StoreError>>,
{
    let never = CancellationToken::new();
    let outcome = retry_unless_cancelled(what, deadline, &never, op).await?;
    Ok(outcome.expect("a private token is never cancelled"))
}

/// Calls `op` like [`retry`]; returns `None` as soon as `cancel` is cancelled between two calls.
///
/// A call in progress finishes first; if it succeeds, its result is returned even if `cancel` is cancelled by then.
///
/// # Errors
/// The errors of [`retry`].
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
        .with_min_delay(FIRST_WAIT)
        .with_max_delay(MAX_WAIT)
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
            return Err(unavailable(what, start.elapsed(), attempt, &error));
        }
        // The last wait ends at the deadline, so that the retries use all of the time.
        let wait = waits.next().unwrap_or(MAX_WAIT).min(left);
        let shown = humantime::format_duration(Duration::from_millis(wait.as_millis() as u64));
        warn!(what, attempt, wait = %shown, %error, "retrying");
        if pause(wait, cancel).await {
            return Ok(None);
        }
    }
    unreachable!("attempts are counted until the deadline")
}

/// Waits for `wait`. Returns `true` if `cancel` was cancelled during the wait.
async fn pause(wait: Duration, cancel: &CancellationToken) -> bool {
    timeout(wait, cancel.cancelled()).await.is_ok()
}

fn unavailable(what: &str, tried: Duration, attempts: u32, error: &StoreError) -> StoreError {
    let tried = humantime::format_duration(Duration::from_secs_f64(tried.as_secs_f64().round()));
    let times = if attempts == 1 { "attempt" } else { "attempts" };
    StoreError::Unavailable {
        detail: format!("cannot {what}: gave up after {tried} and {attempts} {times}: {error}"),
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
    async fn transient_errors_are_retried_until_success() {
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
    async fn a_fatal_error_is_returned_at_once() {
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
    async fn the_error_after_the_deadline_contains_the_elapsed_time() {
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
        assert!(start.elapsed() >= MINUTE && start.elapsed() < MINUTE + FIRST_WAIT);
        assert!(
            error.starts_with("cannot connect to redis: gave up after 1m and "),
            "{error}"
        );
        assert!(error.ends_with(" attempts: connection refused"), "{error}");
        let times = times.into_inner();
        let gaps = times.windows(2).map(|pair| pair[1] - pair[0]);
        assert!(gaps.max().unwrap() <= 2 * MAX_WAIT + Duration::from_millis(1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_deadline_of_zero_allows_one_attempt() {
        let error = retry("ask", Duration::ZERO, async || Err::<(), _>(down()))
            .await
            .unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot ask: gave up after 0s and 1 attempt: connection refused"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_that_takes_the_whole_deadline_is_followed_by_another() {
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
            "cannot commit: gave up after 2m and 2 attempts: connection refused"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_shutdown_interrupts_a_wait() {
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
    fn the_future_is_send() {
        fn is_send(_: &impl Send) {}
        is_send(&retry("ask", MINUTE, || std::future::ready(Ok(1))));
    }
}
