//! How the service is set up.

use crate::{MemoryGuard, Remediation};
use isolation::Isolation;
use policies::{Access, Bytes, DirectoryGrant, GuestPath, HostPath, Policy, WallTime};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use validation::{Thresholds, ValidatorOptions};

/// How the service is set up. [`ServerConfig::new`] has defaults for everything but the place of
/// its data.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServerConfig {
    /// Where to listen; port 0 takes a free one. Default: 127.0.0.1:50051.
    ///
    /// Whoever reaches the address may use the whole service: it knows no users yet.
    pub listen: SocketAddr,
    /// Where scrapers read metrics (`/metrics`, OpenMetrics); port 0 takes a free one. Default:
    /// nowhere.
    ///
    /// Whoever reaches the address may read them.
    pub metrics_listen: Option<SocketAddr>,
    /// Folder of the knowledge base, compiled code and the installation's key. It is made, for
    /// its owner only, and belongs to one running service at a time.
    pub data_dir: PathBuf,
    /// The installation (made by `make setup`) that validates proposals; without one the service
    /// calls tools and takes no proposals.
    pub home: Option<PathBuf>,
    /// A database of advisories (see [`validation::Advisories`]) that the crates of proposals are
    /// looked up in. Default: none.
    pub advisories: Option<PathBuf>,
    /// What to do where the machine can't confine builds and trial runs as it should. Default:
    /// refuse to start. What is confined is this program itself: its `main` has to begin with
    /// [`isolation::enter_if_asked`] and to know the role [`validation::JUDGE`].
    pub isolation: Isolation,
    /// What no tool and no call may exceed. Folders that callers may bind are those within its
    /// `directories`. Default: the preset `workspace`, with the folder `folders` of the data
    /// folder as the only one.
    pub ceiling: Policy,
    /// From which confidence on a proposal passes. Default: [`Thresholds::default`].
    pub thresholds: Thresholds,
    /// How long small changes of a proposal are tried on its tests; 0 for not at all, and then it
    /// is not measured what they reach either. Default: as [`ValidatorOptions::default`].
    pub mutation_time: WallTime,
    /// Calls that run at the same time. Default: 64.
    pub max_running_calls: u32,
    /// Calls that wait for their turn; more are refused with `RESOURCE_EXHAUSTED`. Default: 256.
    pub max_waiting_calls: u32,
    /// Proposals that are validated at the same time. Default: 1.
    pub validation_workers: u32,
    /// Proposals that wait for their validation; more are refused with `RESOURCE_EXHAUSTED`.
    /// Default: 10 000.
    pub max_waiting_validations: usize,
    /// How long to wait before each further try when the machine could not do its part of a
    /// validation. Default: 1 s, 10 s, 60 s.
    pub validation_retries: Vec<Duration>,
    /// The largest message taken from a caller. Default: 16 MiB.
    pub max_message: Bytes,
    /// Bytes of modules whose compiled code is kept in memory. Default: 256 MiB.
    pub tool_cache: Bytes,
    /// Bytes of compiled code that are kept on disk; beyond them, what was not used for longest
    /// goes at a start. Default: 4 GiB.
    pub code_cache: Bytes,
    /// When validations wait because memory runs short. Default: [`MemoryGuard::default`].
    pub memory_guard: MemoryGuard,
    /// What is done about alerts without a person. Default: nothing.
    pub remediation: Option<Remediation>,
    /// How long running calls may go on when the service is told to stop. Default: 10 s.
    pub grace: Duration,
}

impl ServerConfig {
    /// The folder inside the data folder from which callers may bind folders by default.
    pub const FOLDERS: &'static str = "folders";

    /// The default of `code_cache`.
    pub const CODE_CACHE: Bytes = Bytes::gib(4);

    /// The defaults, with this data folder. A relative one is below the working folder.
    pub fn new(data_dir: impl AsRef<Path>) -> Self {
        let data_dir = data_dir.as_ref();
        // Fails only for an empty path or without a working folder; opening it then says why.
        let data_dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 50_051)),
            metrics_listen: None,
            ceiling: default_ceiling(&data_dir),
            data_dir,
            home: None,
            advisories: None,
            isolation: Isolation::Require,
            thresholds: Thresholds::default(),
            mutation_time: ValidatorOptions::default().mutation_time,
            max_running_calls: 64,
            max_waiting_calls: 256,
            validation_workers: 1,
            max_waiting_validations: 10_000,
            validation_retries: [1, 10, 60].map(Duration::from_secs).to_vec(),
            max_message: Bytes::mib(16),
            tool_cache: Bytes::mib(256),
            code_cache: Self::CODE_CACHE,
            memory_guard: MemoryGuard::default(),
            remediation: None,
            grace: Duration::from_secs(10),
        }
    }
}

/// `workspace` lets callers bind any folder of the machine, which is for people at their own
/// shell; callers of a service get one folder.
fn default_ceiling(data_dir: &Path) -> Policy {
    let mut policy = Policy::preset("workspace").expect("a preset that ships with the crate");
    policy.capabilities.directories = vec![DirectoryGrant {
        guest: GuestPath::Any,
        host: HostPath::Path(data_dir.join(ServerConfig::FOLDERS)),
        access: Access::ReadWrite,
    }];
    policy
}
