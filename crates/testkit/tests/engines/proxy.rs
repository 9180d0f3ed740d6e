use crate::until;
use klatch_testkit::engines::{Direction, Proxy};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

/// Longest time in which nothing must come.
const A_WHILE: Duration = Duration::from_millis(100);

/// Says everything back.
fn echo() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || std::io::copy(&mut stream.try_clone().unwrap(), &mut stream));
        }
    });
    address
}

fn open(proxy: &Proxy) -> TcpStream {
    let stream = TcpStream::connect(proxy.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream
}

fn say(stream: &mut TcpStream, text: &str) -> String {
    stream.write_all(text.as_bytes()).unwrap();
    hear(stream, text.len())
}

fn hear(stream: &mut TcpStream, length: usize) -> String {
    let mut back = vec![0; length];
    stream.read_exact(&mut back).unwrap();
    String::from_utf8(back).unwrap()
}

fn hears_nothing(stream: &mut TcpStream) -> bool {
    stream.set_read_timeout(Some(A_WHILE)).unwrap();
    let heard = stream.read(&mut [0]);
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    heard.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
}

#[test]
fn it_passes_and_counts_and_ends_when_a_side_ends() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut stream = open(&proxy);
    assert_eq!(say(&mut stream, "hello"), "hello");
    until("the bytes are not counted", || {
        (proxy.bytes_to_server(), proxy.bytes_to_client()) == (5, 5)
    });
    assert_eq!(proxy.connections(), 1);
    stream.shutdown(Shutdown::Write).unwrap();
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
    until("the connection stays", || proxy.connections() == 0);
    let address = proxy.address();
    drop(proxy);
    until("it still listens", || TcpStream::connect(address).is_err());
}

#[test]
fn a_cut_closes_and_refuses_until_it_heals() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut stream = open(&proxy);
    assert_eq!(say(&mut stream, "hello"), "hello");
    proxy.cut().unwrap();
    assert_eq!(proxy.connections(), 0);
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    let refused = TcpStream::connect(proxy.address()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    proxy.cut().unwrap();
    proxy.pass().unwrap();
    assert_eq!(say(&mut open(&proxy), "again"), "again");
}

#[test]
fn a_stall_holds_everything_back_and_loses_nothing() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut stream = open(&proxy);
    assert_eq!(say(&mut stream, "hello"), "hello");
    proxy.stall(Direction::Both).unwrap();
    let mut late = open(&proxy);
    stream.write_all(b"held").unwrap();
    late.write_all(b"late").unwrap();
    assert!(hears_nothing(&mut stream) && hears_nothing(&mut late));
    assert_eq!(proxy.bytes_to_server(), 5);
    proxy.pass().unwrap();
    assert_eq!(hear(&mut stream, 4), "held");
    assert_eq!(hear(&mut late, 4), "late");
}

#[test]
fn a_stall_may_have_one_direction() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut stream = open(&proxy);
    assert_eq!(say(&mut stream, "hello"), "hello");
    proxy.stall(Direction::ToClient).unwrap();
    stream.write_all(b"there").unwrap();
    until("the server hears nothing", || proxy.bytes_to_server() == 10);
    assert!(hears_nothing(&mut stream));
    proxy.pass().unwrap();
    assert_eq!(hear(&mut stream, 5), "there");
    proxy.stall(Direction::ToServer).unwrap();
    stream.write_all(b"no").unwrap();
    assert!(hears_nothing(&mut stream));
    proxy.cut().unwrap();
    assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
}

#[test]
fn it_can_lead_elsewhere() {
    let nowhere = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = Proxy::start(nowhere).unwrap();
    let mut stream = open(&proxy);
    assert!(
        matches!(stream.read(&mut [0]), Ok(0) | Err(_)),
        "nobody listens there"
    );
    proxy.lead_to(echo()).unwrap();
    assert_eq!(say(&mut open(&proxy), "hello"), "hello");
}
