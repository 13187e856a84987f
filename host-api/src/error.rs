//! Why the service can't start or go on.

use std::net::SocketAddr;
use std::path::PathBuf;

/// Why the service can't start or go on: the operator's matter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServerError {
    /// The data folder can't be made or used.
    #[error("the data folder {}: {source}; see that it may be written, or give another", path.display())]
    DataDir {
        /// The file or folder.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// Another service works on the same data.
    #[error(
        "the data folder {} is in use by another service; stop that one, or give another folder",
        path.display()
    )]
    InUse {
        /// The data folder.
        path: PathBuf,
    },
    /// A folder of the ceiling is missing.
    #[error(
        "the policy's ceiling allows {grant}, which can't be used: {source}; make the folder, or take it out of the policy"
    )]
    Ceiling {
        /// Which folder.
        grant: policies::DirectoryGrant,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The knowledge base can't be opened or read.
    #[error(transparent)]
    KnowledgeBase(#[from] kbi::KbiError),
    /// The sandbox can't be set up.
    #[error(transparent)]
    Sandbox(#[from] runtime::SandboxError),
    /// There is no toolchain to validate proposals with.
    #[error(transparent)]
    Installation(#[from] validation::InstallationError),
    /// The database of advisories can't be used.
    #[error(transparent)]
    Advisories(#[from] validation::AdvisoriesError),
    /// The key with which validations are vouched for can't be used.
    #[error(transparent)]
    AttestationKey(#[from] validation::KeyError),
    /// Proposals can't be confined as is demanded.
    #[error(transparent)]
    Isolation(#[from] isolation::LaunchError),
    /// The address can't be listened at.
    #[error("can't listen at {address}: {source}; choose another address or a free port (`:0`)")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The address for metrics can't be listened at.
    #[error(
        "can't listen at {address} for scrapers of metrics: {source}; choose another address or a free port (`:0`)"
    )]
    ListenMetrics {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The address for alerts can't be listened at.
    #[error(
        "can't listen at {address} for alerts: {source}; choose another address or a free port (`:0`)"
    )]
    ListenRemediation {
        /// The address.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The network layer broke down.
    #[error("the service broke down: {0}")]
    Transport(#[source] Box<dyn std::error::Error + Send + Sync>),
}
