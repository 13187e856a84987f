//! The policy and its parts.

use crate::{Bytes, Fuel, WallTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// What one run of a module may use and touch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// How much it may use.
    pub limits: Limits,
    /// What it may touch; by default nothing.
    pub capabilities: Capabilities,
}

/// How much one run may use. Each limit is inclusive: use of exactly the limit is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// WebAssembly work; at its end the run ends as `fuel_exhausted`.
    pub fuel: Fuel,
    /// Linear memory over all memories of the instance, in whole 64 KiB pages.
    pub memory: Bytes,
    /// Tables of the instance.
    pub tables: u32,
    /// Elements of any one table.
    pub table_elements: u32,
    /// Core instances of one call (more than one only for components).
    pub instances: u32,
    /// Time from start to end, waiting in host calls included.
    pub wall_time: WallTime,
    /// Bytes of standard output kept for show; what comes after is cut and flagged, the run goes on.
    pub stdout: Bytes,
    /// Bytes of standard error kept; what comes after is cut and flagged, the run goes on.
    pub stderr: Bytes,
    /// Bytes of standard input; more is refused before the run as `invalid_input`.
    pub input: Bytes,
    /// Bytes that may be written to standard output in all; more ends the run as `output_exceeded`.
    pub output: Bytes,
    /// Files and directories that may be created.
    pub files: u32,
    /// Bytes that may be written to files in all.
    pub file_bytes: Bytes,
    /// What may be asked of the network in all: connections, HTTP requests, look-ups of names and
    /// UDP peers count one each.
    #[serde(default)]
    pub network_requests: u32,
    /// Bytes that may be sent and received over the network, both together. They are counted as
    /// the guest sees them (for HTTP heads, bodies and trailers), without TLS and framing.
    #[serde(default = "Bytes::none")]
    pub network_bytes: Bytes,
    /// Size of the module itself, refused before compilation when larger.
    pub module_size: Bytes,
}

/// What one run may touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Capabilities {
    /// Folders of the host that the guest sees, sorted by guest path.
    pub directories: Vec<DirectoryGrant>,
    /// Names of environment variables that a caller may set. Values come with the call.
    pub environment: BTreeSet<String>,
    /// Hosts and ports that may be called.
    pub network: BTreeSet<NetworkGrant>,
    /// Which clock the guest sees.
    pub clocks: Clocks,
    /// Which randomness the guest sees.
    pub random: Random,
}

/// One folder of the host, seen by the guest.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct DirectoryGrant {
    /// Where the guest sees it.
    pub guest: GuestPath,
    /// Where it is.
    pub host: HostPath,
    /// What may be done in it.
    pub access: Access,
}

/// A folder of the host, or left open (`"*"`) for another policy to bind. A grant that is
/// still open when a run starts gives nothing.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum HostPath {
    /// Left open: `"*"`.
    Any,
    /// An absolute, normalised path.
    Path(PathBuf),
}

/// Where the guest sees a folder, or left open (`"*"`), as for [`HostPath`].
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum GuestPath {
    /// Left open: `"*"`.
    Any,
    /// An absolute, normalised path such as `/data`.
    Path(String),
}

/// What may be done in a folder, from less to more.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// List and read.
    Read,
    /// Also create, write, rename and delete.
    ReadWrite,
}

/// One host and port, for TCP, UDP and HTTP alike.
///
/// A name, and even more `*`, stands for public addresses only. Whatever its answers say, a name
/// reaches an address of a private, local or otherwise special range only where that very address
/// is granted too, with the same port. The name `localhost` alone, written out, stands for
/// loopback addresses.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(deny_unknown_fields)]
pub struct NetworkGrant {
    /// A DNS name in lower case, or an IP address.
    pub host: String,
    /// TCP or UDP port.
    pub port: u16,
}

/// Which clock the guest sees, from less to more. The times of files are real only where the
/// clock is; else they are those at which it starts.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Clocks {
    /// Always 2000-01-01T00:00:00Z; a sleep ends at once.
    Frozen,
    /// Starts at 2000-01-01T00:00:00Z; goes on by a fixed step at each reading and by the
    /// asked time at each sleep, which ends at once.
    #[default]
    Virtual,
    /// The host's clocks.
    Real,
}

/// Which randomness the guest sees, from less to more.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Random {
    /// A generator started from this seed: the same numbers each run.
    Seeded(u64),
    /// The operating system's.
    Real,
}

impl Default for Random {
    fn default() -> Self {
        Self::Seeded(0)
    }
}
