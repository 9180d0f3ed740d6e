use crate::until;
use klatch_testkit::engines::{Certificate, Nats, NatsCluster, NatsOptions, Proxy};
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// A client that speaks just enough of the protocol: lines.
struct Client {
    lines: BufReader<TcpStream>,
}

impl Client {
    /// Connected, with these fields of `CONNECT`, and answered.
    fn connect(address: SocketAddr, fields: &str) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut client = Self {
            lines: BufReader::new(stream),
        };
        assert!(client.hear().starts_with("INFO "));
        client.say(&format!("CONNECT {{\"verbose\":false{fields}}}\r\nPING\r\n"));
        client
    }

    fn say(&mut self, text: &str) {
        self.lines.get_mut().write_all(text.as_bytes()).unwrap();
    }

    fn hear(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn hear_pong(mut self) -> Self {
        assert_eq!(self.hear(), "PONG");
        self
    }
}

/// Whether what is said at one server is heard at another. Interest takes a moment to arrive: it is said until then.
fn hears(cluster: &NatsCluster, listener: usize, speaker: usize) -> bool {
    let mut listener = Client::connect(cluster.server(listener).address(), "").hear_pong();
    listener.say("SUB news 1\r\nPING\r\n");
    let mut listener = listener.hear_pong();
    let quick = Some(Duration::from_millis(20));
    listener.lines.get_mut().set_read_timeout(quick).unwrap();
    let mut speaker = Client::connect(cluster.server(speaker).address(), "").hear_pong();
    (0..50).any(|_| {
        speaker.say("PUB news 2\r\nhi\r\n");
        let mut line = String::new();
        listener
            .lines
            .read_line(&mut line)
            .is_ok_and(|_| line.starts_with("MSG news"))
    })
}

#[test]
fn it_comes_back_on_the_same_port_after_a_kill() {
    let server = Nats::start().unwrap();
    let url = server.url();
    Client::connect(server.address(), "").hear_pong();
    server.kill().unwrap();
    assert!(server.kill().is_err());
    assert!(TcpStream::connect(server.address()).is_err());
    server.restart().unwrap();
    assert!(server.restart().is_err());
    assert_eq!(server.url(), url);
    Client::connect(server.address(), "").hear_pong();
}

#[test]
fn it_lets_in_who_has_the_password_or_the_token() {
    let options = NatsOptions {
        user: Some(("klatch".to_owned(), "secret".to_owned())),
        ..NatsOptions::default()
    };
    let server = Nats::start_with(&options).unwrap();
    Client::connect(server.address(), ",\"user\":\"klatch\",\"pass\":\"secret\"").hear_pong();
    assert!(
        Client::connect(server.address(), "")
            .hear()
            .contains("Authorization Violation")
    );
    let options = NatsOptions {
        token: Some("secret".to_owned()),
        ..NatsOptions::default()
    };
    let server = Nats::start_with(&options).unwrap();
    Client::connect(server.address(), ",\"auth_token\":\"secret\"").hear_pong();
    assert!(
        Client::connect(server.address(), ",\"auth_token\":\"guess\"")
            .hear()
            .contains("Authorization Violation")
    );
}

#[test]
fn it_asks_for_tls_with_a_certificate() {
    let certificate = Certificate::new().unwrap();
    let options = NatsOptions {
        tls: Some((certificate.certificate(), certificate.key())),
        ..NatsOptions::default()
    };
    let server = Nats::start_with(&options).unwrap();
    assert!(server.url().starts_with("tls://"));
    let stream = TcpStream::connect(server.address()).unwrap();
    let mut info = String::new();
    BufReader::new(stream).read_line(&mut info).unwrap();
    assert!(info.contains("\"tls_required\":true"), "{info}");
}

#[test]
fn a_cluster_passes_on_what_is_said_and_takes_a_server_back() {
    let cluster = NatsCluster::start(3).unwrap();
    assert_eq!(cluster.urls().len(), 3);
    assert!(hears(&cluster, 0, 2) && hears(&cluster, 2, 1));
    cluster.kill(0).unwrap();
    assert!(hears(&cluster, 1, 2));
    cluster.restart(0).unwrap();
    assert!(hears(&cluster, 0, 2));
}

#[test]
fn routes_through_proxies_can_be_cut() {
    let mut proxies = Vec::new();
    let cluster = NatsCluster::start_with(2, &NatsOptions::default(), &mut |_, _, address| {
        proxies.push(Proxy::start(address)?);
        Ok(proxies[proxies.len() - 1].address())
    })
    .unwrap();
    assert_eq!(proxies.len(), 1);
    assert!(hears(&cluster, 0, 1));
    proxies[0].cut().unwrap();
    until("the cut is not felt", || !hears(&cluster, 0, 1));
    proxies[0].pass().unwrap();
    cluster.wait_for_routes().unwrap();
    assert!(hears(&cluster, 0, 1));
}
