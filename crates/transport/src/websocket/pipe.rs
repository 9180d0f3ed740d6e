//! One TCP stream, read by the protocol library and written by us.
//!
//! The library parses, unmasks, assembles and checks what comes in; what it wants to say itself (pong, close) lands
//! in `control` and leaves in line with everything else. What we send is framed already and shared between
//! connections, so it goes from the outbox to the kernel without a copy.

use bytes::Bytes;
use klatch_fanout::Frame;
use klatch_types::limits;
use std::collections::VecDeque;
use std::io::{self, IoSlice, Read, Write};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// The stream as the protocol library sees it: never blocks, wakes the task of the last poll.
pub(super) struct Pipe {
    stream: TcpStream,
    /// Bytes that came with the upgrade request.
    early: Bytes,
    waker: Waker,
    control: Vec<u8>,
}

impl Pipe {
    pub(super) fn new(stream: TcpStream, early: Bytes) -> Self {
        Self {
            stream,
            early,
            waker: Waker::noop().clone(),
            control: Vec::new(),
        }
    }

    /// Whom to wake when there is something to read.
    pub(super) fn wake_with(&mut self, context: &Context<'_>) {
        self.waker.clone_from(context.waker());
    }

    /// What the library wants to say.
    pub(super) fn take_control(&mut self) -> Option<Frame> {
        if self.control.is_empty() {
            None
        } else {
            Some(Frame::raw(std::mem::take(&mut self.control).into()))
        }
    }

    /// Writes as much of `pending` as the kernel takes, in one vectored write per call; ready when it is empty.
    pub(super) fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        pending: &mut VecDeque<Frame>,
        offset: &mut usize,
    ) -> Poll<io::Result<()>> {
        while !pending.is_empty() {
            let mut slices = [IoSlice::new(&[]); limits::WRITE_SLICES_MAX];
            let mut used = 0;
            for (slice, frame) in slices.iter_mut().zip(pending.iter()) {
                let skip = if used == 0 { *offset } else { 0 };
                *slice = IoSlice::new(&frame.wire()[skip..]);
                used += 1;
            }
            let written = match Pin::new(&mut self.stream).poll_write_vectored(context, &slices[..used]) {
                Poll::Ready(Ok(0)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Ok(written)) => written,
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return Poll::Pending,
            };
            advance(pending, offset, written);
        }
        Poll::Ready(Ok(()))
    }

    /// Says that nothing more will be written.
    pub(super) fn poll_shutdown(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    /// Reads and forgets, until the other side closes: closing with unread bytes would reset the connection and
    /// could swallow our close frame.
    pub(super) fn poll_discard(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let mut scratch = [0u8; 1024];
        loop {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.stream).poll_read(context, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {}
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// Takes `written` bytes off the front.
fn advance(pending: &mut VecDeque<Frame>, offset: &mut usize, mut written: usize) {
    while let Some(front) = pending.front() {
        let left = front.wire().len() - *offset;
        if written < left {
            *offset += written;
            return;
        }
        written -= left;
        *offset = 0;
        pending.pop_front();
    }
}

impl Read for Pipe {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.early.is_empty() {
            let n = into.len().min(self.early.len());
            into[..n].copy_from_slice(&self.early.split_to(n));
            return Ok(n);
        }
        let mut buffer = ReadBuf::new(into);
        let mut context = Context::from_waker(&self.waker);
        match Pin::new(&mut self.stream).poll_read(&mut context, &mut buffer) {
            Poll::Ready(Ok(())) => Ok(buffer.filled().len()),
            Poll::Ready(Err(error)) => Err(error),
            Poll::Pending => Err(io::ErrorKind::WouldBlock.into()),
        }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.control.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partial_writes_resume_where_they_stopped() {
        let mut pending: VecDeque<Frame> = [b"abc".as_slice(), b"de", b"f"].map(Frame::text).into();
        let mut offset = 0;
        advance(&mut pending, &mut offset, 4); // header 2, "ab"
        assert_eq!((pending.len(), offset), (3, 4));
        advance(&mut pending, &mut offset, 1 + 4);
        assert_eq!((pending.len(), offset), (1, 0));
        advance(&mut pending, &mut offset, 3);
        assert!(pending.is_empty());
    }
}
