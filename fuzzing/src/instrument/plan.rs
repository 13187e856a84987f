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
    /// Those of them that stand in the code, each with the number of its function.
    pub(crate) words: Vec<(usize, Vec<u8>)>,
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
const MOST_CONSTANTS: usize = 1024;
/// Words from the beginning of the code, and of data, that come before all others.
const FIRST_WORDS: usize = 64;
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
            words: Vec::new(),
        };
        // What stands in data comes after the code, and both begin with what is the author's own.
        let mut in_code = Vec::new();
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
                    in_code = std::mem::take(&mut plan.constants);
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
        plan.first_things_first(&in_code);
        Ok(plan)
    }

    /// Puts the words of the code and those of data together, the first of each first.
    fn first_things_first(&mut self, in_code: &[Vec<u8>]) {
        let in_data = std::mem::take(&mut self.constants);
        let part = |words: &[Vec<u8>]| words.len().min(FIRST_WORDS);
        let (first, rest) = in_code.split_at(part(in_code));
        let (second, last) = in_data.split_at(part(&in_data));
        for word in [first, second, rest, last].concat() {
            self.constant(word);
        }
    }

    fn fresh(&mut self, why: &'static str) {
        if self.restorable == Restorable::Yes {
            self.restorable = Restorable::No(why);
        }
    }

    /// Looks at the instructions of a function.
    fn scan(&mut self, body: &wasmparser::FunctionBody<'_>) -> wasmparser::Result<Seen> {
        let mut seen = Seen::default();
        let mut pieces = Pieces::default();
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            if let Some(text) = pieces.take(&operator) {
                self.code_word(text);
            }
            match operator {
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
        if let Some(text) = pieces.end() {
            self.code_word(text);
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
            self.code_word(text);
        }
    }

    /// A word in the function that is being looked at.
    fn code_word(&mut self, word: Vec<u8>) {
        const MOST: usize = 8192;
        if self.words.len() < MOST {
            self.words.push((self.functions.len(), word.clone()));
        }
        self.constant(word);
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

/// A text that is compared in pieces: compilers make of `word == "northwest"` a comparison of
/// eight bytes and one of one. Each piece is a load from a base and a constant after it; those
/// that touch are put together.
#[derive(Default)]
struct Pieces {
    /// Offset and width of the load that was the last instruction.
    load: Option<(u64, usize)>,
    /// A small number that was the last instruction, and what it was added to an address.
    number: Option<u64>,
    added: Option<u64>,
    /// The same with the constant after it.
    constant: Option<(u64, Vec<u8>)>,
    gathered: Vec<(u64, Vec<u8>)>,
    /// Instructions since the last piece.
    since: usize,
}

impl Pieces {
    /// Instructions between two pieces of one text at most.
    const NEAR: usize = 12;

    /// Goes on by an instruction; gives a text that has come to its end.
    fn take(&mut self, operator: &Operator<'_>) -> Option<Vec<u8>> {
        use Operator as O;
        let (number, added) = (self.number.take(), self.added.take().unwrap_or(0));
        match operator {
            O::I32Const { value } => self.number = u64::try_from(*value).ok().filter(|it| *it < 64),
            O::I32Add => self.added = number,
            _ => {}
        }
        let load = match operator {
            O::I64Load { memarg } => Some((memarg.offset, 8)),
            O::I32Load { memarg } | O::I64Load32U { memarg } => Some((memarg.offset, 4)),
            O::I32Load16U { memarg } | O::I64Load16U { memarg } => Some((memarg.offset, 2)),
            O::I32Load8U { memarg } | O::I64Load8U { memarg } => Some((memarg.offset, 1)),
            _ => None,
        };
        let load = load.map(|(offset, width)| (offset.saturating_add(added), width));
        let (had_load, had_constant) = (self.load.take(), self.constant.take());
        self.since += 1;
        let mut ended = None;
        match (operator, had_load, had_constant) {
            (O::I32Const { value }, Some((offset, width)), _) => {
                self.constant = Some((offset, value.to_le_bytes()[..width.min(4)].to_vec()));
            }
            (O::I64Const { value }, Some((offset, width)), _) => {
                self.constant = Some((offset, value.to_le_bytes()[..width].to_vec()));
            }
            (
                O::I32Xor | O::I64Xor | O::I32Eq | O::I32Ne | O::I64Eq | O::I64Ne,
                _,
                Some((offset, bytes)),
            ) => {
                let fits = self.gathered.iter().all(|(at, had)| {
                    let (one, other) = ((*at, had), (offset, &bytes));
                    let (low, high) = if one.0 <= other.0 {
                        (one, other)
                    } else {
                        (other, one)
                    };
                    let apart = usize::try_from(high.0 - low.0).unwrap_or(usize::MAX);
                    // Where they overlap they say the same.
                    low.1
                        .iter()
                        .skip(apart)
                        .zip(high.1)
                        .all(|(one, other)| one == other)
                });
                if !fits || self.since > Self::NEAR {
                    ended = self.end();
                }
                self.since = 0;
                self.gathered.push((offset, bytes));
            }
            _ => {}
        }
        self.load = load;
        ended
    }

    /// The text that was gathered, if there is one that is longer than each of its pieces.
    fn end(&mut self) -> Option<Vec<u8>> {
        let mut pieces = std::mem::take(&mut self.gathered);
        pieces.sort();
        let mut pieces = pieces.into_iter();
        let (start, mut text) = pieces.next()?;
        let first = text.len();
        for (at, piece) in pieces {
            let from = usize::try_from(at - start).unwrap_or(usize::MAX);
            if from > text.len() {
                break;
            }
            let known = text.len() - from;
            text.extend(piece.iter().skip(known));
        }
        let printable = text
            .iter()
            .all(|byte| byte.is_ascii_graphic() || *byte == b' ');
        let fits = text.len() > first && (3..=LONGEST_CONSTANT).contains(&text.len());
        (fits && printable).then_some(text)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_compared_in_pieces_is_one_word() {
        let wasm = wat::parse_str(
            r#"(module (memory (export "memory") 1)
              (func (export "_start") (local $p i32)
                (drop (i64.eqz (i64.or
                  (i64.xor (i64.load (local.get $p)) (i64.const 0x7365777468_74726f6e))
                  (i64.xor (i64.load8_u (i32.add (local.get $p) (i32.const 8))) (i64.const 0x74)))))
                (drop (i32.eq (i32.load (local.get $p)) (i32.const 0x6e727574)))))"#
                .replace(
                    "0x7365777468_74726f6e",
                    &i64::from_le_bytes(*b"northwes").to_string(),
                )
                .as_str(),
        )
        .expect("a module");
        let words = Plan::of(&wasm).expect("a plan").constants;
        assert!(words.contains(&b"northwest".to_vec()), "{words:?}");
        assert!(words.contains(&b"turn".to_vec()), "{words:?}");
        let placed = Plan::of(&wasm).expect("a plan").words;
        assert!(placed.contains(&(0, b"turn".to_vec())), "{placed:?}");
    }
}
