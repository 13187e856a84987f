//! The functions of one module: what each calls, how large it is, whether it can end.

use super::loops;
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{
    BinaryReaderError, ElementItems, ExternalKind, FunctionBody, KnownCustom, Name, Operator,
    Parser, Payload, TypeRef,
};

type Result<T> = std::result::Result<T, BinaryReaderError>;

/// One function.
#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) bytes: u64,
    /// Functions that it calls or refers to, by index.
    pub(super) calls: BTreeSet<u32>,
    /// Functions that it takes a reference of, which may then be called from anywhere.
    pub(super) refers: BTreeSet<u32>,
    pub(super) indirect_calls: u64,
    pub(super) endless: bool,
}

/// The functions of one module.
#[derive(Debug, Default)]
pub(super) struct Code {
    /// Imported functions as `module::name`; their indices come before those of the bodies.
    pub(super) imports: Vec<String>,
    bodies: Vec<Body>,
    /// Exported functions.
    pub(super) exports: Vec<(String, u32)>,
    pub(super) start: Option<u32>,
    /// Functions that stand in tables, or can be put there.
    pub(super) in_tables: BTreeSet<u32>,
    names: BTreeMap<u32, String>,
}

impl Code {
    pub(super) fn read(module: &[u8]) -> Result<Self> {
        let mut code = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            code.section(payload?)?;
        }
        Ok(code)
    }

    fn section(&mut self, payload: Payload<'_>) -> Result<()> {
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import?;
                    if matches!(import.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                        let name = format!("{}::{}", import.module, import.name);
                        self.imports.push(name);
                    }
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export?;
                    if matches!(export.kind, ExternalKind::Func | ExternalKind::FuncExact) {
                        self.exports.push((export.name.to_owned(), export.index));
                    }
                }
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(elements) => {
                for element in elements {
                    match element?.items {
                        ElementItems::Functions(functions) => {
                            for function in functions {
                                self.in_tables.insert(function?);
                            }
                        }
                        ElementItems::Expressions(_, expressions) => {
                            for expression in expressions {
                                let mut operators = expression?.get_operators_reader();
                                while !operators.eof() {
                                    if let Operator::RefFunc { function_index } =
                                        operators.read()?
                                    {
                                        self.in_tables.insert(function_index);
                                    }
                                }
                            }
                        }
                    }
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let mut operators = global?.init_expr.get_operators_reader();
                    while !operators.eof() {
                        if let Operator::RefFunc { function_index } = operators.read()? {
                            self.in_tables.insert(function_index);
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.bodies.push(read_body(&body)?),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(names) = section.as_known() {
                    // A broken name section is no fault of the code's.
                    for names in names.into_iter().flatten() {
                        let Name::Function(functions) = names else {
                            continue;
                        };
                        for naming in functions.into_iter().flatten() {
                            self.names.insert(naming.index, shown(naming.name));
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// The functions that the module defines, by index.
    pub(super) fn bodies(&self) -> impl Iterator<Item = (u32, &Body)> {
        (u32::try_from(self.imports.len()).unwrap_or(u32::MAX)..).zip(&self.bodies)
    }

    /// A function that the module defines; none for an imported one.
    pub(super) fn body(&self, index: u32) -> Option<&Body> {
        let index = usize::try_from(index).ok()?;
        self.bodies.get(index.checked_sub(self.imports.len())?)
    }

    /// How many functions there are, imported ones among them.
    pub(super) fn count(&self) -> usize {
        self.imports.len() + self.bodies.len()
    }

    /// What a function is called, for people.
    pub(super) fn name(&self, index: u32) -> String {
        match self.names.get(&index) {
            Some(name) => name.clone(),
            None => format!("function {index}"),
        }
    }
}

/// A name that a module gives: Rust's as people wrote them, without control characters, and not
/// longer than a line.
fn shown(name: &str) -> String {
    const LONGEST: usize = 120;
    // Only as much is read as can matter: the rest of a name of a megabyte is not looked at.
    let cut = &name[..name.floor_char_boundary(1024)];
    let name = format!("{:#}", rustc_demangle::demangle(cut));
    let mut shown = String::new();
    for character in name.chars() {
        if shown.len() >= LONGEST {
            shown.push('…');
            break;
        }
        if character.is_control() {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

fn read_body(body: &FunctionBody<'_>) -> Result<Body> {
    let range = body.range();
    let mut found = Body {
        bytes: range.end - range.start,
        ..Body::default()
    };
    let mut control = loops::Control::default();
    let mut operators = body.get_operators_reader()?;
    while !operators.eof() {
        let operator = operators.read()?;
        match &operator {
            Operator::Call { function_index } | Operator::ReturnCall { function_index } => {
                found.calls.insert(*function_index);
            }
            Operator::CallIndirect { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::CallRef { .. }
            | Operator::ReturnCallRef { .. } => found.indirect_calls += 1,
            Operator::RefFunc { function_index } => {
                found.refers.insert(*function_index);
            }
            _ => {}
        }
        control.step(&operator)?;
    }
    found.endless = control.endless();
    Ok(found)
}
