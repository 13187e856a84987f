//! How many core instances a component can have, from its bytes alone.
//!
//! Components that instantiate each other can say millions in a few lines, and the engine counts
//! them only after it has written each down. So an upper bound is looked at first.

use crate::LoadError;
use wasmparser::{ComponentInstance, Instance, Parser, Payload};

/// More than this can't be: the pool takes a hundredth of it. What is below is counted exactly by
/// the engine.
const MOST: u64 = 100_000;

/// Refuses a component that could have too many core instances. One that is broken passes: the
/// engine says what is wrong with it.
///
/// # Errors
/// [`LoadError::TooDemanding`].
pub(super) fn check(wasm: &[u8]) -> Result<(), LoadError> {
    let most = bound(wasm);
    if most > MOST {
        return Err(LoadError::TooDemanding {
            message: format!("its components may have {most} core instances together"),
        });
    }
    Ok(())
}

/// An upper bound: each instance of a component is taken to be one of the largest component seen
/// so far, whichever it names.
fn bound(wasm: &[u8]) -> u64 {
    let mut largest = 0u64;
    // Of each component that is open, outermost first.
    let mut open = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let Ok(payload) = payload else { break };
        match payload {
            Payload::Version { encoding, .. } => {
                open.push((encoding == wasmparser::Encoding::Component).then_some(0u64));
            }
            Payload::InstanceSection(instances) => {
                let count = instances
                    .into_iter()
                    .flatten()
                    .filter(|one| matches!(one, Instance::Instantiate { .. }))
                    .count() as u64;
                add(&mut open, count);
            }
            Payload::ComponentInstanceSection(instances) => {
                let count = instances
                    .into_iter()
                    .flatten()
                    .filter(|one| matches!(one, ComponentInstance::Instantiate { .. }))
                    .count() as u64;
                add(&mut open, count.saturating_mul(largest));
            }
            Payload::End(_) => {
                if let Some(Some(instances)) = open.pop() {
                    largest = largest.max(instances);
                }
            }
            _ => {}
        }
    }
    // One that was cut off never ended.
    open.into_iter().flatten().fold(largest, u64::max)
}

/// Adds to what the innermost component has.
fn add(open: &mut [Option<u64>], instances: u64) {
    if let Some(Some(sum)) = open.last_mut() {
        *sum = sum.saturating_add(instances);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chain(levels: usize) -> Vec<u8> {
        use std::fmt::Write as _;
        let mut text = String::from(
            "(component (component $c0 (core module $m) (core instance (instantiate $m)))",
        );
        for level in 1..=levels {
            let below = level - 1;
            let _ = write!(
                text,
                "(component $c{level} (alias outer 1 $c{below} (component $c)) {})",
                "(instance (instantiate $c))".repeat(10)
            );
        }
        let _ = write!(text, "(instance (instantiate $c{levels})))");
        wat::parse_str(&text).expect("a component")
    }

    #[test]
    fn instances_of_instances_are_multiplied() {
        assert_eq!(bound(&chain(0)), 1);
        assert_eq!(bound(&chain(3)), 1_000);
        assert_eq!(check(&chain(5)), Ok(()));
        assert!(matches!(
            check(&chain(6)),
            Err(LoadError::TooDemanding { .. })
        ));
        assert_eq!(bound(&chain(25)), u64::MAX);
    }

    #[test]
    fn what_is_broken_is_left_to_the_engine() {
        let wasm = chain(3);
        for cut in 0..wasm.len() {
            assert_eq!(check(&wasm[..cut]), Ok(()));
        }
    }
}
