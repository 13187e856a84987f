//! What a component is, without running it.

use super::{InnerModule, Inspection, section};
use wasmparser::component_types::{ComponentAnyTypeId, ComponentEntityType};
use wasmparser::types::TypesRef;
use wasmparser::{
    ComponentExternalKind, ComponentTypeRef, Encoding, Parser, Payload, Result, TypeBounds,
    Validator,
};

/// The interface that a command exports, up to the last number of its version.
const RUN: [&str; 2] = ["wasi:cli/run@0.2.", "wasi:cli/run@0.3."];

/// Reads and checks a component. What is listed as imported and exported is its own; sizes are
/// those of all modules inside, at any depth.
pub(super) fn inspect(wasm: &[u8], found: &mut Inspection) -> Result<()> {
    let types = Validator::new().validate_all(wasm)?;
    let types = types.as_ref();
    // Of each module and component that is open: whether it is a module.
    let mut open: Vec<bool> = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        let payload = payload?;
        match &payload {
            Payload::Version {
                encoding, range, ..
            } => {
                let module = *encoding == Encoding::Module;
                if module {
                    found.modules.push(InnerModule::at(range.start));
                }
                open.push(module);
                continue;
            }
            Payload::End(end) => {
                if open.pop() == Some(true)
                    && let Some(module) = found.modules.last_mut()
                {
                    module.end(*end);
                }
                continue;
            }
            _ => {}
        }
        match open.as_slice() {
            // The component itself.
            [false] => outer(found, types, payload)?,
            [.., true] => inner(found, payload)?,
            _ => {}
        }
    }
    found.form = form(found).to_owned();
    Ok(())
}

fn outer(found: &mut Inspection, types: TypesRef<'_>, payload: Payload<'_>) -> Result<()> {
    match payload {
        Payload::ComponentImportSection(imports) => {
            for import in imports {
                let import = import?;
                let name = import.name.name;
                match import.ty {
                    ComponentTypeRef::Instance(ty) => interface(found, types, name, ty),
                    // Another name of a type; nothing is called by it.
                    ComponentTypeRef::Type(TypeBounds::Eq(_)) => {}
                    other => found
                        .imports
                        .push((format!("{name}::"), kind_of(other).to_owned())),
                }
            }
        }
        Payload::ComponentExportSection(exports) => {
            for export in exports {
                let export = export?;
                let kind = match export.kind {
                    ComponentExternalKind::Module => "module",
                    ComponentExternalKind::Func => "function",
                    ComponentExternalKind::Value => "value",
                    ComponentExternalKind::Type => "type",
                    ComponentExternalKind::Instance => "interface",
                    ComponentExternalKind::Component => "component",
                };
                let name = export.name.name.to_owned();
                found.exports.push((name, kind.to_owned()));
            }
        }
        custom @ Payload::CustomSection(_) => section(found, custom)?,
        _ => {}
    }
    Ok(())
}

/// The functions of an interface that is imported.
fn interface(found: &mut Inspection, types: TypesRef<'_>, name: &str, ty: u32) {
    let ComponentAnyTypeId::Instance(id) = types.component_any_type_at(ty) else {
        return;
    };
    for (item, entity) in &types[id].exports {
        let kind = match entity.ty {
            ComponentEntityType::Func(_) => "function",
            ComponentEntityType::Module(_) => "module",
            ComponentEntityType::Value(_) => "value",
            ComponentEntityType::Instance(_) => "interface",
            ComponentEntityType::Component(_) => "component",
            // Names of types are no more than that.
            ComponentEntityType::Type { .. } => continue,
        };
        found
            .imports
            .push((format!("{name}::{item}"), kind.to_owned()));
    }
}

fn kind_of(ty: ComponentTypeRef) -> &'static str {
    match ty {
        ComponentTypeRef::Module(_) => "module",
        ComponentTypeRef::Func(_) => "function",
        ComponentTypeRef::Value(_) => "value",
        ComponentTypeRef::Type(_) => "type",
        ComponentTypeRef::Instance(_) => "interface",
        ComponentTypeRef::Component(_) => "component",
    }
}

/// A module inside: its sizes are added to the whole's.
fn inner(found: &mut Inspection, payload: Payload<'_>) -> Result<()> {
    let mut module = Inspection::default();
    section(&mut module, payload)?;
    if let Some(inner) = found.modules.last_mut() {
        inner.functions += module.functions;
        inner.data_bytes += module.data_bytes;
    }
    found.functions += module.functions;
    found.data_bytes += module.data_bytes;
    found.memories.append(&mut module.memories);
    found.tables.append(&mut module.tables);
    found.start_function |= module.start_function;
    Ok(())
}

/// What it is called as, by the names that it exports; the sandbox also looks at their types.
fn form(found: &Inspection) -> &'static str {
    let exports = |wanted: &str, wanted_kind: &str| {
        let mut all = found.exports.iter();
        all.any(|(name, kind)| name == wanted && kind == wanted_kind)
    };
    let runs = |(name, kind): &(String, String)| {
        kind == "interface" && RUN.iter().any(|run| name.starts_with(run))
    };
    if exports("manifest", "function") && exports("run", "function") {
        "tool component"
    } else if found.exports.iter().any(runs) {
        "command component"
    } else {
        "component"
    }
}

#[cfg(test)]
mod tests {
    use super::super::{InspectError, inspect};

    fn wat(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    const COMMAND: &str = r#"(component
        (import "wasi:random/random@0.2.0" (instance
          (export "get-random-u64" (func (result u64)))))
        (import "ocode:tool/types@0.1.0" (instance
          (type $r (record (field "a" u8))) (export "r" (type (eq $r)))))
        (component (core module (memory 1) (func)))
        (core module $m (memory 2 5) (table 3 funcref) (data (i32.const 0) "abcd")
          (func (export "run") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func $run (result (result)) (canon lift (core func $i "run")))
        (instance $entry (export "run" (func $run)))
        (export "wasi:cli/run@0.2.0" (instance $entry)))"#;

    #[test]
    fn a_component_is_described() {
        let found = inspect(&wat(COMMAND)).expect("a component");
        let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
        assert_eq!(found.form, "command component");
        assert_eq!(
            found.imports,
            [pair("wasi:random/random@0.2.0::get-random-u64", "function")]
        );
        assert_eq!(found.exports, [pair("wasi:cli/run@0.2.0", "interface")]);
        assert_eq!(found.memories, [(1, None), (2, Some(5))]);
        assert_eq!(found.tables, [(3, None)]);
        assert_eq!((found.functions, found.data_bytes), (2, 4));
        let modules: Vec<_> = found
            .modules
            .iter()
            .map(|module| (module.functions, module.data_bytes))
            .collect();
        assert_eq!(modules, [(1, 0), (1, 4)]);
        assert!(found.modules.iter().all(|module| module.bytes > 20));
    }

    #[test]
    fn a_tool_is_told_from_a_command() {
        let text = COMMAND.replace(
            "(export \"wasi:cli/run@0.2.0\" (instance $entry))",
            "(export \"manifest\" (func $run)) (export \"run\" (func $run))",
        );
        assert_eq!(inspect(&wat(&text)).expect("it is").form, "tool component");
        assert_eq!(
            inspect(&wat("(component)")).expect("it is").form,
            "component"
        );
    }

    #[test]
    fn the_name_of_a_type_is_no_import_and_a_resource_is_one() {
        let imports = |ty: &str| {
            let text =
                format!(r#"(component (type $t (record (field "a" u8))) (import "t" {ty}))"#);
            inspect(&wat(&text)).expect("it is").imports
        };
        assert_eq!(imports("(type (eq $t))"), []);
        let resource = imports("(type (sub resource))");
        assert_eq!(resource, [("t::".to_owned(), "type".to_owned())]);
    }

    #[test]
    fn what_is_broken_is_told_with_its_place() {
        let good = wat(COMMAND);
        for cut in 8..good.len() {
            // Some cuts end between two sections and leave a shorter component behind.
            if let Err(error) = inspect(&good[..cut]) {
                assert!(
                    matches!(error, InspectError::Invalid { .. }),
                    "{cut}: {error}"
                );
            }
        }
        assert!(inspect(&good[..good.len() - 1]).is_err());
    }
}
