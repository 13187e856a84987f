//! What a module's code shows without being run, whatever language it came from.
//!
//! Everything is read from functions that can be reached: from the exports, the start function
//! and, once any of those calls through a table, whatever stands in tables. Names are those of
//! the module's name section, which a module may fill as it likes; nothing is decided by them
//! but how a function is called in a message.

mod code;
mod loops;
mod reach;
mod secrets;

pub use secrets::{Secret, secrets};

use code::Code;
use serde::Serialize;
use wasmparser::{BinaryReaderError, Parser, Payload};

/// How many functions are told by name, of each kind.
const TOLD: usize = 5;

/// What the code of a module, or of all modules in a component, shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Analysis {
    /// Bytes of all function bodies.
    pub code_bytes: u64,
    /// The largest functions, with their bytes, largest first; five at most.
    pub largest: Vec<(String, u64)>,
    /// Functions that can be reached.
    pub reachable: u64,
    /// Functions that the module defines and nothing can reach.
    pub dead: u64,
    /// Imports that can be reached, as `module::name`.
    pub reachable_imports: Vec<String>,
    /// Calls through a table or a reference, in functions that can be reached.
    pub indirect_calls: u64,
    /// Groups of functions that can be reached and call themselves by direct calls, by their
    /// first names; five at most.
    pub recursive: Vec<String>,
    /// How many such groups there are.
    pub recursive_groups: u64,
    /// Functions that can be reached with a loop that nothing ends: no branch leads out, nothing
    /// is called, returned or trapped on. By name; five at most.
    pub endless: Vec<String>,
    /// Exported functions that no WASI host calls.
    pub idle_exports: Vec<String>,
}

/// Reads the code of a valid module or component.
///
/// # Errors
/// When it is not valid after all: at which byte, and why.
pub fn analyse(wasm: &[u8]) -> Result<Analysis, BinaryReaderError> {
    let mut found = Analysis::default();
    // A component is looked at module by module; each of its own functions is code too.
    let mut modules = Vec::new();
    let is_component = wasm.get(6..8) == Some(&[1, 0]);
    if is_component {
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::ModuleSection {
                unchecked_range, ..
            } = payload?
            {
                let range = usize::try_from(unchecked_range.start).unwrap_or(usize::MAX)
                    ..usize::try_from(unchecked_range.end).unwrap_or(usize::MAX);
                modules.extend(wasm.get(range));
            }
        }
    } else {
        modules.push(wasm);
    }
    for module in modules {
        let code = Code::read(module)?;
        add(&mut found, &code, is_component);
    }
    found
        .largest
        .sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    found.largest.truncate(TOLD);
    Ok(found)
}

fn add(found: &mut Analysis, code: &Code, is_component: bool) {
    let reached = reach::reached(code);
    for (index, body) in code.bodies() {
        found.code_bytes += body.bytes;
        found.largest.push((code.name(index), body.bytes));
        if !reached.contains(index) {
            found.dead += 1;
            continue;
        }
        found.reachable += 1;
        found.indirect_calls += body.indirect_calls;
        if body.endless && found.endless.len() < TOLD {
            found.endless.push(code.name(index));
        }
    }
    for (index, import) in code.imports.iter().enumerate() {
        if reached.contains(u32::try_from(index).unwrap_or(u32::MAX)) {
            found.reachable_imports.push(import.clone());
        }
    }
    let groups = reach::recursive(code, &reached);
    found.recursive_groups += groups.len() as u64;
    let room = TOLD - found.recursive.len();
    let names = groups.iter().map(|first| code.name(*first));
    found.recursive.extend(names.take(room));
    // What a component's modules export is the other modules' business.
    if !is_component {
        let is_exported = |name: &str| code.exports.iter().any(|(other, _)| other == name);
        let idle = code.exports.iter().map(|(name, _)| name);
        let idle = idle.filter(|name| !is_called(name, is_exported));
        found.idle_exports = idle.cloned().collect();
    }
}

/// Exports that a WASI host calls, or that compilers leave for tools of theirs: what begins with
/// `cabi_`, and what a `cabi_post_` stands beside, belongs to the component form that the same
/// module can be wrapped into.
fn is_called(name: &str, is_exported: impl Fn(&str) -> bool) -> bool {
    matches!(name, "_start" | "_initialize" | "__main_void")
        || name.starts_with("cabi_")
        || is_exported(&format!("cabi_post_{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn analysed(text: &str) -> Analysis {
        let wasm = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
        analyse(&wasm).expect("valid")
    }

    #[test]
    fn what_nothing_reaches_is_dead_with_its_imports() {
        let found = analysed(
            r#"(module
              (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
              (import "wasi_snapshot_preview1" "fd_sync" (func $sync (param i32) (result i32)))
              (func $used (drop (call $close (i32.const 1))))
              (func $unused (drop (call $sync (i32.const 1))))
              (func (export "_start") (call $used)))"#,
        );
        assert_eq!(
            found.reachable_imports,
            ["wasi_snapshot_preview1::fd_close"]
        );
        assert_eq!((found.reachable, found.dead), (2, 1));
    }

    #[test]
    fn a_call_through_a_table_reaches_what_stands_in_tables() {
        let with = |call: &str| {
            analysed(&format!(
                r#"(module (table 1 funcref) (elem (i32.const 0) $a)
                  (func $a) (func (export "_start") {call}))"#
            ))
        };
        assert_eq!(with("nop").dead, 1);
        let found = with("(call_indirect (i32.const 0))");
        assert_eq!((found.dead, found.indirect_calls), (0, 1));
    }

    #[test]
    fn functions_that_call_themselves_are_named_once_a_group() {
        let found = analysed(
            r#"(module
              (func $even (call $odd)) (func $odd (call $even))
              (func $self (call $self))
              (func $plain)
              (func $dead (call $dead))
              (func (export "_start") (call $even) (call $self) (call $plain)))"#,
        );
        assert_eq!(found.recursive_groups, 2, "{found:?}");
        assert_eq!(found.recursive.len(), 2);
    }

    #[test]
    fn exports_that_no_host_calls_are_idle() {
        let found = analysed(
            r#"(module (memory (export "memory") 1)
              (func (export "_start")) (func (export "backdoor")) (func (export "run"))
              (func (export "manifest")) (func (export "cabi_post_manifest")))"#,
        );
        assert_eq!(found.idle_exports, ["backdoor", "run"]);
    }

    #[test]
    fn the_modules_of_a_component_are_looked_at_one_by_one() {
        let found = analysed(
            r#"(component
              (core module (func (export "a") (loop (br 0))))
              (core module (func (export "b"))))"#,
        );
        assert_eq!((found.reachable, found.endless.len()), (2, 1));
    }

    #[test]
    fn the_largest_functions_come_first_and_are_few() {
        let mut text = String::from("(module (func (export \"_start\"))");
        for size in 1..10 {
            text.extend([
                "(func $f",
                &size.to_string(),
                " ",
                &"nop ".repeat(size),
                ")",
            ]);
        }
        text.push(')');
        let found = analysed(&text);
        assert_eq!(found.largest.len(), TOLD);
        assert_eq!(found.largest[0].0, "f9");
        assert!(found.largest.windows(2).all(|two| two[0].1 >= two[1].1));
    }
}
