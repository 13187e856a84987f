//! What happened in one run.

use policies::{Bytes, Fuel, WallTime};
use serde::{Deserialize, Serialize};

/// What happened in one run: how it ended, what it gave, what it used and tried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Execution {
    /// How it ended.
    pub outcome: Outcome,
    /// Standard output in full (at most the policy's `output` limit), as the guest wrote it.
    #[serde(with = "crate::execution::text")]
    pub output: Vec<u8>,
    /// The beginning of standard output, for show.
    pub stdout: Captured,
    /// The beginning of standard error.
    pub stderr: Captured,
    /// What it used.
    pub usage: Usage,
    /// What it tried and was not allowed, oldest first, at most [`Execution::MAX_DENIED`].
    pub denied: Vec<DeniedAttempt>,
    /// For traps and exhausted limits: where it was, innermost frame first.
    pub backtrace: Vec<Frame>,
}

impl Execution {
    /// How many denied attempts are kept; the count of all is in [`Usage::denied`].
    pub const MAX_DENIED: usize = 64;

    /// A run of which nothing but its end is known, because it never began.
    pub fn ended(outcome: Outcome) -> Self {
        Self {
            outcome,
            output: Vec::new(),
            stdout: Captured::default(),
            stderr: Captured::default(),
            usage: Usage::default(),
            denied: Vec::new(),
            backtrace: Vec::new(),
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// Exit code 0.
    Success,
    /// The tool said no: an exit code other than 0.
    ToolError {
        /// The guest's exit code.
        exit_code: i32,
    },
    /// The guest broke a rule of WebAssembly itself (unreachable, out of bounds, …).
    Trap {
        /// wasmtime's name of the trap and its text.
        message: String,
    },
    /// The fuel was used up.
    FuelExhausted {
        /// The limit.
        limit: Fuel,
    },
    /// The guest asked for more memory or table space than allowed and could not go on.
    MemoryExceeded {
        /// Which limit and by how much, in words.
        message: String,
    },
    /// The wall time ran out.
    DeadlineExceeded {
        /// The limit.
        limit: WallTime,
    },
    /// More was written to standard output than allowed.
    OutputExceeded {
        /// The limit.
        limit: Bytes,
    },
    /// The input was refused before the run.
    InvalidInput {
        /// Why.
        message: String,
    },
    /// The output is not what the tool's contract says.
    InvalidOutput {
        /// Why.
        message: String,
    },
    /// The caller called it off.
    Cancelled,
}

/// The name of an outcome without its details, as on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[allow(missing_docs, reason = "the variants of `Outcome` say what each means")]
pub enum OutcomeKind {
    Success,
    ToolError,
    Trap,
    FuelExhausted,
    MemoryExceeded,
    DeadlineExceeded,
    OutputExceeded,
    InvalidInput,
    InvalidOutput,
    Cancelled,
}

impl OutcomeKind {
    /// All of them, in the order of their declaration.
    pub const ALL: [Self; 10] = [
        Self::Success,
        Self::ToolError,
        Self::Trap,
        Self::FuelExhausted,
        Self::MemoryExceeded,
        Self::DeadlineExceeded,
        Self::OutputExceeded,
        Self::InvalidInput,
        Self::InvalidOutput,
        Self::Cancelled,
    ];
}

impl Outcome {
    /// The name alone.
    pub fn kind(&self) -> OutcomeKind {
        match self {
            Self::Success => OutcomeKind::Success,
            Self::ToolError { .. } => OutcomeKind::ToolError,
            Self::Trap { .. } => OutcomeKind::Trap,
            Self::FuelExhausted { .. } => OutcomeKind::FuelExhausted,
            Self::MemoryExceeded { .. } => OutcomeKind::MemoryExceeded,
            Self::DeadlineExceeded { .. } => OutcomeKind::DeadlineExceeded,
            Self::OutputExceeded { .. } => OutcomeKind::OutputExceeded,
            Self::InvalidInput { .. } => OutcomeKind::InvalidInput,
            Self::InvalidOutput { .. } => OutcomeKind::InvalidOutput,
            Self::Cancelled => OutcomeKind::Cancelled,
        }
    }
}

impl OutcomeKind {
    /// The name on the wire, such as `fuel_exhausted`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::ToolError => "tool_error",
            Self::Trap => "trap",
            Self::FuelExhausted => "fuel_exhausted",
            Self::MemoryExceeded => "memory_exceeded",
            Self::DeadlineExceeded => "deadline_exceeded",
            Self::OutputExceeded => "output_exceeded",
            Self::InvalidInput => "invalid_input",
            Self::InvalidOutput => "invalid_output",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The beginning of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Captured {
    /// The bytes kept.
    #[serde(with = "crate::execution::text")]
    pub bytes: Vec<u8>,
    /// Whether more came than was kept.
    pub truncated: bool,
}

/// What a run used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Usage {
    /// Fuel burnt.
    pub fuel: u64,
    /// Largest size of all linear memories together, in bytes.
    pub peak_memory: u64,
    /// Time from start to end, in microseconds.
    pub wall_micros: u64,
    /// Time on a processor, in microseconds: the sum over all polls of the guest (the first one,
    /// up to a million units of fuel, by the clock).
    pub cpu_micros: u64,
    /// Calls from the guest into the host.
    pub host_calls: u64,
    /// Bytes read: standard input and files.
    pub bytes_read: u64,
    /// Bytes written: standard output, standard error and files.
    pub bytes_written: u64,
    /// Files and directories created.
    pub files_created: u32,
    /// Attempts that were denied.
    pub denied: u64,
    /// What was asked of the network: connections, HTTP requests, look-ups of names, UDP peers.
    #[serde(default)]
    pub network_requests: u32,
    /// Bytes sent over the network, as the guest sees them.
    #[serde(default)]
    pub network_sent: u64,
    /// Bytes received over the network, as the guest sees them.
    #[serde(default)]
    pub network_received: u64,
}

/// Something the guest tried and was not allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeniedAttempt {
    /// The host function, such as `path_open`, or `memory.grow`.
    pub what: String,
    /// The object: a path, a variable, a size.
    pub target: String,
    /// The rule that said no.
    pub rule: Rule,
}

/// A rule of the policy, by the name it has in the TOML form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Rule {
    /// `capabilities.directories`: outside every granted folder, or writing where reading is granted.
    Directories,
    /// `capabilities.environment`: a variable that the caller gave and the policy does not allow.
    Environment,
    /// `capabilities.network`.
    Network,
    /// `limits.memory`.
    Memory,
    /// `limits.tables` and `limits.table_elements`.
    Tables,
    /// `limits.files`.
    Files,
    /// `limits.file_bytes`.
    FileBytes,
    /// `limits.network_requests`.
    NetworkRequests,
    /// `limits.network_bytes`.
    NetworkBytes,
}

/// One frame of a guest's stack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// Index of the function in its module.
    pub index: u32,
    /// Demangled name, if the module has names.
    pub function: Option<String>,
    /// Source file, line and column, if the module has DWARF.
    pub location: Option<String>,
}

/// Bytes as text where they are UTF-8, as `{"base64": …}` never: lossy text is what people read,
/// and the wire carries bytes.
pub(crate) mod text {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&String::from_utf8_lossy(bytes))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        String::deserialize(from).map(String::into_bytes)
    }
}
