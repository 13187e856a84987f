//! What a module or component is, without running it.

mod component;

use serde::Serialize;
use std::collections::BTreeMap;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef, Validator};

/// What a module or component is and asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Inspection {
    /// `module`; or `command component`, `tool component` or `component` (one that is neither).
    pub form: String,
    /// Size of the whole, in bytes.
    pub bytes: u64,
    /// SHA-256, in hex.
    pub digest: String,
    /// Imports, as `module::name`, with their kind; of a component as `interface::name`.
    pub imports: Vec<(String, String)>,
    /// Exports, with their kind.
    pub exports: Vec<(String, String)>,
    /// Functions that the module defines; with a component, all modules inside, here and below.
    pub functions: u64,
    /// For each memory its first size and its own maximum, in pages of 64 KiB.
    pub memories: Vec<(u64, Option<u64>)>,
    /// For each table its first size and its own maximum, in elements.
    pub tables: Vec<(u64, Option<u64>)>,
    /// Whether a function runs before `_start`.
    pub start_function: bool,
    /// Bytes of initialised data.
    pub data_bytes: u64,
    /// Custom sections and their sizes in bytes.
    pub custom_sections: Vec<(String, u64)>,
    /// The modules inside a component, at any depth, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub modules: Vec<InnerModule>,
    /// What made it: field, name and version, from the `producers` section.
    pub producers: Vec<String>,
}

/// A module inside a component.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct InnerModule {
    /// Its size, in bytes.
    pub bytes: u64,
    /// Functions that it defines.
    pub functions: u64,
    /// Bytes of initialised data.
    pub data_bytes: u64,
    #[serde(skip)]
    start: u64,
}

impl InnerModule {
    fn at(start: u64) -> Self {
        Self {
            start,
            ..Self::default()
        }
    }

    fn end(&mut self, end: u64) {
        self.bytes = end.saturating_sub(self.start);
    }
}

/// Why bytes can't be inspected.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// No bytes.
    #[error("the file is empty: give a WebAssembly module")]
    Empty,
    /// Something else.
    #[error("this is not WebAssembly: it does not start with \"\\0asm\"")]
    NotWasm,
    /// Broken or cut off.
    #[error("the module is broken at byte {offset}: {message}")]
    Invalid {
        /// Where.
        offset: u64,
        /// What.
        message: String,
    },
}

/// Reads and checks a module or component.
///
/// # Errors
/// When it is empty, no WebAssembly, or not valid.
pub fn inspect(wasm: &[u8]) -> Result<Inspection, InspectError> {
    if wasm.is_empty() {
        return Err(InspectError::Empty);
    }
    if !wasm.starts_with(b"\0asm") {
        return Err(InspectError::NotWasm);
    }
    let broken = |error: wasmparser::BinaryReaderError| InspectError::Invalid {
        offset: error.offset(),
        message: error.message().to_owned(),
    };
    let mut found = Inspection {
        form: "module".to_owned(),
        bytes: wasm.len() as u64,
        digest: runtime::Digest::of(wasm).to_string(),
        ..Inspection::default()
    };
    // The upper half of the version is the layer: 1 is the component model.
    if wasm.get(6..8) == Some(&[1, 0]) {
        component::inspect(wasm, &mut found).map_err(broken)?;
        return Ok(found);
    }
    Validator::new().validate_all(wasm).map_err(broken)?;
    for payload in Parser::new(0).parse_all(wasm) {
        section(&mut found, payload.map_err(broken)?).map_err(broken)?;
    }
    Ok(found)
}

fn section(found: &mut Inspection, payload: Payload<'_>) -> wasmparser::Result<()> {
    match payload {
        Payload::ImportSection(imports) => {
            for import in imports.into_imports() {
                let import = import?;
                let kind = match import.ty {
                    TypeRef::Func(_) | TypeRef::FuncExact(_) => "function",
                    TypeRef::Table(_) => "table",
                    TypeRef::Memory(_) => "memory",
                    TypeRef::Global(_) => "global",
                    TypeRef::Tag(_) => "tag",
                };
                found.imports.push((
                    format!("{}::{}", import.module, import.name),
                    kind.to_owned(),
                ));
            }
        }
        Payload::ExportSection(exports) => {
            for export in exports {
                let export = export?;
                let kind = match export.kind {
                    ExternalKind::Func | ExternalKind::FuncExact => "function",
                    ExternalKind::Table => "table",
                    ExternalKind::Memory => "memory",
                    ExternalKind::Global => "global",
                    ExternalKind::Tag => "tag",
                };
                found
                    .exports
                    .push((export.name.to_owned(), kind.to_owned()));
            }
        }
        Payload::FunctionSection(functions) => found.functions = u64::from(functions.count()),
        Payload::MemorySection(memories) => {
            for memory in memories {
                let memory = memory?;
                found.memories.push((memory.initial, memory.maximum));
            }
        }
        Payload::TableSection(tables) => {
            for table in tables {
                let ty = table?.ty;
                found.tables.push((ty.initial, ty.maximum));
            }
        }
        Payload::StartSection { .. } => found.start_function = true,
        Payload::DataSection(data) => {
            for segment in data {
                found.data_bytes += segment?.data.len() as u64;
            }
        }
        Payload::CustomSection(section) => {
            found
                .custom_sections
                .push((section.name().to_owned(), section.data().len() as u64));
            // A broken custom section is no fault of the module: nothing runs by it.
            if let wasmparser::KnownCustom::Producers(fields) = section.as_known() {
                for field in fields.into_iter().flatten() {
                    for value in field.values.into_iter().flatten() {
                        found
                            .producers
                            .push(format!("{}: {} {}", field.name, value.name, value.version));
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

impl Inspection {
    /// Whether it is a component.
    pub fn is_component(&self) -> bool {
        self.form != "module"
    }

    /// Figures for a report.
    pub(crate) fn metrics(&self) -> BTreeMap<String, f64> {
        #[allow(clippy::cast_precision_loss, reason = "figures for people")]
        let figures = [
            ("module_bytes", self.bytes as f64),
            ("functions_count", self.functions as f64),
            ("imports_count", self.imports.len() as f64),
            ("data_bytes", self.data_bytes as f64),
            (
                "memory_pages",
                self.memories.iter().map(|(first, _)| *first).sum::<u64>() as f64,
            ),
        ];
        figures
            .into_iter()
            .map(|(name, figure)| (name.to_owned(), figure))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wat(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"))
    }

    #[test]
    fn a_module_is_described() {
        let wasm = wat("(module (import \"wasi_snapshot_preview1\" \"fd_close\" (func (param i32) (result i32)))
            (memory (export \"memory\") 2 5) (table 3 funcref) (data (i32.const 0) \"abcd\")
            (func $f) (start $f) (func (export \"_start\")) (@custom \"extra\" \"\\ff\\ff\"))");
        let found = inspect(&wasm).expect("a module");
        assert_eq!(
            found.imports,
            [(
                "wasi_snapshot_preview1::fd_close".to_owned(),
                "function".to_owned()
            )]
        );
        assert_eq!(found.memories, [(2, Some(5))]);
        assert_eq!(found.tables, [(3, None)]);
        assert_eq!(
            (found.functions, found.data_bytes, found.start_function),
            (2, 4, true)
        );
        assert!(found.custom_sections.contains(&("extra".to_owned(), 2)));
    }

    #[test]
    fn what_is_no_module_is_named() {
        let good = wat("(module (func (export \"_start\")))");
        assert_eq!(inspect(b""), Err(InspectError::Empty));
        assert_eq!(inspect(b"hello"), Err(InspectError::NotWasm));
        for cut in 4..good.len() {
            // Some cuts end between two sections and leave a shorter module behind.
            if let Err(error) = inspect(&good[..cut]) {
                assert!(
                    matches!(error, InspectError::Invalid { .. }),
                    "{cut}: {error}"
                );
            }
        }
        assert!(inspect(&good[..5]).is_err());
    }
}
