use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::{Mode, Proxy};
use crate::{DEADLINE, RedisServer, eventually};

/// Long enough for any answer on loopback that will ever come.
const SILENCE: Duration = Duration::from_millis(300);

fn connect(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", proxy.port())).unwrap();
    stream.set_read_timeout(Some(SILENCE)).unwrap();
    stream
}

/// What comes back for a command: empty if the connection has ended.
fn ask(mut stream: &TcpStream, command: &str) -> std::io::Result<String> {
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
fn everything_passes_at_first_and_ends_are_passed_on() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    assert_eq!(ask(&stream, "PING").unwrap(), "+PONG\r\n");
    assert_eq!(proxy.connections(), 1);
    assert_eq!(ask(&stream, "QUIT").unwrap(), "+OK\r\n");
    drop(stream);
    eventually(DEADLINE, "the connection is forgotten", || {
        proxy.connections() == 0
    });
    assert_eq!(proxy.swallowed(), 0);
}

#[test]
fn who_is_cut_may_connect_again_but_who_is_refused_may_not() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    assert_eq!(ask(&stream, "PING").unwrap(), "+PONG\r\n");
    proxy.cut();
    assert!(has_ended(ask(&stream, "PING")));
    assert_eq!(ask(&connect(&proxy), "PING").unwrap(), "+PONG\r\n");
    let stream = connect(&proxy);
    assert_eq!(ask(&stream, "PING").unwrap(), "+PONG\r\n");
    proxy.set(Mode::Refuse);
    assert!(has_ended(ask(&stream, "PING")));
    assert!(has_ended(ask(&connect(&proxy), "PING")));
    proxy.set(Mode::Pass);
    assert_eq!(ask(&connect(&proxy), "PING").unwrap(), "+PONG\r\n");
}

#[test]
fn delayed_bytes_come_late_and_at_once_when_the_delay_ends() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    // Longer than a test may take.
    proxy.set(Mode::Delay(Duration::from_secs(3600)));
    assert!(is_silent(ask(&stream, "PING")));
    proxy.set(Mode::Pass);
    let mut answer = [0; 7];
    (&stream).read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"+PONG\r\n");
    proxy.set(Mode::Delay(Duration::from_millis(1)));
    assert_eq!(ask(&stream, "PING").unwrap(), "+PONG\r\n");
}

#[test]
fn a_half_open_connection_is_silent_for_good_and_a_new_one_is_not() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    assert_eq!(ask(&stream, "PING").unwrap(), "+PONG\r\n");
    proxy.set(Mode::HalfOpen);
    assert!(is_silent(ask(&stream, "SET key 1")));
    assert!(is_silent(ask(&connect(&proxy), "SET key 1")));
    proxy.set(Mode::Pass);
    assert!(is_silent(ask(&stream, "SET key 1")));
    assert!(proxy.swallowed() >= 3 * "SET key 1\r\n".len() as u64);
    assert_eq!(ask(&connect(&proxy), "EXISTS key").unwrap(), ":0\r\n");
}

#[test]
fn half_open_hides_the_death_of_the_server() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    assert_eq!(ask(&stream, "PING").unwrap(), "+PONG\r\n");
    proxy.set(Mode::HalfOpen);
    redis.kill();
    assert!(is_silent(ask(&stream, "PING")));
    proxy.cut();
    assert!(has_ended(ask(&stream, "PING")));
}

#[test]
fn a_lost_reply_belongs_to_a_request_that_was_done() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    let stream = connect(&proxy);
    proxy.set(Mode::LoseReplies);
    assert!(is_silent(ask(&stream, "SET key 1")));
    eventually(DEADLINE, "the reply is lost", || proxy.swallowed() == 5);
    assert_eq!(redis.cli(&["GET", "key"]), "1");
    proxy.set(Mode::Pass);
    // The next reply must not be taken for the one that is lost.
    assert!(is_silent(ask(&stream, "PING")));
}

#[test]
fn the_reply_to_one_command_can_be_lost() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    proxy.set(Mode::LoseRepliesTo("INCR".to_owned()));
    let other = connect(&proxy);
    assert_eq!(ask(&other, "PING").unwrap(), "+PONG\r\n");
    assert!(is_silent(ask(&connect(&proxy), "INCR key")));
    assert_eq!(ask(&other, "GET key").unwrap(), "$1\r\n1\r\n");
}

#[test]
fn a_server_that_is_down_is_an_end_and_one_that_is_back_is_found() {
    let redis = RedisServer::start();
    let proxy = Proxy::start(redis.port());
    redis.kill();
    assert!(has_ended(ask(&connect(&proxy), "PING")));
    redis.restart();
    assert_eq!(ask(&connect(&proxy), "PING").unwrap(), "+PONG\r\n");
}
