//! How fast calls are, beside what else could run them: `make bench`.
//!
//! Every figure is a ratio of two sides that take turns in one process (or one after the other,
//! where one side is a process), because absolute times say more of a machine than of a program.

mod alternate;
mod call;
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
use figure::{Figure, NotBuilt, Reach, Report};
use std::path::{Path, PathBuf};

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
    /// Names the figures and measures none
    #[arg(long)]
    list: bool,
}

/// Figures that are measured together, and how.
struct Group {
    names: &'static [&'static str],
    measure: fn(bool) -> Result<Vec<Figure>>,
}

const GROUPS: &[Group] = &[
    Group {
        names: &["call", "call-least"],
        measure: |quick| call::figures(effort(quick, 60, 300)),
    },
    Group {
        names: &["metering"],
        measure: |quick| metering::figure(effort(quick, 40, 5)),
    },
    Group {
        names: &["grpc"],
        measure: |quick| grpc::figure(effort(quick, 20, 500)),
    },
    Group {
        names: &["restart"],
        measure: |quick| restart::figure(effort(quick, 40, 1)),
    },
    Group {
        names: &["waiting-memory", "waiting-neighbours"],
        measure: |quick| waiting::figures(waiting_size(quick)),
    },
];

fn waiting_size(quick: bool) -> waiting::Size {
    if quick {
        waiting::Size {
            waiting: 200,
            calls: 200,
        }
    } else {
        waiting::Size {
            waiting: 5_000,
            calls: 10_000,
        }
    }
}

fn effort(quick: bool, rounds: usize, calls: usize) -> Effort {
    if quick {
        Effort {
            rounds: 2,
            calls: calls.div_ceil(20),
        }
    } else {
        Effort { rounds, calls }
    }
}

fn not_built() -> Vec<NotBuilt> {
    vec![NotBuilt {
        name: "component",
        what: "a tool component, fresh instance",
        beside: "the same tool as a command",
        reach: Reach::AtMost(2.0),
        why: "the runtime runs commands only so far",
    }]
}

fn main() -> Result<()> {
    // Some figures start this program again, to be what they compare with.
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.split_first() {
        Some((first, [file])) if first == restart::PROCESS => {
            return restart::run_precompiled(Path::new(file));
        }
        Some((first, rest)) if first == waiting::PROCESS => return waiting::process(rest),
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
        not_built: if args.only.is_empty() {
            not_built()
        } else {
            Vec::new()
        },
    };
    for group in GROUPS {
        if group.names.iter().any(|name| wanted(name)) {
            eprintln!("measuring {}", group.names.join(", "));
            let figures = (group.measure)(args.quick)?;
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
