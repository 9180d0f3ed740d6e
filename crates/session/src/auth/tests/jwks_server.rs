//! A web server on this machine that publishes keys and counts who asks.

use parking_lot::Mutex;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Default)]
struct Shared {
    answer: Mutex<(String, String)>,
    fetches: AtomicUsize,
}

/// The server; it ends with the runtime of the test.
pub(super) struct JwksServer {
    port: u16,
    shared: Arc<Shared>,
}

impl JwksServer {
    /// A server that answers with this document.
    pub(super) async fn start(document: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let server = Self {
            port,
            shared: Arc::clone(&shared),
        };
        server.answer("200 OK", document);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        server
    }

    /// What is answered from now on: status (and headers), body.
    pub(super) fn answer(&self, status: &str, body: &str) {
        *self.shared.answer.lock() = (status.to_owned(), body.to_owned());
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/keys", self.port)
    }

    pub(super) fn fetches(&self) -> usize {
        self.shared.fetches.load(Ordering::SeqCst)
    }
}

async fn serve(mut stream: TcpStream, shared: Arc<Shared>) {
    let mut head = Vec::new();
    let mut buffer = [0u8; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => head.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    shared.fetches.fetch_add(1, Ordering::SeqCst);
    let (status, body) = shared.answer.lock().clone();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    // The client may hang up early when the answer is too large for it.
    let _ = stream.write_all(head.as_bytes()).await;
    let _ = stream.write_all(body.as_bytes()).await;
    let _ = stream.shutdown().await;
}
