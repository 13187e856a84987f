//! Small changes of a tool's own code, and which of its lines are reached.
//!
//! [`prepare`] takes a module that was compiled with line tables and without optimisation, finds
//! the instructions that came from the tool's own files, and gives the module back with counters
//! in their blocks and with all changes in it at once: each behind a look at a number in a second
//! memory, which no instruction of the guest can name. So one compilation serves every change,
//! and nothing that the guest does can choose one or pretend that it was reached.
//!
//! A [`Change`] is known by where it is in the sources and what it is, not by where it is in the
//! module: a generic function is compiled several times, and tests are another compilation of the
//! same sources. All that came from one place change together.

mod change;
mod flow;
mod lines;
mod rewrite;
mod sites;
mod source;

pub(crate) use change::Change;
pub(crate) use source::Source;
#[cfg(test)]
pub(crate) use {change::Kind, lines::Position};

use flow::Function;
use lines::Lines;
use sites::Site;
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{CompositeInnerType, ExternalKind, Parser, Payload, TypeRef, ValType};

/// The second memory's export.
pub(crate) const MEMORY: &str = "wasm-runner.mutation.memory";
/// Where the counters begin in it; before them is the number of the change that is in force.
pub(crate) const COUNTERS: usize = 16;
/// Modules with more code than this are not looked at: compiling them again takes too long.
const MOST_CODE: usize = 8 << 20;
/// Places that are changed in one module, at most: each makes it larger.
const MOST_SITES: usize = 4000;

/// Why a module can't be looked into, in words that complete "it was not examined: …".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotExamined(pub(crate) String);

impl NotExamined {
    fn because(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl From<wasmparser::BinaryReaderError> for NotExamined {
    fn from(error: wasmparser::BinaryReaderError) -> Self {
        Self(format!("the module can't be read: {error}"))
    }
}

/// A module that is ready to be looked into.
pub(crate) struct Prepared {
    /// The module with counters and changes in it.
    pub(crate) wasm: Vec<u8>,
    /// What the counters stand for, in their order.
    pub(crate) blocks: Vec<Block>,
    /// Bytes of the second memory.
    pub(crate) marks: u64,
}

/// A stretch of code that is run as a whole, of the tool's own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Block {
    /// Places in the sources that its instructions came from.
    pub(crate) places: BTreeSet<(u16, u32)>,
    /// It ends in a panic in any case: nobody has to reach it.
    pub(crate) panics: bool,
    /// Numbers of the changes in it.
    pub(crate) changes: Vec<u32>,
}

/// All changes that were seen, and their numbers: from 1, the same in each module.
#[derive(Default)]
pub(crate) struct Numbers {
    numbers: BTreeMap<Change, u32>,
}

impl Numbers {
    fn of(&mut self, change: Change) -> u32 {
        let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX - 1) + 1;
        *self.numbers.entry(change).or_insert(next)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Change, u32)> {
        self.numbers
            .iter()
            .map(|(change, number)| (change, *number))
    }
}

/// Looks for the tool's own code in a module and makes it ready. `root` is the folder in which it
/// was compiled, and `sources` are the tool's own files; a block's places name them by number.
/// With `only`, nothing is looked at but what came from those lines.
///
/// # Errors
/// When it can't be read, has no lines, or has what the pass has no answer for.
pub(crate) fn prepare(
    wasm: &[u8],
    root: &str,
    sources: &[Source],
    only: Option<&BTreeSet<(u16, u32)>>,
    numbers: &mut Numbers,
) -> Result<Prepared, NotExamined> {
    let shape = Shape::of(wasm)?;
    let mut lines = Lines::read(wasm, root, sources, shape.code_start)?;
    if let Some(only) = only {
        lines.retain(only);
    }
    let prepared = prepare_with(wasm, &shape, &lines, sources, numbers)?;
    if prepared.blocks.is_empty() && only.is_none() {
        return Err(NotExamined::because(
            "none of its code could be traced to the tool's files",
        ));
    }
    Ok(prepared)
}

fn prepare_with(
    wasm: &[u8],
    shape: &Shape<'_>,
    lines: &Lines,
    sources: &[Source],
    numbers: &mut Numbers,
) -> Result<Prepared, NotExamined> {
    let mut prepared = Prepared {
        wasm: Vec::new(),
        blocks: Vec::new(),
        marks: 0,
    };
    let mut added = rewrite::Added::default();
    let mut sites = 0;
    for (number, body) in shape.bodies.iter().enumerate() {
        let range = body.range();
        let own = lines.within(range.start, range.end);
        if !own {
            continue;
        }
        let Some(function) = Function::read(shape, body, lines)? else {
            continue;
        };
        let found = if sites < MOST_SITES {
            sites::find(&function, sources)
        } else {
            Vec::new()
        };
        sites += found.len();
        let insert = lay(&function, found, &mut prepared.blocks, numbers);
        if !insert.counters.is_empty() {
            added.functions.insert(number, insert);
        }
    }
    let bytes = (COUNTERS + prepared.blocks.len()).div_ceil(65_536) * 65_536;
    prepared.marks = bytes as u64;
    added.pages = prepared.marks / 65_536;
    prepared.wasm = rewrite::rewrite(wasm, shape, &added)?;
    Ok(prepared)
}

/// Gives the blocks of a function their counters, and its sites their numbers.
fn lay(
    function: &Function<'_>,
    sites: Vec<Site>,
    blocks: &mut Vec<Block>,
    numbers: &mut Numbers,
) -> rewrite::Insert {
    let mut insert = rewrite::Insert::default();
    let mut sites = sites.into_iter().peekable();
    for stretch in function.blocks() {
        let mut block = Block {
            panics: function.panics(stretch.start),
            ..Block::default()
        };
        for operator in &function.operators[stretch.clone()] {
            block
                .places
                .extend(operator.position.map(|it| (it.file, it.line)));
        }
        while let Some(site) = sites.next_if(|site| site.at < stretch.end) {
            let number = numbers.of(site.change);
            block.changes.push(number);
            insert.changes.insert(site.at, (number, site.edit));
        }
        if !block.places.is_empty() {
            insert.counters.insert(stretch.start, blocks.len());
            blocks.push(block);
        }
    }
    insert
}

/// What of a module the pass has to know.
struct Shape<'a> {
    /// Signatures by type.
    types: Vec<Option<(Vec<ValType>, Vec<ValType>)>>,
    /// The type of each function, imported ones first.
    functions: Vec<u32>,
    imported_functions: usize,
    bodies: Vec<wasmparser::FunctionBody<'a>>,
    /// Where the code section's content begins: line tables count from there.
    code_start: u64,
}

impl<'a> Shape<'a> {
    fn of(wasm: &'a [u8]) -> Result<Self, NotExamined> {
        if Parser::is_component(wasm) {
            return Err(NotExamined::because("it is a component"));
        }
        let mut shape = Self {
            types: Vec::new(),
            functions: Vec::new(),
            imported_functions: 0,
            bodies: Vec::new(),
            code_start: 0,
        };
        let mut memories = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group?.into_types() {
                            shape.types.push(match ty.composite_type.inner {
                                CompositeInnerType::Func(function) => {
                                    Some((function.params().to_vec(), function.results().to_vec()))
                                }
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        match import?.ty {
                            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => shape.functions.push(ty),
                            TypeRef::Memory(_) => {
                                return Err(NotExamined::because("its memory is imported"));
                            }
                            _ => {}
                        }
                    }
                    shape.imported_functions = shape.functions.len();
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        shape.functions.push(ty?);
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        let memory = memory?;
                        memories += 1;
                        if memory.memory64 || memory.shared {
                            return Err(NotExamined::because(
                                "its memory is of 64 bits, or shared",
                            ));
                        }
                    }
                }
                Payload::ExportSection(section) => {
                    let mut memory = false;
                    for export in section {
                        let export = export?;
                        memory |= export.kind == ExternalKind::Memory && export.name == "memory";
                        if export.name == MEMORY {
                            return Err(NotExamined::because(
                                "it has an export of the name that the counters have",
                            ));
                        }
                    }
                    if !memory {
                        return Err(NotExamined::because("it exports no memory"));
                    }
                }
                Payload::CodeSectionStart {
                    unchecked_range,
                    size,
                    ..
                } => {
                    shape.code_start = unchecked_range.start;
                    if size as usize > MOST_CODE {
                        return Err(NotExamined::because(format!(
                            "it has {size} bytes of code, more than the {MOST_CODE} that are looked at"
                        )));
                    }
                }
                Payload::CodeSectionEntry(body) => shape.bodies.push(body),
                _ => {}
            }
        }
        if memories != 1 {
            return Err(NotExamined::because("it has no memory, or several"));
        }
        Ok(shape)
    }

    /// Parameters and results of a function, imported or own.
    fn signature(&self, function: u32) -> Option<&(Vec<ValType>, Vec<ValType>)> {
        let ty = self.functions.get(function as usize)?;
        self.types.get(*ty as usize)?.as_ref()
    }
}

#[cfg(test)]
mod tests;
