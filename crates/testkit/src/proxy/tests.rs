use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::mode::Mode;
use super::tcp_proxy::Proxy;
use crate::eventually::{DEADLINE, eventually};
use crate::redis_server::RedisServer;

/// Read timeout. A reply over loopback arrives far sooner, or never.
const SILENCE: Duration = Duration::from_millis(300);

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    stream
}

/// Returns the reply to a command; empty if the connection has ended.
fn request(mut stream: &TcpStream, command: &str) -> std::io::Result<String> {
    stream.write_all(format!("{command}\r\n").as_bytes())?;
    let mut answer = [0; 100];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

fn is_silent(answer: std::io::Result<String>) -> bool {
    answer.is_err_and(|error| matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}

fn has_ended(answer: std::io::Result<String>) -> bool {
    match answer {
        Ok(answer) => answer.is_empty(),
        Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
    }
}

#[test]
fn bytes_and_ends_of_connections_pass_by_default() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    assert_eq!(request(&stream, "PING").unwrap(), "+PONG\r\n");
    assert_eq!(proxy.connections(), 1);
    assert_eq!(request(&stream, "QUIT").unwrap(), "+OK\r\n");
    drop(stream);
    eventually(DEADLINE, "the connection is removed", || {
        proxy.connections() == 0
    });
    assert_eq!(proxy.dropped_bytes(), 0);
}

#[test]
fn a_client_can_reconnect_after_a_cut_but_not_while_refused() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    assert_eq!(request(&stream, "PING").unwrap(), "+PONG\r\n");
    proxy.cut();
    assert!(has_ended(request(&stream, "PING")));
    assert_eq!(request(&connect(&proxy), "PING").unwrap(), "+PONG\r\n");
    let stream = connect(&proxy);
    assert_eq!(request(&stream, "PING").unwrap(), "+PONG\r\n");
    proxy.set(Mode::Refuse);
    assert!(has_ended(request(&stream, "PING")));
    assert!(has_ended(request(&connect(&proxy), "PING")));
    proxy.set(Mode::Pass);
    assert_eq!(request(&connect(&proxy), "PING").unwrap(), "+PONG\r\n");
}

#[test]
fn delayed_bytes_arrive_late_and_at_once_when_the_delay_ends() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    // Longer than any test runs.
    proxy.set(Mode::Delay(Duration::from_secs(3600)));
    assert!(is_silent(request(&stream, "PING")));
    proxy.set(Mode::Pass);
    let mut answer = [0; 7];
    (&stream).read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
    proxy.set(Mode::Delay(Duration::from_millis(1)));
    assert_eq!(request(&stream, "PING").unwrap(), "+PONG\r\n");
}

#[test]
fn a_half_open_connection_stays_silent_and_a_new_one_works() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    assert_eq!(request(&stream, "PING").unwrap(), "+PONG\r\n");
    proxy.set(Mode::HalfOpen);
    assert!(is_silent(request(&stream, "SET key 1")));
    assert!(is_silent(request(&connect(&proxy), "SET key 1")));
    proxy.set(Mode::Pass);
    assert!(is_silent(request(&stream, "SET key 1")));
    assert!(proxy.dropped_bytes() >= 3 * "SET key 1\r\n".len() as u64);
    assert_eq!(request(&connect(&proxy), "EXISTS key").unwrap(), ":0\r\n");
}

#[test]
fn half_open_hides_the_death_of_the_server() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    assert_eq!(request(&stream, "PING").unwrap(), "+PONG\r\n");
    proxy.set(Mode::HalfOpen);
    redis.kill();
    assert!(is_silent(request(&stream, "PING")));
    proxy.cut();
    assert!(has_ended(request(&stream, "PING")));
}

#[test]
fn the_server_executes_a_request_whose_reply_is_lost() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    proxy.set(Mode::LoseReplies);
    assert!(is_silent(request(&stream, "SET key 1")));
    eventually(DEADLINE, "the reply is lost", || proxy.dropped_bytes() == 5);
    assert_eq!(redis.cli(&["GET", "key"]), "1");
    proxy.set(Mode::Pass);
    // A client must not mistake the next reply for the lost one.
    assert!(is_silent(request(&stream, "PING")));
}

#[test]
fn the_reply_to_one_command_can_be_lost() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    proxy.set(Mode::LoseRepliesTo("INCR".to_owned()));
    let other = connect(&proxy);
    assert_eq!(request(&other, "PING").unwrap(), "+PONG\r\n");
    assert!(is_silent(request(&connect(&proxy), "INCR key")));
    assert_eq!(request(&other, "GET key").unwrap(), "$1\r\n1\r\n");
}

#[test]
fn connections_end_while_the_server_is_down_and_work_after_its_return() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    redis.kill();
    assert!(has_ended(request(&connect(&proxy), "PING")));
    redis.restart();
    assert_eq!(request(&connect(&proxy), "PING").unwrap(), "+PONG\r\n");
}
