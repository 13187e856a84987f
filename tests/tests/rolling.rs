//! Two hosts that know the same tools, a client that asks them in turn, and restarts under load.

mod common;

use common::Service;
use common::seeded::{kind, lay_out, request};
use host_api::client::{Resilient, set_up};
use host_api::proto::execution_service_client::ExecutionServiceClient;
use host_api::proto::knowledge_service_client::KnowledgeServiceClient;
use host_api::proto::{ListToolsRequest, OutcomeKind};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tonic::Status;
use tonic::transport::Endpoint;

/// Longer than anything here takes: whoever waits so long waits for ever.
const LONG: Duration = Duration::from_mins(1);
/// Who asks at the same time.
const CALLERS: usize = 8;
/// So many answers are seen in each state of the hosts.
const ENOUGH: u64 = 300;

/// A host that can come back where it was.
struct Host {
    data: PathBuf,
    ceiling: PathBuf,
    address: String,
    service: Option<Service>,
}

impl Host {
    fn start(folder: &Path, name: &str) -> Self {
        let data = folder.join(name);
        let ceiling = lay_out(&data, &[], []);
        let service = Service::calling(&data, &ceiling, log(&data));
        let address = service.url.trim_start_matches("http://").to_owned();
        Self {
            data,
            ceiling,
            address,
            service: Some(service),
        }
    }

    fn again(&mut self) {
        let log = log(&self.data);
        let service = Service::calling_at(&self.address, &self.data, &self.ceiling, log);
        self.service = Some(service);
    }

    fn running(&mut self) -> Service {
        self.service.take().expect("it runs")
    }
}

fn log(data: &Path) -> File {
    let mut options = File::options();
    let opened = options.create(true).append(true).open(data.join("log"));
    opened.expect("a log")
}

fn way<'a>(hosts: impl IntoIterator<Item = &'a Host>) -> Resilient {
    Resilient::new(hosts.into_iter().map(|host| {
        let endpoint = Endpoint::from_shared(format!("http://{}", host.address));
        set_up(endpoint.expect("an address")).connect_lazy()
    }))
}

/// Callers that ask without a pause until they are told to end.
struct Load {
    answered: Arc<AtomicU64>,
    end: Arc<AtomicBool>,
    callers: JoinSet<Vec<Status>>,
}

impl Load {
    /// `ask` once, again and again; failures are kept.
    fn new<A, F>(ask: A) -> Self
    where
        A: Fn() -> F + Clone + Send + 'static,
        F: Future<Output = Result<(), Status>> + Send,
    {
        let (answered, end) = (Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            let (ask, answered, end) = (ask.clone(), Arc::clone(&answered), Arc::clone(&end));
            callers.spawn(async move {
                let mut failures = Vec::new();
                while !end.load(Ordering::Relaxed) {
                    match ask().await {
                        Ok(()) => drop(answered.fetch_add(1, Ordering::Relaxed)),
                        Err(status) => failures.push(status),
                    }
                }
                failures
            });
        }
        Self {
            answered,
            end,
            callers,
        }
    }

    /// Waits for so many answers more.
    async fn goes_on(&self) {
        let wanted = self.answered.load(Ordering::Relaxed) + ENOUGH;
        let wait = async {
            while self.answered.load(Ordering::Relaxed) < wanted {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(LONG, wait).await.expect("answers");
    }

    /// What failed.
    async fn end(self) -> Vec<Status> {
        self.end.store(true, Ordering::Relaxed);
        self.callers
            .join_all()
            .await
            .into_iter()
            .flatten()
            .collect()
    }
}

fn calls(way: &Resilient) -> Load {
    let client = ExecutionServiceClient::new(way.clone());
    Load::new(move || {
        let mut client = client.clone();
        async move {
            let answer = client.execute_tool(request("echo", "[1, 2]")).await?;
            let execution = answer.into_inner().execution.expect("an execution");
            assert_eq!(kind(&execution), OutcomeKind::Success);
            assert_eq!(&execution.output[..], b"[1, 2]");
            Ok(())
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn hosts_are_restarted_one_after_the_other_under_load_and_no_call_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut hosts = ["a", "b"].map(|name| Host::start(folder.path(), name));
    let load = calls(&way(&hosts));
    load.goes_on().await;
    for number in [0, 1] {
        let host = &mut hosts[number];
        let service = host.running();
        // SIGTERM: it ends once what runs is answered, and only then.
        tokio::task::spawn_blocking(move || service.stop())
            .await
            .expect("it ended well");
        load.goes_on().await;
        host.again();
        load.goes_on().await;
        // The other one may only go when this one answers.
        let mut alone = ExecutionServiceClient::new(way([&*host]));
        alone
            .execute_tool(request("echo", "1"))
            .await
            .expect("it is back");
    }
    let failures = load.end().await;
    assert!(failures.is_empty(), "{failures:?}");
    for mut host in hosts {
        host.running().stop();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_killed_takes_the_calls_that_it_had_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut hosts = ["a", "b"].map(|name| Host::start(folder.path(), name));
    let way = way(&hosts);
    let asks = KnowledgeServiceClient::new(way.clone());
    let questions = Load::new(move || {
        let mut client = asks.clone();
        async move {
            let list = ListToolsRequest::default();
            client.list_tools(list).await.map(drop)
        }
    });
    let load = calls(&way);
    load.goes_on().await;
    questions.goes_on().await;
    for number in [0, 1] {
        hosts[number].running().kill();
        load.goes_on().await;
        questions.goes_on().await;
        hosts[number].again();
        load.goes_on().await;
        let mut alone = ExecutionServiceClient::new(self::way([&hosts[number]]));
        alone
            .execute_tool(request("echo", "1"))
            .await
            .expect("it is back");
    }
    // A call may have been done, so it is not made twice; a question is asked again.
    let failures = load.end().await;
    assert!(failures.len() <= 2 * CALLERS, "{failures:?}");
    let failures = questions.end().await;
    assert!(failures.is_empty(), "{failures:?}");
}
