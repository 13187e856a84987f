//! How fast calls are, beside what else could run them: `make bench`.
//!
//! Every figure is a ratio of two sides that take turns in one process (or one after the other,
//! where one side is a process), because absolute times say more of a machine than of a program.

mod alternate;
mod call;
mod component;
mod figure;
mod grpc;
mod guest;
mod least;
mod memory;
mod metering;
mod restart;
mod service;
mod stats;
mod stock;
mod waiting;

use alternate::Effort;
use anyhow::{Context as _, Result, bail};
use clap::Parser;
use figure::{Figure, Report};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use waiting::On;

/// How fast calls are, beside what else could run them
#[derive(Parser, Debug)]
struct Args {
    /// Measures these figures only; --list names them
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// Measures too little to believe, to see that all of it works
    #[arg(long)]
    quick: bool,
    /// Where the measurements go as JSON
    #[arg(long, value_name = "FILE", default_value = "target/bench.json")]
    json: PathBuf,
    /// Runs only this side of figures that have sides (0 is ours) and compares nothing: for a
    /// profiler
    #[arg(long, value_name = "INDEX")]
    side: Option<usize>,
    /// Names the figures and measures none
    #[arg(long)]
    list: bool,
}

/// Figures that are measured together, and how.
struct Group {
    names: &'static [&'static str],
    measure: fn(Plan) -> Result<Vec<Figure>>,
}

const GROUPS: &[Group] = &[
    Group {
        names: &["call", "call-least"],
        measure: |plan| call::figures(plan.effort(200, 300)),
    },
    Group {
        names: &["component"],
        measure: |plan| component::figure(plan.effort(200, 300)),
    },
    Group {
        names: &["metering"],
        measure: |plan| metering::figure(plan.effort(40, 5)),
    },
    Group {
        names: &["grpc"],
        measure: |plan| grpc::figure(plan.effort(20, 500)),
    },
    Group {
        names: &["restart"],
        measure: |plan| restart::figure(plan.effort(40, 1)),
    },
    Group {
        names: &["waiting-memory", "waiting-neighbours"],
        measure: |plan| waiting::figures(On::Clock, plan.waiting()),
    },
    Group {
        names: &["waiting-stream-memory", "waiting-stream-neighbours"],
        measure: |plan| waiting::figures(On::Stream, plan.waiting()),
    },
];

/// How much is measured.
#[derive(Clone, Copy)]
struct Plan {
    quick: bool,
    side: Option<usize>,
}

impl Plan {
    fn effort(self, rounds: usize, calls: usize) -> Effort {
        let (rounds, calls) = if self.quick {
            (2, calls.div_ceil(20))
        } else {
            (rounds, calls)
        };
        Effort {
            rounds,
            calls,
            side: self.side,
        }
    }

    fn waiting(self) -> waiting::Size {
        let (waiting, calls) = if self.quick {
            (200, 200)
        } else {
            (5_000, 10_000)
        };
        waiting::Size { waiting, calls }
    }
}

fn main() -> ExitCode {
    // The compiler of the guests is confined by this program itself.
    if let Some(code) = isolation::enter_if_asked(&[(validation::ENCODE, validation::run_encode)]) {
        return code;
    }
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    // Some figures start this program again, to be what they compare with.
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((first, [file])) if first == restart::PROCESS => {
            restart::run_precompiled(Path::new(file))
        }
        Some((first, [folder])) if first == restart::SERVICE => restart::serve(Path::new(folder)),
        Some((first, rest)) if first == waiting::PROCESS => waiting::process(rest),
        _ => measure(&Args::parse()),
    }
}

fn measure(args: &Args) -> Result<()> {
    let names = || GROUPS.iter().flat_map(|group| group.names);
    if args.list {
        names().for_each(|name| println!("{name}"));
        return Ok(());
    }
    for name in &args.only {
        if !names().any(|known| known == name) {
            bail!("there is no figure {name:?}: --list names them");
        }
    }
    let wanted = |name: &str| args.only.is_empty() || args.only.iter().any(|only| only == name);
    let mut report = Report {
        quick: args.quick,
        processors: std::thread::available_parallelism()?.get(),
        figures: Vec::new(),
    };
    let plan = Plan {
        quick: args.quick,
        side: args.side,
    };
    for group in GROUPS {
        if group.names.iter().any(|name| wanted(name)) {
            eprintln!("measuring {}", group.names.join(", "));
            let figures = (group.measure)(plan)?;
            let figures = figures.into_iter().filter(|figure| wanted(figure.name));
            report.figures.extend(figures);
        }
    }
    print!("{}", report.table());
    if let Some(folder) = args.json.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(&args.json, serde_json::to_vec_pretty(&report)?)
        .with_context(|| format!("writing {}", args.json.display()))?;
    eprintln!("as JSON: {}", args.json.display());
    Ok(())
}
