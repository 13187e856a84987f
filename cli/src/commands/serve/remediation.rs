//! What the service does about alerts by itself.

use super::address;
use crate::problem::Problem;
use host_api::{Remediation, Secret};
use policies::WallTime;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The alert whose tools' circuits are opened unless others are named.
const TOOL_FAULTS: &str = "WasmRunnerToolFaults";

/// Remediation without a person: off unless it has an address.
#[derive(clap::Args, Debug)]
#[group(skip)]
pub(super) struct Args {
    /// Where Alertmanager's webhook comes in, which opens the circuit of a tool that fails or drains
    /// this host; by default nowhere, and nothing is done without a person
    #[arg(long, value_name = "ADDRESS:PORT", value_parser = address, requires = "remediation_secret")]
    remediation_listen: Option<SocketAddr>,
    /// A file with what Alertmanager sends as `Authorization: Bearer`; at least 16 bytes
    #[arg(long, value_name = "FILE", requires = "remediation_listen")]
    remediation_secret: Option<PathBuf>,
    /// An alert that opens the circuit of the tool that it names; may be given several times
    #[arg(long, value_name = "ALERT", requires = "remediation_listen", default_value = TOOL_FAULTS)]
    open_circuit_on: Vec<String>,
    /// How long calls of such a tool are refused, unless a person closes its circuit before
    #[arg(
        long,
        value_name = "TIME",
        requires = "remediation_listen",
        default_value = "10 min"
    )]
    circuit_time: WallTime,
    /// An alert that drains this host and ends it, for who runs it to start it anew, if it names the
    /// host; may be given several times
    #[arg(long, value_name = "ALERT", requires_all = ["remediation_listen", "remediation_name"])]
    drain_on: Vec<String>,
    /// What alerts call this host, in their label `instance` or `pod`
    #[arg(long, value_name = "NAME", requires = "remediation_listen")]
    remediation_name: Option<String>,
}

impl Args {
    /// What is to be done; nothing unless it is asked for.
    ///
    /// # Errors
    /// When there is no secret.
    pub(super) fn remediation(&self) -> anyhow::Result<Option<Remediation>> {
        let (Some(listen), Some(secret)) = (self.remediation_listen, &self.remediation_secret)
        else {
            return Ok(None);
        };
        let secret = Secret::load(secret)
            .map_err(|error| Problem::told(error, "the service can't start"))?;
        let mut remediation = Remediation::new(listen, secret);
        remediation
            .open_circuit_on
            .clone_from(&self.open_circuit_on);
        remediation.circuit_time = self.circuit_time.as_duration();
        remediation.drain_on.clone_from(&self.drain_on);
        remediation.name = self.remediation_name.clone().unwrap_or_default();
        Ok(Some(remediation))
    }
}
