//! Answers that leave together.
//!
//! To hand an answer to the kernel takes a tenth of what a short call takes in all. When calls
//! come many at a time, a connection is woken by the first answer that is ready and would write
//! it alone, although the next ones are ready as soon as the tasks that wait behind it had their
//! turn. So a connection lets these tasks go first, once, and then writes what there is.
//!
//! Whether that gains anything shows each time. A connection with one call at a time finds out
//! at once, and writes at once from then on, but for a try now and then.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

/// What is at least so long is written at once: with so much, one write more is little.
const LONG: usize = 4096;

/// Writes at once after a wait that gained nothing.
const AT_ONCE: u32 = 31;

/// A connection whose short writes wait for a turn of the other tasks.
pub(super) struct Gather<S> {
    stream: S,
    wait: Wait,
}

enum Wait {
    /// The next short write waits, unless that many go at once before it.
    After(u32),
    /// A write of that length waits.
    Now(usize),
}

impl<S> Gather<S> {
    pub(super) fn new(stream: S) -> Self {
        Self {
            stream,
            wait: Wait::After(0),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Gather<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.wait = match self.wait {
            _ if bytes.len() >= LONG => Wait::After(0),
            Wait::After(0) => {
                self.wait = Wait::Now(bytes.len());
                // A task that wakes itself goes behind all others that are ready.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Wait::After(more) => Wait::After(more - 1),
            Wait::Now(before) if bytes.len() > before => Wait::After(0),
            Wait::Now(_) => Wait::After(AT_ONCE),
        };
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    // Two pieces at a time are never asked for: what is to leave together has to be one.
    fn is_write_vectored(&self) -> bool {
        false
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let first = pieces.iter().find(|piece| !piece.is_empty());
        self.poll_write(context, first.map_or(&[], |piece| piece))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Gather<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<S: Connected> Connected for Gather<S> {
    type ConnectInfo = S::ConnectInfo;

    fn connect_info(&self) -> Self::ConnectInfo {
        self.stream.connect_info()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Wake, Waker};

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Woken(AtomicU32);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes to memory, and looks at each answer.
    struct Written {
        stream: Gather<Vec<u8>>,
        woken: Arc<Woken>,
    }

    impl Written {
        fn new() -> Self {
            Self {
                stream: Gather::new(Vec::new()),
                woken: Arc::default(),
            }
        }

        /// Whether so many bytes are written now; if not, the task was woken to try again.
        fn writes(&mut self, bytes: usize) -> bool {
            let before = self.woken.0.load(Ordering::Relaxed);
            let waker = Waker::from(Arc::clone(&self.woken));
            let mut context = Context::from_waker(&waker);
            let bytes = vec![7; bytes];
            let written = Pin::new(&mut self.stream).poll_write(&mut context, &bytes);
            let woken = self.woken.0.load(Ordering::Relaxed) - before;
            match written {
                Poll::Ready(written) => {
                    assert_eq!((written.unwrap(), woken), (bytes.len(), 0));
                    true
                }
                Poll::Pending => {
                    assert_eq!(woken, 1, "else it would wait for ever");
                    false
                }
            }
        }
    }

    #[test]
    fn a_short_write_waits_once_and_so_does_the_next_if_it_grew_meanwhile() {
        let mut written = Written::new();
        for _ in 0..3 {
            assert!(!written.writes(10));
            assert!(written.writes(11));
        }
        assert_eq!(written.stream.stream.len(), 33);
    }

    #[test]
    fn after_a_wait_in_vain_a_number_of_writes_go_at_once() {
        let mut written = Written::new();
        assert!(!written.writes(10));
        assert!(written.writes(10));
        for _ in 0..AT_ONCE {
            assert!(written.writes(10));
        }
        assert!(!written.writes(10), "tried once more");
    }

    #[test]
    fn a_long_write_never_waits() {
        let mut written = Written::new();
        assert!(written.writes(LONG));
        assert!(!written.writes(LONG - 1));
        assert!(written.writes(LONG), "grew while it waited");
    }

    #[test]
    fn of_several_pieces_the_first_that_is_not_empty_is_written() {
        let mut written = Written::new();
        assert!(!written.writes(1));
        let mut context = Context::from_waker(Waker::noop());
        let pieces = [IoSlice::new(b""), IoSlice::new(b"ab"), IoSlice::new(b"c")];
        let answer = Pin::new(&mut written.stream).poll_write_vectored(&mut context, &pieces);
        assert!(matches!(answer, Poll::Ready(Ok(2))));
        assert_eq!(written.stream.stream, b"ab");
    }
}
