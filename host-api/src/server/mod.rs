//! The service as a whole: what it is made of, how it starts and how it ends.

mod backup;
mod backups;
mod config;
mod data;
mod gather;
mod serve;
mod upkeep;

pub use backup::{BackupError, Restored, back_up, restore};
pub(crate) use backups::LastBackup;
pub use backups::{KeptBackup, back_up_into};
pub use config::ServerConfig;
pub use upkeep::{NewKey, is_served, key_fingerprint, rotate_key, sweep_cache};

use crate::ServerError;
use crate::calls::{Calls, Ceiling, Tools};
use crate::metrics::{Counted, Metrics, Sources};
use crate::pressure::Pressure;
use crate::proposals::{Attesting, Queue, Validate};
use crate::remediation::Circuits;
use crate::store::Store;
use crate::{MemoryGuard, Remediation};
use data::DataDir;
use isolation::{LaunchError, LocalLauncher};
use kbi::{KnowledgeBase, SqliteKnowledgeBase};
use runtime::{CancellationToken, InstallationKey, Sandbox, SandboxConfig};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use validation::{AttestationKey, Contract, Installation, Validator, ValidatorOptions};

/// How long a start waits for tools to be loaded.
const LOADING: Duration = Duration::from_millis(250);

/// The service, to be bound to an address.
pub struct Server;

/// A service that listens, and serves once [`BoundServer::serve`] is called.
pub struct BoundServer {
    listener: TcpListener,
    address: SocketAddr,
    metrics_listener: Option<TcpListener>,
    metrics_address: Option<SocketAddr>,
    remediation_listener: Option<(TcpListener, Remediation)>,
    remediation_address: Option<SocketAddr>,
    metrics: Arc<Metrics>,
    circuits: Arc<Circuits>,
    memory_guard: MemoryGuard,
    pressure: watch::Sender<Pressure>,
    store: Store,
    calls: Arc<Calls>,
    queue: Option<Queue>,
    workers: u32,
    max_message: usize,
    grace: Duration,
    closing: CancellationToken,
    // Last, so that the data folder is given free last.
    data: DataDir,
}

impl Server {
    /// Opens the data folder, sets up the sandbox and listens.
    ///
    /// Blocks for a moment on the disk; call it before there is anything to be kept waiting.
    ///
    /// # Errors
    /// Anything that keeps the service from working; the message says what to do.
    pub async fn bind(config: ServerConfig) -> Result<BoundServer, ServerError> {
        let Some(home) = &config.home else {
            return Self::start(config, |_| None).await;
        };
        let mut installation = Installation::open(home)?;
        if let Some(folder) = &config.advisories {
            installation = installation.with_advisories(folder)?;
        }
        let program = std::env::current_exe().map_err(LaunchError::from)?;
        let launcher = LocalLauncher::new(&program, config.isolation).await?;
        let key = attestation_key(home)?;
        let thresholds = config.thresholds;
        let mut options = ValidatorOptions::default();
        options.mutation_time = config.mutation_time;
        Self::start(config, |ceiling| {
            let ceiling = ceiling.policy().clone();
            let validator = Validator::new(installation.clone(), Arc::new(launcher), ceiling)
                .with_options(options)
                .with_thresholds(thresholds);
            Some(match key {
                Some(key) => Arc::new(Attesting {
                    validator,
                    installation,
                    key,
                }) as Arc<dyn Validate>,
                None => Arc::new(validator),
            })
        })
        .await
    }

    /// The same with another judge of proposals; `config.home` is not looked at.
    ///
    /// # Errors
    /// The same.
    pub async fn bind_with(
        config: ServerConfig,
        validator: Arc<dyn Validate>,
    ) -> Result<BoundServer, ServerError> {
        Self::start(config, |_| Some(validator)).await
    }

    async fn start(
        config: ServerConfig,
        validator: impl FnOnce(&Ceiling) -> Option<Arc<dyn Validate>>,
    ) -> Result<BoundServer, ServerError> {
        // Beside all that follows, so that the first call does not wait for it.
        tokio::task::spawn_blocking(Contract::prepare);
        let data = DataDir::take(&config.data_dir)?;
        let ceiling = Ceiling::new(config.ceiling.clone())
            .map_err(|(grant, source)| ServerError::Ceiling { grant, source })?;
        let kb: Arc<dyn KnowledgeBase> =
            Arc::new(SqliteKnowledgeBase::open(&data.knowledge_base())?);
        let sandbox = Sandbox::new(&sandbox_config(&config, &data, &ceiling)?)?;

        let metrics = Arc::new(Metrics::new());
        let closing = CancellationToken::new();
        let store = Store::new(kb, closing.clone());
        let pressure = watch::Sender::default();
        let queue = validator(&ceiling).map(|validator| {
            Queue::new(
                store.clone(),
                validator,
                config.validation_retries,
                config.max_waiting_validations,
                Arc::clone(&metrics),
                pressure.subscribe(),
                closing.clone(),
            )
        });
        let ceiling = Arc::new(ceiling);
        let tools = Tools::new(
            store.clone(),
            sandbox.clone(),
            Arc::clone(&ceiling),
            config.tool_cache,
            Arc::clone(&metrics),
        );
        let admitted = config
            .max_running_calls
            .max(1)
            .saturating_add(config.max_waiting_calls);
        let circuits = Arc::new(Circuits::default());
        let calls = Arc::new(Calls::new(
            tools,
            ceiling,
            Arc::clone(&circuits),
            admitted,
            closing.clone(),
        ));
        let loading = Arc::clone(&calls);
        let most = config.code_cache;
        let loading = tokio::spawn(async move {
            loading.load_active().await;
            // After it, so that nothing goes that is needed at the next start too.
            drop(tokio::task::spawn_blocking(move || sweep(&sandbox, most)));
        });
        // Whoever finds the service listening finds its tools loaded, unless there are so many
        // that it shall not wait; the rest comes beside the first calls.
        drop(tokio::time::timeout(LOADING, loading).await);

        let address = config.listen;
        let listen = |source| ServerError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (metrics_listener, metrics_address) = match config.metrics_listen {
            Some(address) => {
                let listen = |source| ServerError::ListenMetrics { address, source };
                let listener = TcpListener::bind(address).await.map_err(listen)?;
                let address = listener.local_addr().map_err(listen)?;
                (Some(listener), Some(address))
            }
            None => (None, None),
        };
        let (remediation_listener, remediation_address) = match config.remediation {
            Some(remediation) => {
                let address = remediation.listen;
                let listen = |source| ServerError::ListenRemediation { address, source };
                let listener = TcpListener::bind(address).await.map_err(listen)?;
                let address = listener.local_addr().map_err(listen)?;
                (Some((listener, remediation)), Some(address))
            }
            None => (None, None),
        };
        Ok(BoundServer {
            listener,
            address,
            metrics_listener,
            metrics_address,
            remediation_listener,
            remediation_address,
            metrics,
            circuits,
            memory_guard: config.memory_guard,
            pressure,
            store,
            calls,
            queue,
            workers: config.validation_workers.max(1),
            max_message: usize::try_from(config.max_message.0).unwrap_or(usize::MAX),
            grace: config.grace,
            closing,
            data,
        })
    }
}

impl BoundServer {
    /// Where it listens, with the port that it got.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Where scrapers read metrics, with the port that it got; none where they can't.
    pub fn metrics_addr(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Where alerts come in, with the port that it got; none where they do not.
    pub fn remediation_addr(&self) -> Option<SocketAddr> {
        self.remediation_address
    }

    /// What is looked at when somebody reads the metrics.
    fn sources(&self) -> Sources {
        Sources {
            data_dir: self.data.path().to_owned(),
            knowledge_base: self.data.knowledge_base(),
            compiled: Counted::new(self.data.cache()),
            calls: Arc::clone(&self.calls),
            queue: self.queue.clone(),
            workers: self.workers,
            store: self.store.clone(),
            pressure: self.pressure.subscribe(),
            census: Mutex::default(),
        }
    }

    /// Counts running calls, also after [`Self::serve`] has taken the server.
    pub fn running_calls(&self) -> RunningCalls {
        RunningCalls(Arc::clone(&self.calls))
    }
}

/// Counts the calls that run or wait for their turn.
#[derive(Clone)]
pub struct RunningCalls(Arc<Calls>);

impl RunningCalls {
    /// How many there are now.
    pub fn count(&self) -> u32 {
        self.0.running()
    }
}

/// The installation's key, with which what was validated is vouched for; made if there is none.
/// Where it can't be made, nothing is vouched for, and the service works as well.
fn attestation_key(home: &Path) -> Result<Option<AttestationKey>, ServerError> {
    let path = home.join(AttestationKey::FILE);
    // One that is there and can't be trusted must be looked at.
    if let Some(key) = AttestationKey::load(&path)? {
        return Ok(Some(key));
    }
    let made = AttestationKey::load_or_create(&path);
    if let Err(error) = &made {
        tracing::warn!(%error, "there is no attestation key, so nothing is attested");
    }
    Ok(made.ok())
}

/// Removes compiled code that nobody needs. That it can't costs room and nothing else.
fn sweep(sandbox: &Sandbox, most: policies::Bytes) {
    match sandbox.sweep(most) {
        Ok(swept) => tracing::info!(
            kept = swept.kept,
            kept_bytes = swept.kept_bytes,
            unsigned = swept.unsigned,
            unused = swept.unused,
            "compiled code was swept"
        ),
        Err(error) => tracing::warn!(%error, "compiled code could not be swept"),
    }
}

fn sandbox_config(
    config: &ServerConfig,
    data: &DataDir,
    ceiling: &Ceiling,
) -> Result<SandboxConfig, ServerError> {
    let limits = &ceiling.policy().limits;
    let mut sandbox = SandboxConfig::default();
    sandbox.cache_dir = Some(data.cache());
    sandbox.key = Some(InstallationKey::load_or_create(&data.key())?);
    // Validations run tests and examples, one at a time each.
    sandbox.max_concurrent_calls = config
        .max_running_calls
        .max(1)
        .saturating_add(config.validation_workers.max(1));
    sandbox.max_memory = limits.memory;
    sandbox.max_tables = limits.tables;
    sandbox.max_table_elements = limits.table_elements;
    Ok(sandbox)
}
