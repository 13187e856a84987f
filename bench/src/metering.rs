//! A guest that only works, with fuel and deadline on, beside the same without any metering.

use crate::alternate::{Compared, Effort, Side, alternate};
use crate::call::{load, policy};
use crate::figure::{Figure, Reach};
use crate::guest;
use crate::stats::micros;
use crate::stock::Stock;
use anyhow::{Result, ensure};
use policies::{Fuel, WallTime};
use runtime::{Call, Outcome};
use std::time::Instant;

/// Milliseconds of work: what surrounds a call does not matter beside it.
const STEPS: &[u8] = b"5000000";

pub(crate) fn figure(effort: Effort) -> Result<Vec<Figure>> {
    let guest = guest::spin()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let mut policy = policy();
    policy.limits.fuel = Fuel(1 << 50);
    policy.limits.wall_time = WallTime::secs(60);
    let tool = load(&guest.wasm)?;
    let stock = Stock::new(&guest.wasm, false)?;
    let mut fuel = 0;
    let Compared { sides, ratios } = alternate(
        effort,
        vec![
            Side::new("fuel and deadline", |calls| {
                let mut times = Vec::new();
                for _ in 0..calls {
                    let call = Call::new(policy.clone()).with_input(STEPS);
                    let begin = Instant::now();
                    let execution = runtime.block_on(tool.run(call));
                    times.push(micros(begin.elapsed()));
                    ensure!(execution.outcome == Outcome::Success, "{execution:?}");
                    fuel = execution.usage.fuel;
                }
                Ok(times)
            }),
            Side::new("unmetered", |calls| {
                let mut times = Vec::new();
                for _ in 0..calls {
                    let begin = Instant::now();
                    runtime.block_on(stock.run(STEPS.to_vec()))?;
                    times.push(micros(begin.elapsed()));
                }
                Ok(times)
            }),
        ],
    )?;
    let reach = Reach::AtMost(1.10);
    Ok(vec![Figure {
        name: "metering",
        what: "a guest that only works, with fuel and deadline on",
        beside: "the stock embedding without any metering",
        unit: "µs",
        sides,
        ratio: ratios[0],
        met: reach.met_by(ratios[0]),
        reach,
        notes: vec![format!("{fuel} units of fuel")],
    }])
}
