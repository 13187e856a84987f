//! What Alertmanager sends to a webhook: its JSON of version 4, as far as it is read here.

use jiff::Timestamp;
use serde::Deserialize;
use std::collections::BTreeMap;

/// One notification. What else is in it is its own matter.
#[derive(Debug, Deserialize)]
pub(super) struct Notification {
    pub(super) version: String,
    pub(super) alerts: Vec<Alert>,
}

/// One alert of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Alert {
    pub(super) status: Status,
    pub(super) labels: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) fingerprint: String,
    pub(super) starts_at: Timestamp,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    Firing,
    Resolved,
}

impl Notification {
    /// Reads one.
    ///
    /// # Errors
    /// In words, when it is none.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let read: Self = serde_json::from_slice(body).map_err(|error| error.to_string())?;
        if read.version == "4" {
            Ok(read)
        } else {
            let version: String = read.version.escape_debug().take(20).collect();
            Err(format!("version \"{version}\" is not \"4\""))
        }
    }
}

impl Alert {
    pub(super) fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Alertmanager 0.25 sends it.
    const SENT: &str = r#"{"receiver":"remediation","status":"firing","alerts":[{"status":"firing",
        "labels":{"alertname":"WasmRunnerToolFaults","job":"wasm-runner","severity":"medium","tool":"a"},
        "annotations":{"summary":"x"},"startsAt":"2026-01-02T03:04:05.678901234Z",
        "endsAt":"0001-01-01T00:00:00Z","generatorURL":"http://h/g","fingerprint":"a1b2"}],
        "groupLabels":{},"commonLabels":{},"commonAnnotations":{},"externalURL":"http://h",
        "version":"4","groupKey":"{}:{}","truncatedAlerts":0}"#;

    #[test]
    fn what_alertmanager_sends_is_read() {
        let read = Notification::read(SENT.as_bytes()).unwrap();
        let [alert] = &read.alerts[..] else {
            panic!("{read:?}")
        };
        assert_eq!(alert.status, Status::Firing);
        assert_eq!((alert.label("tool"), alert.label("pod")), ("a", ""));
        assert_eq!(alert.fingerprint, "a1b2");
        assert_eq!(alert.starts_at.as_second(), 1_767_323_045);
    }

    #[test]
    fn what_it_does_not_send_is_refused() {
        for (from, to) in [
            (r#""version":"4""#, r#""version":"5""#),
            (r#""version":"4","#, ""),
            (r#""status":"firing","#, r#""status":"lit","#),
            ("2026-01-02T", "yesterday "),
        ] {
            let text = SENT.replace(from, to);
            assert_ne!(text, SENT);
            assert!(Notification::read(text.as_bytes()).is_err(), "{to}");
        }
        assert!(Notification::read(b"").is_err() && Notification::read(b"[]").is_err());
    }
}
