//! What code may do: limits and capabilities.
//!
//! A [`Policy`] is read from TOML ([`Policy::parse`]), checked, intersected with others (never
//! widened, [`Policy::intersect`]) and explained in words ([`Policy::explain`]). It enforces
//! nothing itself; `runtime` does.
//!
//! ```
//! # use policies::Policy;
//! let policy = Policy::parse("[limits]\nmemory = \"1 MiB\"\n", "tight.toml")?;
//! assert!(policy.is_within(&Policy::preset("pure").unwrap()));
//!
//! let error = Policy::parse("[limits]\nmemory = 1048576\n", "tight.toml").unwrap_err();
//! assert_eq!(
//!     error.to_string(),
//!     "tight.toml:2:10: `limits.memory` is a number without a unit\n  \
//!      remedy: write a text with its unit, such as \"64 MiB\"",
//! );
//! # Ok::<(), policies::PolicyError>(())
//! ```

mod error;
mod grants;
mod intersect;
mod layers;
mod parse;
mod policy;
mod render;
mod units;

pub use error::{PolicyError, Problem};
pub use grants::GrantError;
pub use layers::{Layer, Layers, Wanted};
pub use parse::MAX_POLICY_BYTES;
pub use policy::{
    Access, Capabilities, Clocks, DirectoryGrant, GuestPath, HostPath, Limits, NetworkGrant,
    Policy, Random,
};
pub use units::{Bytes, Fuel, UnitError, WallTime};
