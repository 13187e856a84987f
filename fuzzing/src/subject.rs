//! What is fuzzed, and what is said of it.

use policies::Policy;
use runtime::Tool;
use serde_json::Value;
use std::any::Any;
use std::io;

/// What goes in and what comes out, as a tool's contract says it.
pub trait Contract: Send + Sync {
    /// Checks an input.
    ///
    /// # Errors
    /// Where and why it does not fit.
    fn check_input(&self, value: &Value) -> Result<(), String>;

    /// Whether an input fits, without saying where it does not: asked for each run.
    fn allows_input(&self, value: &Value) -> bool {
        self.check_input(value).is_ok()
    }

    /// Checks an output.
    ///
    /// # Errors
    /// Where and why it does not fit.
    fn check_output(&self, value: &Value) -> Result<(), String>;
}

/// What a tool's manifest promises for any valid input.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a question of its own"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Promises {
    /// The same input gives the same output, whatever the clock and the randomness.
    pub deterministic: bool,
    /// The output, given as input, gives itself.
    pub idempotent: bool,
    /// No input that fits the schema is refused.
    pub total: bool,
    /// The order of the elements of the input's arrays does not matter to the output.
    pub order_insensitive: bool,
}

/// What is known of a tool beside its module. Without a contract, inputs are any bytes, and
/// only what no program may do is looked for.
#[derive(Default)]
#[non_exhaustive]
pub struct Spec {
    /// Its two schemas, ready to check values.
    pub contract: Option<Box<dyn Contract>>,
    /// JSON Schema 2020-12 of the input, from which inputs are made.
    pub input_schema: Option<Value>,
    /// What it promises.
    pub promises: Promises,
    /// Inputs to begin with: examples, inputs of tests, the corpus of a version before.
    pub seeds: Vec<Vec<u8>>,
    /// Whether it asked for the real clock, or real randomness: then its output may follow them.
    pub may_vary: bool,
    /// The names of the environment variables that it asked for.
    pub environment: Vec<String>,
    /// Where the tool's growth of work over its input may not lie above: 2 is quadratic.
    pub growth_bound: Option<f64>,
}

/// Something that has to be kept while a run goes on, such as a folder.
pub type Kept = Box<dyn Any + Send>;

/// Makes the policy of one run, with folders of its own where it has any.
pub type Bind<'a> = Box<dyn Fn() -> io::Result<(Policy, Kept)> + Send + Sync + 'a>;

/// What is fuzzed.
pub struct Subject<'a> {
    /// The module.
    pub wasm: &'a [u8],
    /// The same as the runtime loaded it: what is found is confirmed by it.
    pub tool: &'a Tool,
    /// Under which policy a run goes; what it allows bounds every run.
    pub bind: Bind<'a>,
    /// What is known of it.
    pub spec: Spec,
}
