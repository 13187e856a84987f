//! What an alert does.

use super::Remediation;
use super::alerts::{Alert, Notification, Status};
use super::circuits::{Circuits, OpenCircuit};
use crate::calls::tool_name;
use crate::metrics::RemediationMetrics;
use jiff::Timestamp;
use runtime::CancellationToken;
use serde::Serialize;
use std::sync::Arc;

/// Alerts that one notification may have; Alertmanager groups them.
const MOST_ALERTS: usize = 1000;

/// What may be done, and to what.
pub(crate) struct Remedies {
    config: Remediation,
    circuits: Arc<Circuits>,
    shutdown: CancellationToken,
    metrics: RemediationMetrics,
    started: Timestamp,
}

/// What was made of an alert.
#[derive(Debug, PartialEq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub(super) enum Done {
    /// Calls of the tool are refused until then.
    OpenedCircuit { tool: String, until: String },
    /// This host drains.
    Drains,
    /// Nothing, and why.
    Nothing { why: String },
}

impl Remedies {
    pub(crate) fn new(
        config: Remediation,
        circuits: Arc<Circuits>,
        shutdown: CancellationToken,
        metrics: RemediationMetrics,
    ) -> Self {
        Self {
            config,
            circuits,
            shutdown,
            metrics,
            started: Timestamp::now(),
        }
    }

    /// Whether this is the secret.
    pub(super) fn knows(&self, secret: &[u8]) -> bool {
        self.config.secret.is(secret)
    }

    /// Somebody did not know it.
    pub(super) fn refused(&self) {
        self.metrics.refused.inc();
        tracing::warn!(
            action = "refused",
            "remediation: somebody asked without the secret"
        );
    }

    /// Does what is to be done about each alert.
    pub(super) fn take(&self, notification: &Notification) -> Vec<Done> {
        let alerts = notification.alerts.iter().take(MOST_ALERTS);
        alerts
            .map(|alert| {
                let done = self.one(alert);
                self.tell(alert, &done);
                done
            })
            .collect()
    }

    fn one(&self, alert: &Alert) -> Done {
        let named = |names: &[String]| names.iter().any(|name| name == alert.label("alertname"));
        let nothing = |why: &str| Done::Nothing {
            why: why.to_owned(),
        };
        let (opens, drains) = (
            named(&self.config.open_circuit_on),
            named(&self.config.drain_on),
        );
        if !opens && !drains {
            return nothing("this alert was not named at the start");
        }
        if alert.status == Status::Resolved {
            // A tool that is not called has no faults: its circuit would open and close in turns.
            return nothing("it is resolved; a circuit closes by time, or by a person");
        }
        if opens {
            return self.open(alert);
        }
        let name = &self.config.name;
        if name.is_empty()
            || ![alert.label("instance"), alert.label("pod")].contains(&name.as_str())
        {
            return nothing("it is about another host, or this one was not named at its start");
        }
        if alert.starts_at <= self.started {
            return nothing("it began before this host did: it is about the one before");
        }
        if self.shutdown.is_cancelled() {
            return nothing("this host drains already");
        }
        self.shutdown.cancel();
        Done::Drains
    }

    fn open(&self, alert: &Alert) -> Done {
        let label = alert.label("tool").to_owned();
        // What stands for all tools that have no figures of their own is none of them.
        let tool = match tool_name(label, "tool") {
            Ok(tool) if tool != "other" => tool,
            _ => {
                return Done::Nothing {
                    why: "its label `tool` names no single tool".to_owned(),
                };
            }
        };
        let time = self.config.circuit_time;
        match self.circuits.open(&tool, time, alert.label("alertname")) {
            Some(until) => Done::OpenedCircuit {
                tool,
                until: until.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            },
            None => Done::Nothing {
                why: "too many circuits are open already".to_owned(),
            },
        }
    }

    fn tell(&self, alert: &Alert, done: &Done) {
        let (name, fingerprint) = (alert.label("alertname"), alert.fingerprint.as_str());
        match done {
            Done::OpenedCircuit { tool, until } => {
                self.metrics.opened.inc();
                tracing::warn!(
                    action = "opened_circuit",
                    alert = name,
                    fingerprint,
                    tool,
                    until,
                    "remediation: calls of this tool are refused for a while"
                );
            }
            Done::Drains => {
                self.metrics.drained.inc();
                tracing::warn!(
                    action = "drains",
                    alert = name,
                    fingerprint,
                    "remediation: this host drains and ends; who runs it starts it again"
                );
            }
            Done::Nothing { why } => {
                self.metrics.nothing.inc();
                tracing::info!(
                    action = "nothing",
                    alert = name,
                    fingerprint,
                    why,
                    "remediation: nothing was done"
                );
            }
        }
    }

    /// Circuits that are open.
    pub(super) fn circuits(&self) -> Vec<OpenCircuit> {
        self.circuits.all()
    }

    /// A person closes a circuit; says whether it was open.
    pub(super) fn close(&self, tool: &str, by: &str) -> bool {
        let was = self.circuits.close(tool);
        if was {
            self.metrics.closed.inc();
            tracing::warn!(
                action = "closed_circuit",
                tool,
                by,
                "remediation: a person closed the circuit, the tool is called again"
            );
        }
        was
    }
}
