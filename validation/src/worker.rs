//! The confined process in which a module is inspected, compiled and run, seen from both sides.
//!
//! The request lies in a folder that is the process's own; it answers line by line on its
//! standard output, each line a [`Line`]. What it says is data from a process that ran hostile
//! code: it is bounded, parsed, and concerns this one proposal only.

mod inside;
mod outside;

pub use inside::judge as run_judge;
pub(crate) use outside::judge;

use crate::changes::Compared;
use crate::judge::Reached;
use crate::{
    CallBudget, Manifest, Measured, Previous, Progress, ProposedTool, TestProgram, ValidatorOptions,
};
use policies::Policy;
use serde::{Deserialize, Serialize};

/// The name of the role that the launcher's program must have: [`run_judge`].
pub const JUDGE: &str = "judge";

/// The request's file; the modules are beside it, by number.
const REQUEST: &str = "request.json";
const MODULE: &str = "module.wasm";
/// The same compiled to be looked into; its tests are beside it, by number.
const MEASURED: &str = "measured.wasm";

fn measured_test(number: usize) -> String {
    format!("measured-{number}.wasm")
}
const REFERENCE: &str = "reference.wasm";
const PREVIOUS: &str = "previous.wasm";

/// What is to be judged.
pub(crate) struct Request<'a> {
    pub(crate) proposal: &'a ProposedTool,
    pub(crate) ceiling: &'a Policy,
    pub(crate) options: &'a ValidatorOptions,
    pub(crate) module: &'a [u8],
    pub(crate) tests: &'a [TestProgram],
    pub(crate) measured: Option<&'a Measured>,
    /// The second implementation that it brings.
    pub(crate) reference: Option<&'a [u8]>,
    /// What its package promises that a call needs at most.
    pub(crate) budget: CallBudget,
    /// The version that it is compared with.
    pub(crate) previous: Option<&'a Previous>,
}

/// The same as it is written down.
#[derive(Serialize, Deserialize)]
struct Written {
    proposal: ProposedTool,
    ceiling: Policy,
    options: ValidatorOptions,
    /// Names of the programs with tests, whose modules are `0.wasm` and so on.
    tests: Vec<String>,
    /// Of what was compiled to be looked into: its root, and the names of the programs with tests.
    measured: Option<(String, Vec<String>)>,
    /// Whether a second implementation lies there.
    #[serde(default)]
    reference: bool,
    #[serde(default)]
    budget: CallBudget,
    /// The version before, if its module lies there.
    #[serde(default)]
    previous: Option<WrittenPrevious>,
}

/// The version before, as it is written down.
#[derive(Serialize, Deserialize)]
struct WrittenPrevious {
    label: String,
    version: Option<semver::Version>,
    manifest: Option<Manifest>,
}

/// What the process says.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    /// As the stages go on; reports of stages that ended are taken from here.
    Progress(Progress),
    /// All is done.
    Done {
        manifest: Option<Box<Manifest>>,
        grant: Box<Policy>,
        #[serde(default)]
        reached: Reached,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        compared: Option<Box<Compared>>,
    },
    /// The machine could not do its part.
    Failed { doing: String, reason: String },
}

/// Whether that is a line that a judge can say; for the fuzz targets, which know no more of it.
#[doc(hidden)]
#[must_use]
pub fn is_judges_line(line: &[u8]) -> bool {
    serde_json::from_slice::<Line>(line).is_ok()
}
