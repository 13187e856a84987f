//! The deadline that a request carries.

use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;
use tonic::metadata::MetadataMap;

/// When the caller stops waiting.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline(Option<Instant>);

impl Deadline {
    /// From the header `grpc-timeout`, counted from now.
    ///
    /// A millisecond early: the transport ends the request at the full time with `CANCELLED`,
    /// and the caller shall rather read `DEADLINE_EXCEEDED`.
    pub(crate) fn of(metadata: &MetadataMap) -> Self {
        let timeout = metadata
            .get("grpc-timeout")
            .and_then(|value| value.to_str().ok())
            .and_then(parse);
        Self(timeout.and_then(|timeout| {
            Instant::now().checked_add(timeout.saturating_sub(Duration::from_millis(1)))
        }))
    }

    /// Waits for it; for ever, when there is none.
    pub(crate) async fn passed(self) -> Status {
        match self.0 {
            Some(deadline) => tokio::time::sleep_until(deadline).await,
            None => std::future::pending().await,
        }
        Status::deadline_exceeded("the caller's deadline passed; the tool was stopped")
    }
}

/// At most 8 digits and a unit, as gRPC over HTTP/2 says.
fn parse(text: &str) -> Option<Duration> {
    let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        "H" => Duration::from_secs(count * 3600),
        "M" => Duration::from_secs(count * 60),
        "S" => Duration::from_secs(count),
        "m" => Duration::from_millis(count),
        "u" => Duration::from_micros(count),
        "n" => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_read_as_grpc_writes_them() {
        assert_eq!(parse("250m"), Some(Duration::from_millis(250)));
        assert_eq!(parse("1S"), Some(Duration::from_secs(1)));
        assert_eq!(parse("2M"), Some(Duration::from_mins(2)));
        assert_eq!(parse("1H"), Some(Duration::from_hours(1)));
        assert_eq!(parse("7u"), Some(Duration::from_micros(7)));
        assert_eq!(parse("99999999n"), Some(Duration::from_nanos(99_999_999)));
        for bad in ["", "m", "1", "1x", "-1m", "+1m", "123456789m", "1 m", "1µ"] {
            assert_eq!(parse(bad), None, "{bad:?}");
        }
    }
}
