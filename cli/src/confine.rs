//! The process in which proposals are built and judged: this same program, confined.

use crate::problem::Problem;
use clap::ValueEnum;
use isolation::{LaunchError, LocalLauncher, Roles};
use std::sync::Arc;

/// What a confined process can do, beside starting other programs.
pub(crate) const ROLES: Roles<'static> = &[
    (validation::ENCODE, validation::run_encode),
    (validation::JUDGE, validation::run_judge),
];

/// How much confinement is demanded.
#[derive(clap::Args, Clone, Copy, Debug)]
#[group(skip)]
pub(crate) struct Args {
    /// What to do where the machine can't confine builds and trial runs as it should
    #[arg(
        long,
        value_name = "WHAT",
        env = "WASM_RUNNER_ISOLATION",
        hide_env_values = true,
        default_value = "require"
    )]
    isolation: Isolation,
}

/// What to do where the machine lacks something.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Isolation {
    /// Refuse to go on; `doctor` says what is missing
    Require,
    /// Go on with what there is
    BestEffort,
}

impl Args {
    pub(crate) fn isolation(self) -> isolation::Isolation {
        match self.isolation {
            Isolation::Require => isolation::Isolation::Require,
            Isolation::BestEffort => isolation::Isolation::BestEffort,
        }
    }

    /// Starts what builds and judges proposals.
    pub(crate) async fn launcher(self) -> Result<Arc<LocalLauncher>, Problem> {
        let started = match std::env::current_exe() {
            Ok(program) => LocalLauncher::new(&program, self.isolation()).await,
            Err(error) => Err(LaunchError::from(error)),
        };
        started
            .map(Arc::new)
            .map_err(|error| Problem::told(error, "builds can't be confined"))
    }
}
