//! What a call has asked of the network, and what it was denied.

use crate::Execution;
use crate::execution::{DeniedAttempt, Usage};
use policies::Limits;

/// Counts against the limits; each is inclusive.
#[derive(Debug)]
pub(super) struct Book {
    max_requests: u32,
    max_bytes: u64,
    requests: u32,
    sent: u64,
    received: u64,
    denied: Vec<DeniedAttempt>,
    denied_count: u64,
}

impl Book {
    pub(super) fn new(limits: &Limits) -> Self {
        Self {
            max_requests: limits.network_requests,
            max_bytes: limits.network_bytes.0,
            requests: 0,
            sent: 0,
            received: 0,
            denied: Vec::new(),
            denied_count: 0,
        }
    }

    /// Counts one more request, if it is allowed.
    pub(super) fn request(&mut self) -> bool {
        let allowed = self.requests < self.max_requests;
        self.requests += u32::from(allowed);
        allowed
    }

    /// Bytes that may still be sent or received.
    pub(super) fn left(&self) -> u64 {
        self.max_bytes - self.sent - self.received
    }

    /// Counts bytes, if all of them are allowed.
    pub(super) fn sent(&mut self, bytes: u64) -> bool {
        let allowed = bytes <= self.left();
        self.sent += if allowed { bytes } else { 0 };
        allowed
    }

    /// The same for what came in.
    pub(super) fn received(&mut self, bytes: u64) -> bool {
        let allowed = bytes <= self.left();
        self.received += if allowed { bytes } else { 0 };
        allowed
    }

    pub(super) fn deny(&mut self, attempt: DeniedAttempt) {
        self.denied_count += 1;
        if self.denied.len() < Execution::MAX_DENIED {
            self.denied.push(attempt);
        }
    }

    /// Writes what was counted into the result of the call, and moves what was recorded there.
    pub(super) fn close(&mut self, usage: &mut Usage, denied: &mut Vec<DeniedAttempt>) {
        usage.network_requests = self.requests;
        usage.network_sent = self.sent;
        usage.network_received = self.received;
        usage.denied += std::mem::take(&mut self.denied_count);
        denied.append(&mut self.denied);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policies::Bytes;
    use proptest::prelude::*;

    fn book(requests: u32, bytes: u64) -> Book {
        Book::new(&Limits {
            network_requests: requests,
            network_bytes: Bytes(bytes),
            ..Limits::default()
        })
    }

    #[test]
    fn the_last_request_is_allowed_and_one_more_is_not() {
        let mut book = book(2, 0);
        assert_eq!([(); 4].map(|()| book.request()), [true, true, false, false]);
        let mut usage = Usage::default();
        book.close(&mut usage, &mut Vec::new());
        assert_eq!(usage.network_requests, 2);
    }

    #[test]
    fn the_last_byte_is_allowed_and_one_more_is_not() {
        let mut book = book(0, 10);
        assert!(!book.sent(11));
        assert!(book.sent(4));
        assert!(!book.received(7));
        assert!(book.received(6));
        assert!(book.sent(0) && book.received(0));
        assert!(!book.sent(1) && !book.received(1));
        assert!(!book.sent(u64::MAX) && !book.received(u64::MAX));
        let mut usage = Usage::default();
        book.close(&mut usage, &mut Vec::new());
        assert_eq!((usage.network_sent, usage.network_received), (4, 6));
    }

    proptest! {
        #[test]
        fn never_more_than_allowed(limit: u64, steps: Vec<(bool, u64)>) {
            let mut book = book(0, limit);
            let mut all = 0u128;
            for (out, bytes) in steps {
                let fits = all + u128::from(bytes) <= u128::from(limit);
                let allowed = if out { book.sent(bytes) } else { book.received(bytes) };
                prop_assert_eq!(allowed, fits);
                all += if fits { u128::from(bytes) } else { 0 };
            }
            prop_assert_eq!(u128::from(book.left()), u128::from(limit) - all);
        }
    }
}
