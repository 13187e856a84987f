//! The process itself.

use super::{COMPONENT, MODULE, REFUSED};
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use wasi_preview1_component_adapter_provider::{
    WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER,
    WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER,
};
use wasmparser::{Parser, Payload};
use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// The world that a tool of the SDK has the functions of.
const WORLD: &str = include_str!("../../../guest-sdk/wit/tool.wit");

/// The role [`ENCODE`](crate::ENCODE): wraps the module that lies in the folder of its only
/// argument, and writes the component beside it.
#[must_use]
pub fn encode(arguments: Vec<OsString>) -> ExitCode {
    let Some(folder) = arguments.into_iter().next() else {
        return ExitCode::FAILURE;
    };
    let folder = Path::new(&folder);
    let module = match std::fs::read(folder.join(MODULE)) {
        Ok(module) => module,
        Err(error) => return failed(&format!("{MODULE} can't be read: {error}"), 1),
    };
    let component = match component(module) {
        Ok(component) => component,
        Err(why) => return failed(&why, REFUSED),
    };
    match std::fs::write(folder.join(COMPONENT), component) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&format!("{COMPONENT} can't be written: {error}"), 1),
    }
}

fn failed(why: &str, code: u8) -> ExitCode {
    eprintln!("{why}");
    ExitCode::from(code)
}

/// The module as a component: of the tool's world if it has the functions of that, else of
/// `wasi:cli/command`.
fn component(mut module: Vec<u8>) -> Result<Vec<u8>, String> {
    let exports = exports(&module).map_err(|error| error.to_string())?;
    let has = |name: &str| exports.iter().any(|export| export == name);
    let adapter = if has("run") && has("manifest") {
        embed_world(&mut module)?;
        WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
    } else {
        WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
    };
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).map_err(told)?;
    encoder
        .adapter(WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)
        .map_err(told)?;
    encoder.validate(true).encode().map_err(told)
}

fn embed_world(module: &mut Vec<u8>) -> Result<(), String> {
    let mut resolve = Resolve::default();
    let package = resolve.push_str("tool.wit", WORLD).map_err(told)?;
    let world = resolve.select_world(&[package], Some("tool"));
    let world = world.map_err(told)?;
    embed_component_metadata(module, &resolve, world, StringEncoding::UTF8, false).map_err(told)
}

fn exports(module: &[u8]) -> wasmparser::Result<Vec<String>> {
    let mut names = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        if let Payload::ExportSection(exports) = payload? {
            for export in exports {
                names.push(export?.name.to_owned());
            }
        }
    }
    Ok(names)
}

/// An error with its causes, which these crates show in the alternate form.
fn told(error: impl std::fmt::Display) -> String {
    format!("{error:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wat(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    fn is_component(wasm: &[u8]) -> bool {
        wasm.get(4..8) == Some(&[0x0d, 0, 1, 0])
    }

    const TOOL: &str = r#"(module (memory (export "memory") 1)
        (func (export "_start"))
        (func (export "manifest") (result i32) unreachable)
        (func (export "run") (param i32 i32) (result i32) unreachable)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable))"#;

    fn exports_of(component: &[u8]) -> String {
        use wasmparser::{Parser, Payload};
        let mut names = Vec::new();
        let mut depth = 0_u32;
        for payload in Parser::new(0).parse_all(component) {
            match payload.expect("a component") {
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
                Payload::End(_) => depth = depth.saturating_sub(1),
                Payload::ComponentExportSection(exports) if depth == 0 => {
                    for export in exports {
                        names.push(export.expect("an export").name.name.to_owned());
                    }
                }
                _ => {}
            }
        }
        names.join(" ")
    }

    #[test]
    fn a_module_with_the_tools_functions_becomes_a_tool() {
        let tool = component(wat(TOOL)).expect("it has all");
        assert!(is_component(&tool));
        let exports = exports_of(&tool);
        assert!(exports.ends_with("manifest run"), "{exports}");
    }

    #[test]
    fn any_other_command_becomes_a_command() {
        let text = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;
        let command = component(wat(text)).expect("it can start");
        assert!(is_component(&command));
        let exports = exports_of(&command);
        assert!(exports.contains("wasi:cli/run@0.2"), "{exports}");
    }

    #[test]
    fn functions_of_another_type_are_named() {
        let wrong = TOOL.replace("(param i32 i32) (result i32)", "(param i64) (result i32)");
        let why = component(wat(&wrong)).expect_err("no string is an i64");
        assert!(why.contains("run"), "{why}");
    }

    #[test]
    fn what_is_no_module_is_refused() {
        for bad in [
            &b""[..],
            b"\0asm",
            b"hello",
            &wat("(component)"),
            &wat("(module)"),
        ] {
            assert!(component(bad.to_vec()).is_err(), "{bad:?}");
        }
        let good = wat(TOOL);
        for cut in 0..good.len() {
            assert!(component(good[..cut].to_vec()).is_err(), "{cut}");
        }
    }

    #[test]
    fn what_only_another_host_has_can_t_be_imported() {
        let text = TOOL.replace(
            "(memory",
            r#"(import "env" "system" (func (param i32))) (memory"#,
        );
        let why = component(wat(&text)).expect_err("there is no such function");
        assert!(why.contains("env"), "{why}");
    }
}
