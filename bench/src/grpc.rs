//! ExecuteTool over gRPC with 64 calls in flight, beside a bare tonic service that answers the
//! same messages without doing anything.

use crate::alternate::{Compared, Effort, Side, alternate};
use crate::figure::{Figure, Reach, number};
use crate::guest;
use crate::service::{Caller, Running, bind, caller, check, plant, request};
use crate::stats::{Summary, micros};
use anyhow::Result;
use futures::stream::{Empty, empty};
use host_api::proto::execution_service_server::{ExecutionService, ExecutionServiceServer};
use host_api::proto::{ExecuteToolRequest, ExecuteToolResponse, ExecuteToolStreamResponse};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

const IN_FLIGHT: usize = 64;

/// Answers every call with what the tool answered once.
struct Echo(ExecuteToolResponse);

#[tonic::async_trait]
impl ExecutionService for Echo {
    async fn execute_tool(
        &self,
        _: Request<ExecuteToolRequest>,
    ) -> Result<Response<ExecuteToolResponse>, Status> {
        Ok(Response::new(self.0.clone()))
    }

    type ExecuteToolStreamStream = Empty<Result<ExecuteToolStreamResponse, Status>>;

    async fn execute_tool_stream(
        &self,
        _: Request<ExecuteToolRequest>,
    ) -> Result<Response<Self::ExecuteToolStreamStream>, Status> {
        Ok(Response::new(empty()))
    }
}

/// A server with nothing but that service; it ends with the process.
async fn echo(answer: ExecuteToolResponse) -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
    tokio::spawn(
        tonic::transport::Server::builder()
            .add_service(ExecutionServiceServer::new(Echo(answer)))
            .serve_with_incoming(incoming),
    );
    Ok(address)
}

/// Calls for a while, 64 at a time; gives the calls in a second, and adds what each took.
async fn rate(caller: &Caller, time: Duration, times: &mut Vec<f64>) -> Result<f64> {
    let begin = Instant::now();
    let end = begin + time;
    let mut tasks = JoinSet::new();
    // Made once: to put JSON together is no part of a call.
    let request = request();
    for _ in 0..IN_FLIGHT {
        let mut caller = caller.clone();
        let request = request.clone();
        tasks.spawn(async move {
            let mut times = Vec::new();
            while Instant::now() < end {
                let begin = Instant::now();
                let response = caller.execute_tool(request.clone()).await?;
                times.push(micros(begin.elapsed()));
                check(response.get_ref())?;
            }
            anyhow::Ok(times)
        });
    }
    let before = times.len();
    while let Some(result) = tasks.join_next().await {
        times.extend(result??);
    }
    let calls = u32::try_from(times.len() - before)?;
    Ok(f64::from(calls) / begin.elapsed().as_secs_f64())
}

/// Each round gives each side as many milliseconds as `effort` says calls.
pub(crate) fn figure(effort: Effort) -> Result<Vec<Figure>> {
    let guest = guest::orders()?;
    let data = tempfile::tempdir()?;
    plant(data.path(), &guest)?;
    let runtime = tokio::runtime::Runtime::new()?;
    let (service, ours, theirs) = runtime.block_on(async {
        let service = Running::start(bind(data.path()).await?);
        let mut ours = caller(service.address).await?;
        let answer = ours.execute_tool(request()).await?.into_inner();
        check(&answer)?;
        let theirs = caller(echo(answer).await?).await?;
        anyhow::Ok((service, ours, theirs))
    })?;
    let mut latencies = [Vec::new(), Vec::new()];
    let [our_times, their_times] = &mut latencies;
    let turn = |caller, millis: usize, times: &mut Vec<f64>| {
        let time = Duration::from_millis(millis as u64);
        let rate = runtime.block_on(rate(caller, time, times))?;
        anyhow::Ok(vec![rate])
    };
    let Compared { sides, ratios } = alternate(
        effort,
        vec![
            Side::new("ExecuteTool", |millis| turn(&ours, millis, our_times)),
            Side::new("bare tonic", |millis| turn(&theirs, millis, their_times)),
        ],
    )?;
    drop((ours, theirs));
    runtime.block_on(service.stop())?;
    let notes = latencies.into_iter().zip(&sides).map(|(times, side)| {
        let summary = Summary::new("", times);
        format!(
            "{}: a call took {} µs in the median, p99 {} µs",
            side.name,
            number(summary.median),
            number(summary.p99)
        )
    });
    let reach = Reach::AtLeast(0.75);
    Ok(vec![Figure {
        name: "grpc",
        what: "ExecuteTool over gRPC, 64 calls in flight on one connection",
        beside: "a bare tonic service that answers the same messages at once; callers and \
                 services in this process",
        unit: "calls/s",
        notes: notes.collect(),
        sides,
        ratio: ratios[0],
        met: reach.met_by(ratios[0]),
        reach,
    }])
}
