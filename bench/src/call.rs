//! One isolated call: the runtime's own, beside the stock embedding and the least possible.

use crate::alternate::{Compared, Effort, Side, alternate};
use crate::figure::{Figure, Reach};
use crate::guest::{self, SUMS};
use crate::least::Least;
use crate::stats::micros;
use crate::stock::Stock;
use anyhow::{Result, ensure};
use policies::Policy;
use runtime::{Call, CancellationToken, Outcome, Sandbox, SandboxConfig, Tool};
use std::time::Instant;

/// A tool in a sandbox with the defaults.
pub(crate) fn load(wasm: &[u8]) -> Result<Tool> {
    Ok(Sandbox::new(&SandboxConfig::default())?.load(wasm, &policy().limits)?)
}

/// What tools that only compute are granted.
pub(crate) fn policy() -> Policy {
    Policy::preset("pure").expect("a preset that ships with the crate")
}

/// Runs something so many times and says how many microseconds each took.
pub(crate) fn timed(
    runtime: &tokio::runtime::Runtime,
    calls: usize,
    mut once: impl AsyncFnMut() -> Result<Vec<u8>>,
) -> Result<Vec<f64>> {
    runtime.block_on(async {
        let mut times = Vec::with_capacity(calls);
        for _ in 0..calls {
            let begin = Instant::now();
            let output = once().await?;
            times.push(micros(begin.elapsed()));
            ensure!(output.trim_ascii_end() == SUMS, "another answer");
        }
        Ok(times)
    })
}

pub(crate) fn figures(effort: Effort) -> Result<Vec<Figure>> {
    let guest = guest::orders()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let policy = policy();
    let tool = load(&guest.wasm)?;
    let stock = Stock::new(&guest.wasm, true)?;
    let least = Least::new(&guest.wasm, true)?;
    let input = guest::order();

    // As the service calls tools: one token calls all of them off.
    let cancel = CancellationToken::new();
    let ours = async || {
        let call = Call {
            args: Vec::new(),
            env: Vec::new(),
            input: input.clone(),
            live_input: None,
            policy: policy.clone(),
            cancel: cancel.clone(),
            live: None,
        };
        let execution = tool.run(call).await;
        ensure!(execution.outcome == Outcome::Success, "{execution:?}");
        Ok(execution.output)
    };
    let first = runtime.block_on(tool.run(Call::new(policy.clone()).with_input(input.clone())));
    let usage = first.usage;
    let compared = alternate(
        effort,
        vec![
            Side::new("runtime", |calls| timed(&runtime, calls, ours)),
            Side::new("stock embedding", |calls| {
                timed(&runtime, calls, async || {
                    Ok(stock.run(input.clone()).await?.0)
                })
            }),
            Side::new("least possible", |calls| {
                timed(&runtime, calls, async || least.run(input.clone()))
            }),
        ],
    )?;
    let Compared { sides, ratios } = compared;
    let notes = vec![format!(
        "{} of {} KiB, {} units of fuel, {} calls into the host, {} KiB of memory; all three \
         sides with fuel on",
        guest.name,
        guest.wasm.len() / 1024,
        usage.fuel,
        usage.host_calls,
        usage.peak_memory / 1024
    )];
    let figure = |name, beside, theirs: usize, reach: Reach, notes| Figure {
        name,
        what: "one isolated call of a Rust JSON tool: fresh instance, all limits on",
        beside,
        unit: "µs",
        sides: vec![sides[0].clone(), sides[theirs].clone()],
        ratio: ratios[theirs - 1],
        met: reach.met_by(ratios[theirs - 1]),
        reach,
        notes,
    };
    Ok(vec![
        figure(
            "call",
            "wasmtime-wasi's preview 1, pipes in memory, the pool as it is by default",
            1,
            Reach::AtMost(0.40),
            notes,
        ),
        figure(
            "call-least",
            "hand-written host functions, best settings of the pool, no limit but fuel",
            2,
            Reach::AtMost(1.15),
            Vec::new(),
        ),
    ])
}
