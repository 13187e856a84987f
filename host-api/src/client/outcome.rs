//! What became of one try of a request.

use crate::status::CIRCUIT_OPEN;
use http::HeaderMap;
use std::time::Duration;
use tonic::{Code, ConnectError, Status};
use tonic_types::StatusExt as _;

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is an answer, a refusal that a further try would meet too among them.
    Answered,
    /// The host never began it, and may have said how long to wait.
    NotBegun {
        /// How long, if it said so.
        wait: Option<Duration>,
    },
    /// It may have been begun, and done.
    Unknown,
}

impl Outcome {
    /// Whether the host is worth asking less for it.
    pub(super) fn is_hosts_failure(self) -> bool {
        self != Self::Answered
    }
}

/// Of an answer. A refusal is the head alone, or a head without a status and a body that has one; the
/// service refuses with the former.
pub(super) fn of_response<B>(response: &http::Response<B>) -> Outcome {
    of_headers(response.headers())
}

fn of_headers(headers: &HeaderMap) -> Outcome {
    let Some(status) = Status::from_header_map(headers) else {
        return Outcome::Answered;
    };
    // The service says UNAVAILABLE before it begins anything, and nothing else does that so surely.
    // RESOURCE_EXHAUSTED too: but a full queue is emptied by waiting, not by asking.
    // That the circuit of one tool is open says nothing against the host, and is no matter of seconds.
    let reason = status.get_details_error_info().map(|info| info.reason);
    if status.code() == Code::Unavailable && reason.as_deref() != Some(CIRCUIT_OPEN) {
        let retry = status.get_details_retry_info();
        Outcome::NotBegun {
            wait: retry.and_then(|retry| retry.retry_delay),
        }
    } else {
        Outcome::Answered
    }
}

/// Of a request that has no answer.
pub(super) fn of_error(error: &(dyn std::error::Error + 'static)) -> Outcome {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<ConnectError>() {
            return Outcome::NotBegun { wait: None };
        }
        if let Some(h2) = error.downcast_ref::<h2::Error>() {
            let reason = h2.reason();
            // Streams beyond the last one that a host takes on its way out, and those that it refuses.
            let refused = reason == Some(h2::Reason::REFUSED_STREAM)
                || (h2.is_go_away() && h2.is_remote() && reason == Some(h2::Reason::NO_ERROR));
            if refused {
                return Outcome::NotBegun { wait: None };
            }
        }
        if let Some(hyper) = error.downcast_ref::<hyper::Error>()
            && hyper.is_canceled()
        {
            // The connection had ended before the request was put on it.
            return Outcome::NotBegun { wait: None };
        }
        cause = error.source();
    }
    Outcome::Unknown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status;

    fn headers(status: &Status) -> HeaderMap {
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        headers
    }

    #[test]
    fn only_unavailable_is_asked_again_and_says_when() {
        let closing = of_headers(&headers(&status::closing()));
        let second = Some(Duration::from_secs(1));
        assert_eq!(closing, Outcome::NotBegun { wait: second });
        assert!(closing.is_hosts_failure());
        let circuit = status::circuit_open("a", "later", Duration::from_millis(1));
        assert_eq!(of_headers(&headers(&circuit)), Outcome::Answered);
        let plain = of_headers(&headers(&Status::unavailable("a proxy's word")));
        assert_eq!(plain, Outcome::NotBegun { wait: None });
        assert!(plain.is_hosts_failure());
        for code in [
            Code::Ok,
            Code::Internal,
            Code::ResourceExhausted,
            Code::NotFound,
            Code::Cancelled,
            Code::DeadlineExceeded,
        ] {
            let answered = of_headers(&headers(&Status::new(code, "")));
            assert_eq!(answered, Outcome::Answered, "{code:?}");
        }
        assert_eq!(of_headers(&HeaderMap::new()), Outcome::Answered);
    }

    #[test]
    fn a_connection_that_never_was_began_nothing_and_one_that_broke_may_have() {
        let refused = ConnectError(Box::new(std::io::Error::other("refused")));
        assert_eq!(of_error(&refused), Outcome::NotBegun { wait: None });
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        assert_eq!(of_error(&broken), Outcome::Unknown);
        let stream: h2::Error = h2::Reason::REFUSED_STREAM.into();
        assert_eq!(of_error(&stream), Outcome::NotBegun { wait: None });
        let reset: h2::Error = h2::Reason::INTERNAL_ERROR.into();
        assert_eq!(of_error(&reset), Outcome::Unknown);
    }
}
