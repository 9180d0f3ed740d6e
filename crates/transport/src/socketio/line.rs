//! The line of a WebSocket that the protocol library owns. The library can say "stay away" to a client, and not "come
//! back": for that the line has to break, which the stock client takes as the reason to connect again.

use crate::listener::Place;
use futures_util::task::AtomicWaker;
use memchr::memmem;
use parking_lot::Mutex;
use socketioxide::socket::Sid;
use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Weak};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const OPEN: u8 = 0;
const ENDING: u8 = 1;
const SAID: u8 = 2;
const CUT: u8 = 3;

/// How the event `closing` is written, the last one of a connection. No text can hold it: quotes in it are escaped.
const LAST_WORDS: &[u8] = br#"["closing","#;

/// Whether a connection's line may still be used.
#[derive(Debug, Default)]
pub(super) struct Line {
    state: AtomicU8,
    reader: AtomicWaker,
    writer: AtomicWaker,
}

impl Line {
    /// Cuts the line when the last words are on their way, which are said after this.
    pub(super) fn end(&self) {
        self.step(OPEN, ENDING);
    }

    fn step(&self, from: u8, to: u8) -> bool {
        let order = Ordering::SeqCst;
        self.state.compare_exchange(from, to, order, order).is_ok()
    }

    fn written(&self, bytes: &[u8]) {
        if self.state.load(Ordering::SeqCst) == ENDING && memmem::find(bytes, LAST_WORDS).is_some() {
            self.step(ENDING, SAID);
        }
    }

    /// Cuts it now.
    pub(super) fn cut(&self) {
        self.state.store(CUT, Ordering::SeqCst);
        self.reader.wake();
        self.writer.wake();
    }

    fn is_cut(&self) -> bool {
        self.state.load(Ordering::SeqCst) == CUT
    }

    fn flushed(&self) {
        if self.state.load(Ordering::SeqCst) == SAID {
            self.cut();
        }
    }
}

/// The lines by the id of their Engine.IO session: a session that began with polling meets its WebSocket here.
#[derive(Debug, Default)]
pub(super) struct Lines(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    lines: HashMap<Sid, Weak<Line>>,
    swept_at: usize,
}

/// Entries below which nobody looks for lines that are gone.
const SWEEP_MIN: usize = 64;

impl Lines {
    /// The line of a session; the same for all who ask, as long as one of them holds it.
    pub(super) fn of(&self, sid: Sid) -> Arc<Line> {
        let mut known = self.0.lock();
        if let Some(line) = known.lines.get(&sid).and_then(Weak::upgrade) {
            return line;
        }
        if known.lines.len() >= known.swept_at.max(SWEEP_MIN) {
            known.lines.retain(|_, line| line.strong_count() > 0);
            known.swept_at = known.lines.len() * 2;
        }
        let line = Arc::new(Line::default());
        known.lines.insert(sid, Arc::downgrade(&line));
        line
    }
}

/// A stream that ends when its line is cut.
pub(super) struct Cord<S> {
    stream: S,
    line: Arc<Line>,
    /// The place among the listener's connections, held as long as the socket is open.
    _seat: Option<Place>,
}

impl<S> Cord<S> {
    pub(super) fn new(stream: S, line: Arc<Line>, seat: Option<Place>) -> Self {
        Self {
            stream,
            line,
            _seat: seat,
        }
    }

    /// Whether there is nothing to write to; wakes the writer when it is cut.
    fn poll_cut(&self, context: &Context<'_>) -> io::Result<()> {
        self.line.writer.register(context.waker());
        match self.line.is_cut() {
            true => Err(io::ErrorKind::BrokenPipe.into()),
            false => Ok(()),
        }
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Cord<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.line.reader.register(context.waker());
        if self.line.is_cut() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Cord<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_cut(context)?;
        let written = Pin::new(&mut self.stream).poll_write(context, bytes);
        if let Poll::Ready(Ok(count)) = written {
            self.line.written(&bytes[..count]);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_cut(context)?;
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        if let Poll::Ready(Ok(())) = flushed {
            self.line.flushed();
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn a_line_that_ends_lets_the_last_words_out_and_then_nothing() {
        let (ours, mut theirs) = tokio::io::duplex(64);
        let line = Arc::new(Line::default());
        let mut cord = Cord::new(ours, Arc::clone(&line), None);
        line.end();
        cord.write_all(b"before").await.unwrap();
        cord.flush().await.unwrap();
        cord.write_all(LAST_WORDS).await.unwrap();
        cord.flush().await.unwrap();
        assert_eq!(
            cord.write_all(b"more").await.unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
        assert_eq!(cord.read(&mut [0; 8]).await.unwrap(), 0);
        drop(cord);
        let mut heard = Vec::new();
        theirs.read_to_end(&mut heard).await.unwrap();
        assert_eq!(heard, [b"before", LAST_WORDS].concat());
    }

    #[tokio::test]
    async fn a_cut_wakes_whoever_reads() {
        let (ours, _theirs) = tokio::io::duplex(64);
        let line = Arc::new(Line::default());
        let mut cord = Cord::new(ours, Arc::clone(&line), None);
        let mut room = [0; 8];
        let (read, ()) = tokio::join!(cord.read(&mut room), async { line.cut() });
        assert_eq!(read.unwrap(), 0);
    }

    #[test]
    fn all_who_ask_for_a_session_get_one_line_and_the_gone_are_forgotten() {
        let lines = Lines::default();
        let sid = Sid::new();
        let line = lines.of(sid);
        assert!(Arc::ptr_eq(&line, &lines.of(sid)));
        for _ in 0..1_000 {
            lines.of(Sid::new());
        }
        assert!(lines.0.lock().lines.len() <= 2 * SWEEP_MIN);
        assert!(Arc::ptr_eq(&line, &lines.of(sid)));
    }
}
