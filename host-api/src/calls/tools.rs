//! Tools that are ready to be called, kept in memory.

use super::policy::Ceiling;
use crate::metrics::{Metrics, ToolMetrics};
use crate::status;
use crate::store::Store;
use kbi::{ActiveTool, Digest, Filter, PageRequest, ProposalId, State};
use policies::{Bytes, Limits, Policy};
use runtime::{LoadError, Occupancy, Sandbox, Tool};
use semver::Version;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::OnceCell;
use tonic::Status;
use validation::Contract;

/// How many answers to "which version is active" are kept.
const MAX_ANSWERS: usize = 4096;

/// An active tool, ready to be called.
pub(crate) struct Loaded {
    pub(crate) active: ActiveTool,
    pub(crate) code: Arc<Code>,
    /// What a call may do that asks for nothing else: worked out once, not by every call.
    pub(crate) policy: Policy,
    /// Version and digest as answers have them.
    pub(crate) version: String,
    pub(crate) digest: String,
    /// Where its calls are counted.
    pub(crate) metrics: Arc<ToolMetrics>,
}

/// Its module and schemas, compiled. They belong to a proposal and never change.
pub(crate) struct Code {
    pub(crate) tool: Tool,
    pub(crate) contract: Contract,
}

/// A tool as a call names it.
type Asked = (String, Option<Version>);

/// Finds, loads and keeps tools.
pub(crate) struct Tools {
    store: Store,
    sandbox: Sandbox,
    ceiling: Arc<Ceiling>,
    /// What the knowledge base answered, with the number of moves before it was asked: after any
    /// further move it is asked again, so that a version that was withdrawn stops at once.
    answers: Mutex<HashMap<Asked, (u64, Arc<Loaded>)>>,
    kept: Mutex<Kept>,
    pub(crate) metrics: Arc<Metrics>,
}

/// Compiled code by proposal, the least recently used out first.
struct Kept {
    entries: HashMap<ProposalId, Entry>,
    /// Bytes of modules that may be kept; the code compiled from them is a few times larger.
    capacity: u64,
    clock: u64,
}

struct Entry {
    /// Filled once, however many calls want it at the same time.
    code: Arc<OnceCell<Arc<Code>>>,
    module_bytes: u64,
    used: u64,
}

impl Tools {
    pub(crate) fn new(
        store: Store,
        sandbox: Sandbox,
        ceiling: Arc<Ceiling>,
        capacity: Bytes,
        metrics: Arc<Metrics>,
    ) -> Self {
        Self {
            store,
            sandbox,
            ceiling,
            answers: Mutex::default(),
            kept: Mutex::new(Kept {
                entries: HashMap::new(),
                capacity: capacity.0,
                clock: 0,
            }),
            metrics,
        }
    }

    /// What runs hold of the sandbox.
    pub(crate) fn occupancy(&self) -> Occupancy {
        self.sandbox.occupancy()
    }

    /// How many tools are kept in memory, and the size of their modules.
    pub(crate) fn loaded(&self) -> (usize, u64) {
        let kept = lock(&self.kept);
        (kept.entries.len(), kept.total())
    }

    /// The tool that answers to this name and version now.
    pub(crate) async fn find(
        &self,
        name: &str,
        version: Option<Version>,
    ) -> Result<Arc<Loaded>, Status> {
        let key = (name.to_owned(), version);
        // Before the knowledge base is asked: a move that comes between makes the answer old.
        let moves = self.store.move_count();
        if let Some((asked, loaded)) = lock(&self.answers).get(&key)
            && *asked == moves
        {
            self.metrics.calls.from_answer.inc();
            return Ok(Arc::clone(loaded));
        }
        let asked = key.clone();
        let active = self
            .store
            .read(move |kb| kb.active(&asked.0, asked.1.as_ref()))
            .await?;
        let code = self.code(&active).await?;
        let loaded = Arc::new(Loaded {
            policy: self.ceiling.for_call(&active.grant, None)?,
            version: active.version.to_string(),
            digest: active.artifact.to_string(),
            metrics: self.metrics.calls.tool(&active.name),
            active,
            code,
        });
        let mut answers = lock(&self.answers);
        if answers.len() >= MAX_ANSWERS {
            answers.clear();
        }
        answers.insert(key, (moves, Arc::clone(&loaded)));
        Ok(loaded)
    }

    /// The compiled module and schemas.
    async fn code(&self, active: &ActiveTool) -> Result<Arc<Code>, Status> {
        let id = active.proposal_id;
        let cell = lock(&self.kept).entry(id);
        if cell.initialized() {
            self.metrics.calls.from_memory.inc();
        }
        let result = cell.get_or_try_init(|| self.load(active)).await.cloned();
        if result.is_err() {
            // What failed is tried again by the next call.
            lock(&self.kept).entries.remove(&id);
        }
        result
    }

    #[tracing::instrument(skip_all, fields(tool = %active.name, version = %active.version))]
    async fn load(&self, active: &ActiveTool) -> Result<Arc<Code>, Status> {
        let digest = active.artifact;
        let limits = self.ceiling.policy().limits;
        // Code that was compiled before needs no module: neither read, nor hashed, nor compiled.
        let sandbox = self.sandbox.clone();
        let manifest = active.manifest.clone();
        let (recalled, contract) = tokio::task::spawn_blocking(move || {
            let contract = Contract::new(&manifest)
                .map_err(|error| status::internal("compiling the tool's schemas", &error))?;
            let tool = sandbox.recall(&digest, &limits);
            Ok::<_, Status>((tool.map_err(|error| unloadable(&error))?, contract))
        })
        .await
        .map_err(|error| status::internal("loading the tool", &error))??;
        let tool = if let Some(tool) = recalled {
            self.metrics.calls.from_disk.inc();
            tool
        } else {
            self.metrics.calls.compiled.inc();
            self.compile(digest, limits).await?
        };
        lock(&self.kept).weigh(active.proposal_id, tool.module_bytes());
        Ok(Arc::new(Code { tool, contract }))
    }

    async fn compile(&self, digest: Digest, limits: Limits) -> Result<Tool, Status> {
        let module = self.store.read(move |kb| kb.artifact(&digest)).await?;
        let sandbox = self.sandbox.clone();
        tokio::task::spawn_blocking(move || sandbox.load(&module, &limits))
            .await
            .map_err(|error| status::internal("compiling the tool", &error))?
            .map_err(|error| unloadable(&error))
    }

    /// Loads what is active, one tool after the other, so that the first call of each after a
    /// start finds it there. Ends early when what may be kept is full. What can't be loaded is
    /// told to whoever calls it.
    pub(crate) async fn load_active(&self) {
        let mut page = PageRequest::default();
        loop {
            let filter = Filter {
                states: vec![State::Active],
                ..Filter::default()
            };
            let asked = page.clone();
            let listed = self.store.read(move |kb| kb.list(&filter, &asked)).await;
            let Ok(listed) = listed else { return };
            for record in listed.items {
                if lock(&self.kept).is_full() {
                    return;
                }
                drop(self.find(&record.name, Some(record.version)).await);
                drop(self.find(&record.name, None).await);
            }
            match listed.next {
                Some(next) => page.after = Some(next),
                None => return,
            }
        }
    }
}

impl Kept {
    fn entry(&mut self, id: ProposalId) -> Arc<OnceCell<Arc<Code>>> {
        self.clock += 1;
        let clock = self.clock;
        let entry = self.entries.entry(id).or_insert_with(|| Entry {
            code: Arc::default(),
            module_bytes: 0,
            used: clock,
        });
        entry.used = clock;
        Arc::clone(&entry.code)
    }

    fn total(&self) -> u64 {
        self.entries.values().map(|entry| entry.module_bytes).sum()
    }

    fn is_full(&self) -> bool {
        self.total() >= self.capacity
    }

    /// Notes the size of a module, and makes room for it.
    fn weigh(&mut self, id: ProposalId, module_bytes: u64) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.module_bytes = module_bytes;
        }
        loop {
            let total = self.total();
            let oldest = self
                .entries
                .iter()
                // What is being loaded has no weight yet, and would be loaded twice.
                .filter(|(other, entry)| **other != id && entry.module_bytes > 0)
                .min_by_key(|(_, entry)| entry.used)
                .map(|(other, _)| *other);
            match oldest {
                Some(oldest) if total > self.capacity => self.entries.remove(&oldest),
                _ => return,
            };
        }
    }
}

/// A tool that was accepted and can't be loaded: by the operator's will, or by accident.
fn unloadable(error: &LoadError) -> Status {
    match error {
        LoadError::TooLarge { .. } | LoadError::TooDemanding { .. } => status::precondition(
            "OPERATOR_CEILING",
            "module",
            &format!("the tool was accepted, but may not be called any more: {error}"),
        ),
        other => status::internal("loading the tool", other),
    }
}

/// The data behind a lock is whole at every step, so a panic elsewhere does not spoil it.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn kept(capacity: u64) -> Kept {
        Kept {
            entries: HashMap::new(),
            capacity,
            clock: 0,
        }
    }

    fn ids(kept: &Kept) -> Vec<u128> {
        let mut ids: Vec<u128> = kept
            .entries
            .keys()
            .map(|id| id.as_uuid().as_u128())
            .collect();
        ids.sort_unstable();
        ids
    }

    #[test]
    fn the_least_recently_used_makes_room() {
        let id = |n| ProposalId::from(Uuid::from_u128(n));
        let mut kept = kept(30);
        for n in 1..=3 {
            kept.entry(id(n));
            kept.weigh(id(n), 10);
        }
        assert_eq!(ids(&kept), [1, 2, 3], "exactly full");
        kept.entry(id(1));
        kept.entry(id(4));
        kept.weigh(id(4), 1);
        assert_eq!(ids(&kept), [1, 3, 4], "one byte too many");
        kept.entry(id(5));
        kept.weigh(id(5), 100);
        assert_eq!(ids(&kept), [5], "what is wanted now is kept, however large");
    }
}
