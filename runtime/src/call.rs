//! What one run is asked to do.

use bytes::Bytes;
use policies::Policy;
use std::fmt::{self, Debug};
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::sync::{Mutex, mpsc};
use tokio_util::sync::CancellationToken;

/// What one run is asked to do, and within which limits.
#[derive(Clone, Debug)]
pub struct Call {
    /// Arguments after the program's name; at most [`Call::MAX_ARGUMENT_BYTES`] in all.
    pub args: Vec<String>,
    /// Environment; names that the policy does not allow are left out and recorded as denied.
    pub env: Vec<(String, String)>,
    /// Standard input, or what of it is there at the start.
    pub input: Vec<u8>,
    /// Where the rest of standard input comes from, if there is more.
    pub live_input: Option<LiveInput>,
    /// What the run may use and touch.
    pub policy: Policy,
    /// Calls the run off.
    pub cancel: CancellationToken,
    /// Where standard output and error go while they are written, beside the result. A full
    /// channel makes the guest wait (which counts against its wall time); a closed one is ignored.
    pub live: Option<mpsc::Sender<Chunk>>,
}

/// A piece of what the guest writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where it was written.
    pub stream: Stream,
    /// The piece.
    pub bytes: Bytes,
}

/// The two streams that a guest writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Standard input that comes while the run goes on.
///
/// A guest with real clocks gets each piece as it comes. Without real clocks it must not be able
/// to tell how its input came, so at its first read all of it is waited for. To wait counts
/// against the wall time, what comes against `limits.input`: beyond that the run ends as
/// [`InvalidInput`](crate::Outcome::InvalidInput). A clone reads on where the other stopped.
#[derive(Clone)]
pub struct LiveInput(Arc<Mutex<dyn AsyncRead + Send + Unpin>>);

impl LiveInput {
    /// Bytes that are asked for at once.
    const PIECE: usize = 64 << 10;

    /// Reads from there.
    pub fn new(source: impl AsyncRead + Send + Unpin + 'static) -> Self {
        Self(Arc::new(Mutex::new(source)))
    }

    /// Adds what comes next to `input`; `false` when that was all.
    pub(crate) async fn next(&self, input: &mut Vec<u8>) -> io::Result<bool> {
        input.reserve(Self::PIECE);
        Ok(self.0.lock().await.read_buf(input).await? > 0)
    }
}

impl Debug for LiveInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LiveInput")
    }
}

impl Call {
    /// Arguments and environment together, in bytes with their terminators: 128 KiB.
    pub const MAX_ARGUMENT_BYTES: usize = 128 * 1024;

    /// A run without arguments, environment and input.
    pub fn new(policy: Policy) -> Self {
        Self {
            args: Vec::new(),
            env: Vec::new(),
            input: Vec::new(),
            live_input: None,
            policy,
            cancel: CancellationToken::new(),
            live: None,
        }
    }

    /// The arguments after the program's name.
    #[must_use]
    pub fn with_args(mut self, args: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.args = args.into_iter().map(Into::into).collect();
        self
    }

    /// The environment.
    #[must_use]
    pub fn with_env(mut self, env: impl IntoIterator<Item = (String, String)>) -> Self {
        self.env = env.into_iter().collect();
        self
    }

    /// Standard input.
    #[must_use]
    pub fn with_input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = input.into();
        self
    }

    /// Standard input that is read only once the guest asks for it.
    #[must_use]
    pub fn with_live_input(mut self, input: LiveInput) -> Self {
        self.live_input = Some(input);
        self
    }

    /// What calls the run off.
    #[must_use]
    pub fn with_cancel(mut self, cancel: CancellationToken) -> Self {
        self.cancel = cancel;
        self
    }

    /// Where output goes while it is written.
    #[must_use]
    pub fn with_live(mut self, live: mpsc::Sender<Chunk>) -> Self {
        self.live = Some(live);
        self
    }

    /// What makes this call impossible before anything runs.
    pub(crate) fn refusal(&self) -> Option<String> {
        let limit = self.policy.limits.input;
        if self.input.len() as u64 > limit.0 {
            return Some(too_much_input(self.input.len(), limit));
        }
        if let Some(argument) = self.args.iter().find(|argument| argument.contains('\0')) {
            return Some(format!(
                "the argument {argument:?} holds a NUL, which no program can receive: remove it"
            ));
        }
        for (name, value) in &self.env {
            if name.is_empty() || name.contains(['=', '\0']) || value.contains('\0') {
                return Some(format!(
                    "the environment variable {name:?} can't be passed on: a name has no `=`, \
                     is not empty, and neither it nor its value holds a NUL"
                ));
            }
        }
        let size: usize = self
            .args
            .iter()
            .map(|argument| argument.len() + 1)
            .sum::<usize>()
            + self
                .env
                .iter()
                .map(|(name, value)| name.len() + value.len() + 2)
                .sum::<usize>();
        (size > Self::MAX_ARGUMENT_BYTES).then(|| {
            format!(
                "arguments and environment have {size} bytes together, more than the {} that \
                 there is room for: pass large data as input",
                Self::MAX_ARGUMENT_BYTES
            )
        })
    }
}

/// Why a run does not begin, or ends, with that many bytes of standard input.
pub(crate) fn too_much_input(length: usize, limit: policies::Bytes) -> String {
    format!(
        "the input has {length} bytes, more than the {limit} that the policy allows \
         (limits.input): send less, or ask for a higher limit"
    )
}
