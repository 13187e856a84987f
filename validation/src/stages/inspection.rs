//! The module against WASI and the policy's limits.

use super::Found;
use crate::{Finding, Inspection, Place};
use policies::Limits;
use runtime::LoadError;

const WASI: &str = "wasi_snapshot_preview1::";

/// What an import is called within WASI, or `None` where it is none of it. Whether there is such a
/// function, and of which type, the sandbox says.
fn within_wasi<'a>(module: &Inspection, name: &'a str) -> Option<&'a str> {
    if !module.is_component() {
        return name.strip_prefix(WASI);
    }
    let (interface, _) = name.split_once("::")?;
    let (_, version) = interface.strip_prefix("wasi:")?.split_once('@')?;
    let known = version.starts_with("0.2.") || version.starts_with("0.3.");
    known.then(|| &name["wasi:".len()..])
}

/// Judges what [`crate::inspect()`] saw.
pub(crate) fn judge(module: &Inspection, limits: &Limits) -> Found {
    let mut found = Found {
        metrics: module.metrics(),
        ..Found::default()
    };
    let item = |name: &str| Place::Module {
        item: name.to_owned(),
    };
    for (name, kind) in &module.imports {
        let Some(function) = within_wasi(module, name) else {
            let wasi = if module.is_component() {
                "WASI 0.2 or 0.3"
            } else {
                "WASI preview 1"
            };
            found.add(
                Finding::error(
                    "inspect/import-not-wasi",
                    format!("the module imports the {kind} `{name}`, which is not {wasi}"),
                    "remove the dependency or the `extern` block that needs it",
                )
                .at(item(name)),
            );
            continue;
        };
        if function.starts_with("sock_") {
            found.add(Finding::note("inspect/import-not-granted", format!("the module imports `{function}`: there are no sockets, and each call will be denied"), "remove what opens connections").at(item(name)));
        }
    }
    if module.bytes > limits.module_size.0 {
        found.add(Finding::error(
            "inspect/module-too-large",
            format!(
                "the module has {} bytes, more than the {} allowed",
                module.bytes, limits.module_size
            ),
            "use fewer or smaller dependencies, and less embedded data",
        ));
    }
    let pages = limits.memory.0 / Limits::PAGE.0;
    for (first, _) in &module.memories {
        if *first > pages {
            found.add(Finding::error("inspect/memory-too-large", format!("the module begins with {first} pages of memory, more than the {pages} allowed ({})", limits.memory), "make static data and the stack smaller").at(item("memory")));
        }
    }
    for (first, _) in &module.tables {
        if *first > u64::from(limits.table_elements) {
            found.add(
                Finding::error(
                    "inspect/table-too-large",
                    format!(
                        "a table has {first} elements, more than the {} allowed",
                        limits.table_elements
                    ),
                    "use fewer function pointers and trait objects",
                )
                .at(item("table")),
            );
        }
    }
    if module.tables.len() > limits.tables as usize {
        found.add(Finding::error(
            "inspect/table-too-large",
            format!(
                "there are {} tables, more than the {} allowed",
                module.tables.len(),
                limits.tables
            ),
            "use fewer tables",
        ));
    }
    if module.is_component() {
        if module.form == "component" {
            found.add(Finding::error(
                "inspect/missing-start",
                "the component exports neither `wasi:cli/run` nor `manifest` and `run` of the world `ocode:tool/tool`: there is nothing to call",
                "build a command, or a tool with the SDK",
            ));
        }
        return found;
    }
    if module.start_function {
        found.add(Finding::note("inspect/start-function", "the module has a start function, which runs before `_start`; it runs under the same limits", "nothing: it is unusual, not wrong"));
    }
    if !module
        .exports
        .iter()
        .any(|(name, kind)| name == "_start" && kind == "function")
    {
        found.add(
            Finding::error(
                "inspect/missing-start",
                "the module exports no function `_start`: it is no command",
                "build a program with `fn main`",
            )
            .at(item("_start")),
        );
    }
    found
}

/// Why the sandbox did not take a module. What the inspection named already is not said twice.
pub(crate) fn refused(found: &mut Found, error: &LoadError) {
    if found.failed() {
        return;
    }
    let rule = match error {
        LoadError::ForeignImport { .. } | LoadError::ImportType { .. } => "inspect/import-not-wasi",
        LoadError::TooLarge { .. } => "inspect/module-too-large",
        LoadError::TooDemanding { .. } => "inspect/memory-too-large",
        LoadError::NoStart | LoadError::NoEntry => "inspect/missing-start",
        _ => "inspect/invalid-module",
    };
    let remedy =
        "mend what is named; a program that cargo builds for wasm32-wasip1 has what it needs";
    found.add(Finding::error(rule, error.to_string(), remedy));
}

#[cfg(test)]
mod tests {
    use super::*;
    use policies::Bytes;

    fn rules(wat: &str, limits: &Limits) -> Vec<String> {
        let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"));
        let module = crate::inspect(&wasm).expect("a module");
        judge(&module, limits)
            .findings
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    }

    #[test]
    fn each_limit_at_its_edge() {
        let limits = Limits {
            memory: Bytes(2 * 65_536),
            table_elements: 10,
            tables: 1,
            ..Limits::default()
        };
        let start = "(func (export \"_start\"))";
        let none: [&str; 0] = [];
        assert_eq!(
            rules(
                &format!("(module {start} (memory 2) (table 10 funcref))"),
                &limits
            ),
            none
        );
        assert_eq!(
            rules(&format!("(module {start} (memory 3))"), &limits),
            ["inspect/memory-too-large"]
        );
        assert_eq!(
            rules(&format!("(module {start} (table 11 funcref))"), &limits),
            ["inspect/table-too-large"]
        );
        assert_eq!(
            rules(
                &format!("(module {start} (table 1 funcref) (table 1 funcref))"),
                &limits
            ),
            ["inspect/table-too-large"]
        );
        assert_eq!(rules("(module)", &limits), ["inspect/missing-start"]);
        assert_eq!(rules("(component)", &limits), ["inspect/missing-start"]);
        let imports = |name: &str| {
            rules(
                &format!(
                    "(component (import \"{name}\" (instance (export \"f\" (func))))
                       (core module (memory 3)))"
                ),
                &limits,
            )
        };
        assert_eq!(
            imports("wasi:random/random@0.2.0"),
            ["inspect/memory-too-large", "inspect/missing-start"]
        );
        for name in [
            "wasi:random/random",
            "wasi:random/random@0.4.0",
            "a:b/c@0.2.0",
        ] {
            assert_eq!(imports(name)[0], "inspect/import-not-wasi", "{name}");
        }
        assert_eq!(
            rules(
                &format!("(module (import \"env\" \"f\" (func)) {start})"),
                &limits
            ),
            ["inspect/import-not-wasi"]
        );
        let size = wat::parse_str(format!("(module {start})"))
            .expect("a module")
            .len() as u64;
        let sized = |bytes| Limits {
            module_size: Bytes(bytes),
            ..Limits::default()
        };
        assert_eq!(rules(&format!("(module {start})"), &sized(size)), none);
        assert_eq!(
            rules(&format!("(module {start})"), &sized(size - 1)),
            ["inspect/module-too-large"]
        );
    }
}
