use super::jwks_server::JwksServer;
use crate::auth::outgoing::{Outgoing, OutgoingError, is_public};
use std::net::IpAddr;

#[test]
fn only_public_addresses_are_public() {
    let public = [
        "1.1.1.1",
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.17.0.1",
        "2606:4700:4700::1111",
        "2a00:1450::1",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
        "2002:808:808::1",
    ];
    let inside = [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.9.9.9",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "64:ff9b::a00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:10::1",
        "2001:db8::1",
        "2002:7f00:1::1",
        "2002:a00:1::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
    ];
    for address in public {
        assert!(is_public(address.parse::<IpAddr>().unwrap()), "{address}");
    }
    for address in inside {
        assert!(!is_public(address.parse::<IpAddr>().unwrap()), "{address}");
    }
}

#[tokio::test]
async fn addresses_inside_are_refused_however_they_are_written() {
    let outgoing = Outgoing::new(false);
    for url in [
        "https://127.0.0.1/keys",
        "https://127.1/keys",
        "https://2130706433/keys",
        "https://0x7f.0.0.1/keys",
        "https://0177.0.0.1/keys",
        "https://127.0.0.1:8443/keys",
        "https://[::1]/keys",
        "https://[::ffff:127.0.0.1]/keys",
        "https://[::ffff:7f00:1]/keys",
        "https://10.1.2.3/keys",
        "https://192.168.0.1/keys",
        "https://172.16.5.5/keys",
        "https://100.64.0.1/keys",
        "https://169.254.169.254/latest/meta-data",
        "https://[fd00:ec2::254]/latest/meta-data",
        "https://[fe80::1]/keys",
        "https://0.0.0.0/keys",
        "https://224.0.0.1/keys",
        "https://localhost/keys",
    ] {
        let refused = outgoing.get(url).await;
        assert!(
            matches!(refused, Err(OutgoingError::NotPublic)),
            "{url}: {refused:?}"
        );
    }
}

#[tokio::test]
async fn other_schemes_and_credentials_are_refused() {
    let outgoing = Outgoing::new(false);
    let long = format!("https://keys.example/{}", "a".repeat(3_000));
    for url in [
        "",
        "keys.example",
        "/keys",
        "http://keys.example/keys",
        "ftp://keys.example/keys",
        "file:///etc/passwd",
        "data:,{}",
        "gopher://keys.example",
        "https://",
        "https://user@keys.example/",
        "https://user:word@keys.example/",
        &long,
    ] {
        let refused = outgoing.get(url).await;
        assert!(matches!(refused, Err(OutgoingError::Url)), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn with_loopback_this_machine_may_be_asked_and_nothing_else_inside() {
    let server = JwksServer::start("{}").await;
    let outgoing = Outgoing::new(true);
    assert_eq!(outgoing.get(&server.url()).await.unwrap(), b"{}");
    for url in [
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "http://[fe80::1]/",
        "http://0.0.0.0/",
    ] {
        assert!(
            matches!(outgoing.get(url).await, Err(OutgoingError::NotPublic)),
            "{url}"
        );
    }
}

#[tokio::test]
async fn redirects_are_not_followed_and_large_answers_not_read() {
    let server = JwksServer::start("{}").await;
    let outgoing = Outgoing::new(true);
    server.answer("302 Found\r\nlocation: /elsewhere", "");
    assert!(matches!(
        outgoing.get(&server.url()).await,
        Err(OutgoingError::Status(302))
    ));
    assert_eq!(server.fetches(), 1);
    server.answer("200 OK", &"x".repeat(1024 * 1024));
    assert_eq!(outgoing.get(&server.url()).await.unwrap().len(), 1024 * 1024);
    server.answer("200 OK", &"x".repeat(1024 * 1024 + 1));
    assert!(matches!(
        outgoing.get(&server.url()).await,
        Err(OutgoingError::TooLarge)
    ));
    server.answer("500 Internal Server Error", "");
    assert!(matches!(
        outgoing.get(&server.url()).await,
        Err(OutgoingError::Status(500))
    ));
}

#[tokio::test]
async fn a_server_that_is_not_there_is_told_without_its_address() {
    let outgoing = Outgoing::new(true);
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let failed = outgoing
        .get(&format!("http://127.0.0.1:{port}/secret-path"))
        .await
        .unwrap_err();
    assert!(matches!(failed, OutgoingError::Failed(_)), "{failed:?}");
    assert!(!format!("{failed:?} {failed}").contains("secret-path"));
}
