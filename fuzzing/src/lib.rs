//! Finds inputs on which a module misbehaves, makes them small, and says what is wrong.
//!
//! [`fuzz`] takes a [`Subject`]: a WASI preview 1 command as it came, the same as the runtime
//! loaded it, and what its contract says. The module is rewritten so that it counts the edges
//! that it goes over, and run a hundred thousand times a second, each time from the same state.
//! LibAFL chooses, mutates and keeps inputs; where there is an input schema, they are also made
//! from that. Oracles look at each run; what looks wrong is run again by the runtime, under the
//! policy of every other run, before it is a [`Finding`].

mod afl;
mod answers;
mod campaign;
mod comparisons;
mod confirm;
mod coverage;
mod finding;
mod growth;
mod instrument;
mod machine;
mod oracle;
mod runner;
mod schema;
mod session;
mod subject;
mod world;

pub use answers::Answers;
pub use campaign::{FuzzError, Options, fuzz};
pub use finding::{Finding, Progress, Report};
pub use instrument::NotInstrumented;
pub use oracle::{Rule, Severity};
pub use schema::{boundary_inputs, made_inputs, shrunk, with_format_ranges};
pub use session::Budget;
pub use subject::{Bind, Contract, Kept, Promises, Spec, Subject};
pub use world::World;
