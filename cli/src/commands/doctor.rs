//! `wasm-runner doctor`: what this machine has and lacks.

mod machine;

use crate::exit::Exit;
use crate::output::{ACT, BAD, BOLD, DIM, GOOD, WARN, harmless, out, print_json};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use validation::Installation;

/// Says what this machine has and lacks, and which command mends it
///
/// Ends with 1 when something that is required lacks.
#[derive(clap::Args, Debug)]
pub(crate) struct Args {
    /// The service's folder; by default `state` in the installation's
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Serialize)]
struct Check {
    name: String,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    remedy: String,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    /// As it should be.
    Ok,
    /// It works without, but not as well.
    Note,
    /// It does not work without.
    Missing,
}

impl Check {
    fn new(name: &str, state: State, detail: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            state,
            detail: detail.into(),
            remedy: String::new(),
        }
    }

    fn remedy(mut self, remedy: impl Into<String>) -> Self {
        self.remedy = remedy.into();
        self
    }
}

#[derive(Serialize)]
struct Diagnosis {
    /// Nothing that is required lacks.
    ok: bool,
    home: PathBuf,
    checks: Vec<Check>,
    /// The crates that a tool may name, with the version that there is.
    crates: BTreeMap<String, String>,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let home = Installation::locate();
    let data_dir = args.data_dir.clone().unwrap_or_else(|| home.join("state"));
    let mut checks: Vec<Check> = Installation::check(&home)
        .into_iter()
        .map(|check| {
            let state = if check.ok { State::Ok } else { State::Missing };
            Check::new(check.name, state, check.detail).remedy(check.remedy)
        })
        .collect();
    checks.push(machine::data_dir(&data_dir));
    checks.push(machine::key(&data_dir.join("installation.key")));
    checks.push(machine::sandbox());
    checks.push(machine::native_cargo());
    checks.push(machine::pagemap_scan());
    checks.extend(machine::isolation());

    let crates = Installation::open(&home)
        .map(|it| {
            it.allowed
                .into_iter()
                .map(|(name, version)| (name, version.to_string()))
                .collect()
        })
        .unwrap_or_default();
    let ok = checks.iter().all(|check| check.state != State::Missing);
    let diagnosis = Diagnosis {
        ok,
        home,
        checks,
        crates,
    };
    if args.json {
        print_json(&diagnosis)?;
    } else {
        print(&diagnosis)?;
    }
    Ok(if ok { Exit::Success } else { Exit::Failure })
}

fn print(diagnosis: &Diagnosis) -> anyhow::Result<()> {
    let mut out = out();
    writeln!(
        out,
        "{BOLD}wasm-runner {}{BOLD:#}, installation in {}",
        env!("CARGO_PKG_VERSION"),
        diagnosis.home.display()
    )?;
    let width = diagnosis
        .checks
        .iter()
        .map(|check| check.name.chars().count())
        .max()
        .unwrap_or(0);
    for check in &diagnosis.checks {
        let (style, mark) = match check.state {
            State::Ok => (GOOD, "ok  "),
            State::Note => (WARN, "note"),
            State::Missing => (BAD, "no  "),
        };
        writeln!(
            out,
            "{style}{mark}{style:#}  {:<width$}  {}",
            check.name,
            harmless(&check.detail)
        )?;
        if !check.remedy.is_empty() {
            writeln!(
                out,
                "      {:width$}  {ACT}remedy:{ACT:#} {}",
                "", check.remedy
            )?;
        }
    }
    if !diagnosis.crates.is_empty() {
        let names: Vec<_> = diagnosis
            .crates
            .iter()
            .map(|(name, version)| format!("{name} {version}"))
            .collect();
        writeln!(
            out,
            "Crates that a tool may use: {DIM}{}{DIM:#}",
            names.join(", ")
        )?;
    }
    if diagnosis.ok {
        writeln!(out, "{GOOD}All that is required is here.{GOOD:#}")?;
    } else {
        writeln!(
            out,
            "{BAD}Something that is required lacks:{BAD:#} run the remedies from the top."
        )?;
    }
    Ok(())
}
