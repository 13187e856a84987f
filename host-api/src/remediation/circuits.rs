//! Tools whose calls are refused for a while.

use crate::status;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tonic::Status;

/// Circuits that can be open at the same time. More tools that fail at once are the machine's matter.
const MOST: usize = 1000;

/// The circuits of tools. A circuit is closed unless it was opened, and closes by itself.
#[derive(Debug, Default)]
pub(crate) struct Circuits {
    /// How many are in the map: a call looks no further where there is none.
    count: AtomicUsize,
    open: Mutex<BTreeMap<String, Open>>,
}

#[derive(Debug)]
struct Open {
    /// By a clock that nobody sets.
    until: Instant,
    /// The same for people.
    told: Timestamp,
    alert: String,
}

/// A circuit that is open, as it is told.
#[derive(Debug, PartialEq, Serialize)]
pub(crate) struct OpenCircuit {
    pub(crate) tool: String,
    pub(crate) until: String,
    pub(crate) alert: String,
}

impl Circuits {
    /// Opens the circuit of a tool for so long from now on, also one that is open. Gives until when;
    /// none where too many are open.
    pub(super) fn open(&self, tool: &str, time: Duration, alert: &str) -> Option<Timestamp> {
        let now = Instant::now();
        let mut open = self.lock();
        open.retain(|_, open| open.until > now);
        let room = open.len() < MOST || open.contains_key(tool);
        let told = Timestamp::now()
            .saturating_add(time)
            .unwrap_or(Timestamp::MAX);
        if room {
            let circuit = Open {
                // So far ahead that it is for ever.
                until: now
                    .checked_add(time)
                    .unwrap_or(now + Duration::from_hours(24 * 365)),
                told,
                alert: alert.to_owned(),
            };
            open.insert(tool.to_owned(), circuit);
        }
        self.count.store(open.len(), Ordering::Release);
        room.then_some(told)
    }

    /// Closes one; says whether it was open.
    pub(super) fn close(&self, tool: &str) -> bool {
        let mut open = self.lock();
        let was = open
            .remove(tool)
            .is_some_and(|open| open.until > Instant::now());
        self.count.store(open.len(), Ordering::Release);
        was
    }

    /// Those that are open, by tool.
    pub(crate) fn all(&self) -> Vec<OpenCircuit> {
        let now = Instant::now();
        let open = self.lock();
        open.iter()
            .filter(|(_, open)| open.until > now)
            .map(|(tool, open)| OpenCircuit {
                tool: tool.clone(),
                until: shown(open.told),
                alert: open.alert.clone(),
            })
            .collect()
    }

    /// Whether this tool may be called.
    ///
    /// # Errors
    /// `UNAVAILABLE`, with when to try again, while its circuit is open.
    pub(crate) fn check(&self, tool: &str) -> Result<(), Status> {
        if self.count.load(Ordering::Acquire) == 0 {
            return Ok(());
        }
        let open = self.lock();
        let Some(circuit) = open.get(tool) else {
            return Ok(());
        };
        let left = circuit.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        Err(status::circuit_open(tool, &shown(circuit.told), left))
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic::Code;
    use tonic_types::StatusExt as _;

    const LONG: Duration = Duration::from_hours(1);

    #[test]
    fn an_open_circuit_refuses_its_tool_and_no_other_until_it_is_closed() {
        let circuits = Circuits::default();
        assert!(circuits.check("a").is_ok());
        circuits.open("a", LONG, "Alert").unwrap();
        let refused = circuits.check("a").unwrap_err();
        assert_eq!(refused.code(), Code::Unavailable);
        assert!(
            refused
                .message()
                .contains("circuit of the tool a is open until 2"),
            "{refused:?}"
        );
        let details = refused.get_error_details();
        assert_eq!(details.error_info().unwrap().reason, "CIRCUIT_OPEN");
        let retry = details.retry_info().unwrap().retry_delay.unwrap();
        assert!(retry <= LONG && retry > LONG / 2);
        assert!(circuits.check("b").is_ok());
        assert!(circuits.close("a") && !circuits.close("a"));
        assert!(circuits.check("a").is_ok());
    }

    #[test]
    fn it_closes_by_itself() {
        let circuits = Circuits::default();
        circuits.open("a", Duration::ZERO, "Alert").unwrap();
        assert!(circuits.check("a").is_ok(), "no time is none");
        assert!(circuits.all().is_empty() && !circuits.close("a"));
        circuits.open("a", Duration::MAX, "Alert").unwrap();
        assert!(circuits.check("a").is_err(), "all time is long");
    }

    #[test]
    fn there_are_so_many_and_no_more() {
        let circuits = Circuits::default();
        for number in 0..MOST {
            assert!(
                circuits
                    .open(&format!("t{number}"), LONG, "Alert")
                    .is_some()
            );
        }
        assert!(circuits.open("one-more", LONG, "Alert").is_none());
        assert!(circuits.check("one-more").is_ok());
        assert!(
            circuits.open("t0", LONG, "Alert").is_some(),
            "known ones stay longer"
        );
        assert!(circuits.close("t1"));
        assert!(circuits.open("one-more", LONG, "Alert").is_some());
        assert_eq!(circuits.all().len(), MOST);
    }
}
