//! One isolated call of a tool as a component, beside the same tool as a command.

use crate::alternate::{Compared, Effort, Side, alternate};
use crate::call::{load, policy, timed};
use crate::figure::{Figure, Reach};
use crate::guest;
use anyhow::{Result, ensure};
use runtime::{Call, CancellationToken, Outcome, Tool};
use validation::Form;

pub(crate) fn figure(effort: Effort) -> Result<Vec<Figure>> {
    let guests = [Form::Component, Form::Command].map(guest::orders_tool);
    let [component, command] = guests;
    let (component, command) = (component?, command?);
    let runtime = tokio::runtime::Runtime::new()?;
    let tools = [load(&component.wasm)?, load(&command.wasm)?];
    let (policy, input) = (policy(), guest::order());
    let cancel = CancellationToken::new();
    let call = || Call {
        args: Vec::new(),
        env: Vec::new(),
        input: input.clone(),
        live_input: None,
        policy: policy.clone(),
        cancel: cancel.clone(),
        live: None,
    };
    let once = async |tool: &Tool| {
        let execution = tool.run(call()).await;
        ensure!(execution.outcome == Outcome::Success, "{execution:?}");
        Ok(execution.output)
    };
    let mut notes = Vec::new();
    for (what, tool, wasm) in [
        ("component", &tools[0], &component.wasm),
        ("command", &tools[1], &command.wasm),
    ] {
        let usage = runtime.block_on(tool.run(call())).usage;
        notes.push(format!(
            "{what} of {} KiB, {} units of fuel, {} calls into the host, {} KiB of memory",
            wasm.len() / 1024,
            usage.fuel,
            usage.host_calls,
            usage.peak_memory / 1024
        ));
    }
    let [ref component, ref command] = tools;
    let Compared { sides, ratios } = alternate(
        effort,
        vec![
            Side::new("component", |calls| {
                timed(&runtime, calls, async || once(component).await)
            }),
            Side::new("command", |calls| {
                timed(&runtime, calls, async || once(command).await)
            }),
        ],
    )?;
    let reach = Reach::AtMost(2.0);
    Ok(vec![Figure {
        name: "component",
        what: "one isolated call of a tool component: fresh instance, all limits on",
        beside: "the same tool as a command",
        unit: "µs",
        sides,
        ratio: ratios[0],
        met: reach.met_by(ratios[0]),
        reach,
        notes,
    }])
}
