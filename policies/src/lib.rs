//! What code may do: limits and capabilities.
//!
//! A [`Policy`] is read from TOML, checked, intersected with others (never widened) and
//! explained in words. It enforces nothing itself; `runtime` does.

mod policy;
mod units;

pub use policy::{
    Access, Capabilities, Clocks, DirectoryGrant, GuestPath, HostPath, Limits, NetworkGrant, Policy,
    Random,
};
pub use units::{Bytes, Fuel, WallTime};
