//! What has to be known of a module before it is rewritten.

use super::{NotInstrumented, layout};
use wasmparser::{CompositeInnerType, ExternalKind, Operator, Parser, Payload, TypeRef, ValType};

/// Whether the state that a run leaves can be put back into the same instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Restorable {
    /// Memory and globals are all that changes.
    Yes,
    /// It changes what can't be put back, so each run has an instance of its own.
    No(&'static str),
}

/// What has to be known of a module before it is rewritten.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Types of the type section.
    pub(crate) types: u32,
    pub(crate) has_imports: bool,
    pub(crate) imported_functions: u32,
    /// For each own function: its parameters, and whether it looks like one that compares texts.
    pub(crate) functions: Vec<Function>,
    /// The indices of globals that can change.
    pub(crate) mutable_globals: Vec<u32>,
    /// Bytes of code: no more counters than these are needed.
    pub(crate) code_bytes: u64,
    pub(crate) restorable: Restorable,
    /// Texts and numbers that stand in the module: words for a dictionary.
    pub(crate) constants: Vec<Vec<u8>>,
}

/// One of the module's own functions.
#[derive(Clone, Debug)]
pub(crate) struct Function {
    pub(crate) params: u32,
    /// How it takes two texts to compare, if it looks as if it did.
    pub(crate) compares: Option<Compares>,
}

/// Where a function that compares texts takes their length from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compares {
    /// Its third parameter, as `memcmp`.
    Counted,
    /// A NUL at the end, as `strcmp`.
    Ended,
}

/// Words that are kept at most.
const MOST_CONSTANTS: usize = 512;
/// The longest of them.
const LONGEST_CONSTANT: usize = 32;

impl Plan {
    pub(crate) fn own_functions(&self) -> u32 {
        u32::try_from(self.functions.len()).unwrap_or(u32::MAX)
    }

    /// Pages of our own memory. Counters are given out while the code is rewritten, after its
    /// size is written down: so there is room for as many as the code can have.
    pub(crate) fn our_pages(&self) -> u64 {
        (layout::EDGES + self.code_bytes).div_ceil(65_536)
    }

    /// Looks through a module.
    ///
    /// # Errors
    /// When it can't be read, or has something that the pass has no answer for.
    pub(crate) fn of(wasm: &[u8]) -> Result<Self, NotInstrumented> {
        if Parser::is_component(wasm) {
            return Err(NotInstrumented::Unsupported("it is a component"));
        }
        let unreadable = |error: wasmparser::Error| NotInstrumented::Unreadable(error.to_string());
        let mut plan = Self {
            types: 0,
            has_imports: false,
            imported_functions: 0,
            functions: Vec::new(),
            mutable_globals: Vec::new(),
            code_bytes: 0,
            restorable: Restorable::Yes,
            constants: Vec::new(),
        };
        let mut signatures: Vec<Option<(Vec<ValType>, Vec<ValType>)>> = Vec::new();
        let mut own_types: Vec<u32> = Vec::new();
        let mut imported_globals = 0;
        let mut memories = 0;
        let mut next_body = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.map_err(unreadable)? {
                Payload::TypeSection(section) => {
                    for group in section {
                        for ty in group.map_err(unreadable)?.into_types() {
                            plan.types += 1;
                            signatures.push(match ty.composite_type.inner {
                                CompositeInnerType::Func(function) => {
                                    Some((function.params().to_vec(), function.results().to_vec()))
                                }
                                _ => None,
                            });
                        }
                    }
                }
                Payload::ImportSection(section) => {
                    plan.has_imports = true;
                    for import in section.into_imports() {
                        match import.map_err(unreadable)?.ty {
                            TypeRef::Func(_) | TypeRef::FuncExact(_) => {
                                plan.imported_functions += 1;
                            }
                            TypeRef::Global(_) => imported_globals += 1,
                            TypeRef::Memory(_) => {
                                return Err(NotInstrumented::Unsupported("its memory is imported"));
                            }
                            TypeRef::Table(_) | TypeRef::Tag(_) => {}
                        }
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        own_types.push(ty.map_err(unreadable)?);
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        let memory = memory.map_err(unreadable)?;
                        memories += 1;
                        if memory.memory64 || memory.shared || memory.page_size_log2.is_some() {
                            return Err(NotInstrumented::Unsupported(
                                "its memory is of 64 bits, shared, or has pages of another size",
                            ));
                        }
                    }
                }
                Payload::GlobalSection(section) => {
                    for (number, global) in (imported_globals..).zip(section) {
                        let ty = global.map_err(unreadable)?.ty;
                        if ty.mutable {
                            plan.mutable_globals.push(number);
                            if matches!(ty.content_type, ValType::Ref(_)) {
                                plan.fresh("it has globals that hold references");
                            }
                        }
                    }
                }
                Payload::ExportSection(section) => {
                    let mut memory = false;
                    for export in section {
                        let export = export.map_err(unreadable)?;
                        memory |= export.kind == ExternalKind::Memory && export.name == "memory";
                        if export.name.starts_with(layout::HOST) {
                            return Err(NotInstrumented::Unsupported(
                                "it has exports of the names that the instrumentation uses",
                            ));
                        }
                    }
                    if !memory {
                        return Err(NotInstrumented::Unsupported("it exports no memory"));
                    }
                }
                Payload::StartSection { .. } => {
                    plan.fresh("it has a start function, which runs before every run");
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data.map_err(unreadable)?;
                        plan.texts(data.data);
                    }
                }
                Payload::CodeSectionStart { size, .. } => {
                    plan.code_bytes = u64::from(size) * 2 + 4096;
                }
                Payload::CodeSectionEntry(body) => {
                    let signature = own_types
                        .get(next_body)
                        .and_then(|ty| signatures.get(*ty as usize)?.as_ref());
                    next_body += 1;
                    let Some((params, results)) = signature else {
                        return Err(NotInstrumented::Unsupported("it has a function of no type"));
                    };
                    let seen = plan.scan(&body).map_err(unreadable)?;
                    plan.functions.push(Function {
                        params: u32::try_from(params.len()).unwrap_or(u32::MAX),
                        compares: compares(params, results, &seen),
                    });
                }
                _ => {}
            }
        }
        if memories != 1 {
            return Err(NotInstrumented::Unsupported("it has no memory, or several"));
        }
        Ok(plan)
    }

    fn fresh(&mut self, why: &'static str) {
        if self.restorable == Restorable::Yes {
            self.restorable = Restorable::No(why);
        }
    }

    /// Looks at the instructions of a function.
    fn scan(&mut self, body: &wasmparser::FunctionBody<'_>) -> wasmparser::Result<Seen> {
        let mut seen = Seen::default();
        for operator in body.get_operators_reader()? {
            match operator? {
                Operator::Loop { .. } => seen.loops = true,
                Operator::I32Load8U { .. } | Operator::I32Load8S { .. } => seen.bytes = true,
                Operator::Call { .. } | Operator::CallIndirect { .. } => seen.calls += 1,
                Operator::I32Store { .. } | Operator::I64Store { .. } => seen.stores += 1,
                Operator::I32Const { value } if !(-256..=65_535).contains(&value) => {
                    self.word(&value.to_le_bytes());
                }
                Operator::I64Const { value } if !(-256..=65_535).contains(&value) => {
                    self.word(&value.to_le_bytes());
                }
                Operator::TableSet { .. }
                | Operator::TableGrow { .. }
                | Operator::TableFill { .. }
                | Operator::TableCopy { .. }
                | Operator::TableInit { .. } => self.fresh("it changes its tables"),
                Operator::DataDrop { .. } | Operator::ElemDrop { .. } => {
                    self.fresh("it drops segments of its data");
                }
                _ => {}
            }
        }
        Ok(seen)
    }

    /// A constant, if it could be letters: numbers are found by comparing.
    fn word(&mut self, bytes: &[u8]) {
        let text: Vec<u8> = bytes
            .iter()
            .copied()
            .take_while(|byte| byte.is_ascii_graphic() || *byte == b' ')
            .collect();
        if text.len() >= 3 {
            self.constant(text);
        }
    }

    /// The texts in a data segment: runs of printable characters.
    fn texts(&mut self, data: &[u8]) {
        for run in data.split(|byte| !(byte.is_ascii_graphic() || *byte == b' ')) {
            // Rust puts one text right behind the other: long runs are cut at their words.
            if (2..=LONGEST_CONSTANT).contains(&run.len()) {
                self.constant(run.to_vec());
            }
            if run.len() > 12 {
                for word in run.split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_') {
                    if (3..=LONGEST_CONSTANT).contains(&word.len()) {
                        self.constant(word.to_vec());
                    }
                }
            }
        }
    }

    fn constant(&mut self, word: Vec<u8>) {
        if self.constants.len() < MOST_CONSTANTS && !self.constants.contains(&word) {
            self.constants.push(word);
        }
    }
}

/// What a function does, as far as that tells whether it compares texts.
#[derive(Default)]
struct Seen {
    loops: bool,
    bytes: bool,
    calls: u32,
    stores: u32,
}

fn compares(params: &[ValType], results: &[ValType], seen: &Seen) -> Option<Compares> {
    let plain = seen.loops && seen.bytes && seen.calls == 0 && seen.stores == 0;
    if !plain || results != [ValType::I32] || params.iter().any(|ty| *ty != ValType::I32) {
        return None;
    }
    match params.len() {
        3 => Some(Compares::Counted),
        2 => Some(Compares::Ended),
        _ => None,
    }
}
