//! The accept loop of the HTTP listeners: bounded, with time limits, and with a graceful end.

use crate::http::PeerAddr;
use axum::Router;
use axum::body::Body;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use klatch_types::limits;
use std::fmt::Display;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tower::ServiceExt;

/// Largest request head, bytes; hyper needs 8 KiB at least.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Most header lines of a request.
const HEADERS_MAX: usize = 64;
/// How long to wait after an accept failed, for example because no file descriptor was left.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Kernel memory for what a connection has not read yet, bytes: a slow reader is noticed sooner.
const SEND_BUFFER_BYTES: usize = 512 * 1024;

/// Which versions of HTTP a listener speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versions {
    /// 1.1, for browsers and proxies; its connections can become sockets.
    Http1,
    /// 1.1 and 2 without TLS, told apart by how a connection begins: gRPC needs the latter.
    Http1And2,
}

/// Serves a router on a listener until `stop` becomes true, then lets requests under way finish and waits until the
/// last connection has ended. At most `connections_max` connections are open at once; more wait in the kernel's
/// queue.
pub async fn serve(
    listener: TcpListener,
    (router, versions): (Router, Versions),
    connections_max: usize,
    stop: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(connections_max));
    let mut stopping = stop.clone();
    loop {
        let place = tokio::select! {
            place = Arc::clone(&places).acquire_owned() => place.expect("the semaphore is never closed"),
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                let (router, stop) = (router.clone(), stop.clone());
                tokio::spawn(async move {
                    connection(stream, peer, (router, versions), stop, place).await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
    drop(listener);
    // Every place given back means that every connection, upgraded ones too, has come to its end.
    let all = u32::try_from(connections_max).unwrap_or(u32::MAX);
    drop(places.acquire_many(all).await);
}

/// HTTP/1.1, whose connections can be taken over as sockets.
fn http1() -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    builder
}

fn http1_and_2() -> auto::Builder<TokioExecutor> {
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits::HEADER_TIMEOUT)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEADERS_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits::HEARTBEAT)
        .keep_alive_timeout(limits::DEAD_AFTER - limits::HEARTBEAT)
        .max_header_list_size(u32::try_from(HEAD_BYTES_MAX).unwrap_or(u32::MAX))
        .max_concurrent_streams(limits::GRPC_CALLS_PER_CONNECTION_MAX);
    builder
}

/// Runs a connection to its end; once `stop` is true, to that of the requests under way.
async fn run<C: Future<Output = Result<(), E>>, E: Display>(
    mut serving: Pin<&mut C>,
    shut_down: impl FnOnce(Pin<&mut C>),
    mut stop: watch::Receiver<bool>,
) -> Result<(), String> {
    let stopped = async { stop.wait_for(|stop| *stop).await.is_ok() };
    let ended = tokio::select! {
        ended = serving.as_mut() => ended,
        _ = stopped => {
            shut_down(serving.as_mut());
            serving.await
        }
    };
    ended.map_err(|error| error.to_string())
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    (router, versions): (Router, Versions),
    stop: watch::Receiver<bool>,
    place: tokio::sync::OwnedSemaphorePermit,
) {
    stream.set_nodelay(true).ok();
    socket2::SockRef::from(&stream)
        .set_send_buffer_size(SEND_BUFFER_BYTES)
        .ok();
    let place = Arc::new(place);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(PeerAddr(peer));
        // An upgraded socket keeps its place after this connection's task is done.
        request.extensions_mut().insert(Place(Arc::clone(&place)));
        router.clone().oneshot(request.map(Body::new))
    });
    let stream = TokioIo::new(stream);
    let ended = match versions {
        Versions::Http1 => {
            let serving = pin!(http1().serve_connection(stream, service).with_upgrades());
            run(serving, |serving| serving.graceful_shutdown(), stop).await
        }
        Versions::Http1And2 => {
            let builder = http1_and_2();
            let serving = pin!(builder.serve_connection(stream, service));
            run(serving, |serving| serving.graceful_shutdown(), stop).await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error, %peer, "a connection ended early");
    }
}

/// Held by a connection as long as it is open.
#[derive(Clone)]
pub(crate) struct Place(#[allow(dead_code)] Arc<tokio::sync::OwnedSemaphorePermit>);
