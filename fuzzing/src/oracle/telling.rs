//! What programs say when something goes wrong in them.

/// Whether that is what a panic says, in Rust's words or those of others.
pub(crate) fn says_panic(stderr: &[u8]) -> bool {
    if stderr.is_empty() {
        return false;
    }
    let has = |needle: &[u8]| memchr::memmem::find(stderr, needle).is_some();
    (has(b"thread '") && has(b" panicked at "))
        || has(b"panic: ") && has(b"goroutine ")
        || has(b"fatal runtime error:")
        || has(b"terminate called ")
        || has(b"Assertion failed: ")
}

/// Where a panic was: `src/main.rs:12:9`.
pub(crate) fn panic_place(stderr: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(stderr);
    let at = text.rfind(" panicked at ")?;
    let rest = &text[at + " panicked at ".len()..];
    let line = rest.lines().next()?;
    Some(line.trim_end_matches(':').to_owned())
}

/// The message of a panic: what stands below its place.
pub(crate) fn panic_message(stderr: &str) -> Option<String> {
    let at = stderr.rfind(" panicked at ")?;
    let lines = stderr[at..].lines().skip(1);
    let message: Vec<&str> = lines
        .take_while(|line| !line.starts_with("note: run with `RUST_BACKTRACE"))
        .collect();
    Some(message.join("\n").trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_known_by_its_words() {
        let said = "\nthread 'main' (1) panicked at src/main.rs:3:5:\nindex out of bounds\nnote: run with `RUST_BACKTRACE=1` environment variable\n";
        assert!(says_panic(said.as_bytes()));
        assert_eq!(
            panic_place(said.as_bytes()).as_deref(),
            Some("src/main.rs:3:5")
        );
        assert_eq!(panic_message(said).as_deref(), Some("index out of bounds"));
        for other in ["", "it panicked at noon", "error: no such row"] {
            assert!(!says_panic(other.as_bytes()), "{other}");
        }
    }
}
