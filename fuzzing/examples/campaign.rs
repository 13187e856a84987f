//! Runs a campaign over a module and says how fast it was: `campaign FILE.wasm [SECONDS]`.
//!
//! Inputs are any bytes, without a contract: the plain speed of the engine.

use fuzzing::{Bind, Options, Spec, Subject};
use policies::Policy;
use runtime::{Sandbox, SandboxConfig};
use std::time::Duration;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("campaign FILE.wasm [SECONDS]")?;
    let seconds = arguments.next().map_or(Ok(5), |it| it.parse())?;
    let wasm = std::fs::read(file)?;
    let sandbox = Sandbox::new(&SandboxConfig::default())?;
    let policy = Policy::default();
    let tool = sandbox.load(&wasm, &policy.limits)?;
    let bind: Bind<'_> = Box::new(move || Ok((policy.clone(), Box::new(()))));
    let subject = Subject {
        wasm: &wasm,
        tool: &tool,
        bind,
        spec: Spec::default(),
    };
    let mut options = Options::default();
    options.budget.time = Some(Duration::from_secs(seconds));
    let report = fuzzing::fuzz(&subject, &options, &mut |progress| {
        println!("{progress:?}");
    })?;
    println!(
        "{} runs, {:.0} a second, {} instances, {:?} edges, {} inputs kept",
        report.executions,
        report.executions_per_second,
        report.instances,
        report.edges,
        report.corpus.len(),
    );
    if let Some(why) = report.no_coverage {
        println!("without coverage: {why}");
    }
    if let Some(why) = report.not_restored {
        println!("a new instance for each run: {why}");
    }
    for finding in &report.findings {
        println!("{}: {}", finding.rule.id(), finding.message);
    }
    Ok(())
}
