//! The last line of Rust's own test harness.

/// What a test program says it did.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Summary {
    pub(super) passed: u32,
    pub(super) ignored: u32,
}

impl Summary {
    /// Reads `test result: ok. 1 passed; 0 failed; 0 ignored; …` at the end of the output.
    pub(super) fn read(output: &[u8]) -> Option<Self> {
        let text = String::from_utf8_lossy(output);
        let line = text.trim_end().lines().next_back()?;
        let counts = line.strip_prefix("test result: ok. ")?;
        let mut summary = Self::default();
        for count in counts.split("; ") {
            match count.split_once(' ') {
                Some((number, "passed")) => summary.passed = number.parse().ok()?,
                Some((number, "ignored")) => summary.ignored = number.parse().ok()?,
                _ => {}
            }
        }
        Some(summary)
    }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn the_last_line_counts() {
        let text = "\nrunning 1 test\ntest a ... ok\n\ntest result: ok. 1 passed; 0 failed; 2 ignored; 0 measured; 5 filtered out; finished in 0.00s\n\n";
        let summary = Summary {
            passed: 1,
            ignored: 2,
        };
        assert_eq!(Summary::read(text.as_bytes()), Some(summary));
    }

    #[test]
    fn what_is_no_summary_is_none() {
        for text in [
            "",
            "running 1 test\n",
            "test result: ok. 1 passed; 0 failed\nand then it left\n",
            "test result: FAILED. 0 passed; 1 failed; 0 ignored",
            "test result: ok. many passed; 0 failed",
        ] {
            assert_eq!(Summary::read(text.as_bytes()), None, "{text:?}");
        }
    }
}
