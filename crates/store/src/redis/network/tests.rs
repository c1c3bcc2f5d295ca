//! Timeouts of pooled connections after dropped calls, and unusable URLs.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use ::redis::{Value, cmd, pipe};
use testkit::RedisServer;
use tokio::time::{Instant, sleep};

use super::client::{Network, SHORT_ARGUMENTS};
use crate::error::StoreResult;
use crate::redis::options::RedisOptions;

const NORMAL_TIMEOUT: Duration = Duration::from_secs(1);

/// A server, and a network whose pool has a single connection, so that consecutive calls share it.
fn server_with_one_connection() -> (RedisServer, Arc<Network>) {
    let server = RedisServer::start();
    let network = Network::new(RedisOptions {
        url: server.url(),
        response_timeout: NORMAL_TIMEOUT,
        pool_size: 1,
        ..RedisOptions::default()
    });
    (server, Arc::new(network.unwrap()))
}

async fn connection_id(network: &Network) -> Vec<Value> {
    let mut id = pipe();
    id.cmd("CLIENT").arg("ID");
    network.run_all(&id).await.unwrap()
}

/// Drops `call` while Redis blocks it on the list `dropped`, and checks that the next call on the same connection has
/// the normal timeout.
async fn check_timeout_after_dropping(
    server: &RedisServer,
    network: &Network,
    connection: Vec<Value>,
    call: impl Future<Output = StoreResult<()>> + Send + 'static,
) {
    let call = tokio::spawn(call);
    while !server
        .cli(&["INFO", "clients"])
        .contains("blocked_clients:1")
    {
        assert!(!call.is_finished(), "the call ended before it was dropped");
        sleep(Duration::from_millis(5)).await;
    }
    call.abort();
    assert!(call.await.unwrap_err().is_cancelled());
    // Unblocks the connection, so that the pool can check it and give it to the next call.
    server.cli(&["LPUSH", "dropped", "element"]);
    assert_eq!(connection_id(network).await, connection);

    let mut commands = pipe();
    commands.cmd("BLPOP").arg("other").arg(60);
    let start = Instant::now();
    let error = network.run_all(&commands).await.unwrap_err();
    let elapsed = start.elapsed();
    assert!(error.to_string().contains("in time"), "{error}");
    assert!(elapsed < Duration::from_secs(30), "{elapsed:?}");
}

#[tokio::test]
async fn a_dropped_pipeline_leaves_its_timeout_to_no_later_call() {
    let (server, network) = server_with_one_connection();
    let connection = connection_id(&network).await;
    let dropped = Arc::clone(&network);
    let call = async move {
        let mut commands = pipe();
        commands.cmd("BLPOP").arg("dropped").arg(60);
        dropped.run_all_slow(&commands).await.map(drop)
    };
    check_timeout_after_dropping(&server, &network, connection, call).await;
}

#[tokio::test]
async fn a_dropped_command_leaves_its_timeout_to_no_later_call() {
    let (server, network) = server_with_one_connection();
    let connection = connection_id(&network).await;
    let dropped = Arc::clone(&network);
    let call = async move {
        // Enough arguments that the command does not use the shared connection.
        let mut command = cmd("BLPOP");
        for list in 0..SHORT_ARGUMENTS {
            command.arg(format!("empty-{list}"));
        }
        command.arg("dropped").arg(60);
        dropped.run_slow::<Value>(&command).await.map(drop)
    };
    check_timeout_after_dropping(&server, &network, connection, call).await;
}

#[test]
fn an_unusable_url_is_reported_without_its_password() {
    for url in [
        "http://:secret@h",
        "redis://:secret@h/db",
        ":secret@h",
        "rediss://:secret@h",
    ] {
        let options = RedisOptions {
            url: url.to_owned(),
            ..RedisOptions::default()
        };
        let text = Network::new(options).unwrap_err().to_string();
        assert!(
            text.contains("redis.url") && !text.contains("secret"),
            "{text}"
        );
    }
}
