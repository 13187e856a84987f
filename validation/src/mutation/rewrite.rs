//! Puts counters and changes into a module.

use super::sites::Edit;
use super::{COUNTERS, MEMORY, NotExamined, Shape};
use std::collections::BTreeMap;
use wasm_encoder::reencode::{self, Reencode, utils};
use wasm_encoder::{
    BlockType, CodeSection, ExportKind, ExportSection, Function, Instruction, MemArg, MemArgTarget,
    MemorySection, MemoryType, Module, ValType,
};

/// What is added to a module.
#[derive(Default)]
pub(super) struct Added {
    /// By the number of the own function.
    pub(super) functions: BTreeMap<usize, Insert>,
    /// Pages of the second memory.
    pub(super) pages: u64,
}

/// What is added to a function.
#[derive(Default)]
pub(super) struct Insert {
    /// Before which instruction which counter is set.
    pub(super) counters: BTreeMap<usize, usize>,
    /// Which instruction is changed, by the number of the change.
    pub(super) changes: BTreeMap<usize, (u32, Edit)>,
}

/// The second memory's index.
const OURS: u32 = 1;

/// Makes the module.
pub(super) fn rewrite(
    wasm: &[u8],
    shape: &Shape<'_>,
    added: &Added,
) -> Result<Vec<u8>, NotExamined> {
    let mut pass = Pass {
        shape,
        added,
        function: 0,
    };
    let mut module = Module::new();
    pass.parse_core_module(&mut module, wasmparser::Parser::new(0), wasm)
        .map_err(|error| NotExamined::because(format!("it can't be rewritten: {error}")))?;
    Ok(module.finish())
}

struct Pass<'p, 'a> {
    shape: &'p Shape<'a>,
    added: &'p Added,
    /// Which of the module's own functions comes next.
    function: usize,
}

type Error = reencode::Error<std::convert::Infallible>;

impl Reencode for Pass<'_, '_> {
    type Error = std::convert::Infallible;

    fn parse_memory_section(
        &mut self,
        memories: &mut MemorySection,
        section: wasmparser::MemorySectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_memory_section(self, memories, section)?;
        memories.memory(MemoryType {
            minimum: self.added.pages,
            maximum: Some(self.added.pages),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        utils::parse_export_section(self, exports, section)?;
        exports.export(MEMORY, ExportKind::Memory, OURS);
        Ok(())
    }

    fn parse_function_body(
        &mut self,
        code: &mut CodeSection,
        body: wasmparser::FunctionBody<'_>,
    ) -> Result<(), Error> {
        let number = self.function;
        self.function += 1;
        let Some(insert) = self.added.functions.get(&number) else {
            return utils::parse_function_body(self, code, body);
        };
        let index = u32::try_from(self.shape.imported_functions + number).unwrap_or(u32::MAX);
        let params = self
            .shape
            .signature(index)
            .map_or(0, |(params, _)| params.len());
        let mut locals = Vec::new();
        let mut count = u32::try_from(params).unwrap_or(u32::MAX);
        for pair in body.get_locals_reader()? {
            let (number, ty) = pair?;
            count += number;
            locals.push((number, self.val_type(ty)?));
        }
        let mut body_code = Body {
            code: Vec::new(),
            first: count,
            added: Vec::new(),
            in_use: BTreeMap::new(),
        };
        let mut reader = body.get_operators_reader()?;
        let mut at = 0;
        while !reader.eof() {
            let operator = reader.read()?;
            if let Some(counter) = insert.counters.get(&at) {
                body_code.count(*counter);
            }
            let instruction = self.instruction(operator)?;
            match insert.changes.get(&at) {
                Some((number, edit)) => body_code.change(*number, edit, instruction),
                None => body_code.code.push(instruction),
            }
            at += 1;
        }
        locals.extend(body_code.added.iter().map(|ty| (1, *ty)));
        let mut function = Function::new(locals);
        for instruction in &body_code.code {
            function.instruction(instruction);
        }
        code.function(&function);
        Ok(())
    }

    /// Names stay, for backtraces; the offsets of all else no longer hold.
    fn parse_custom_section(
        &mut self,
        module: &mut Module,
        section: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), Error> {
        if section.name() == "name" {
            utils::parse_custom_section(self, module, section)?;
        }
        Ok(())
    }
}

/// One function while it is made.
struct Body<'q> {
    code: Vec<Instruction<'q>>,
    /// The number of the first local of ours.
    first: u32,
    added: Vec<ValType>,
    /// Ours, by type and by which of that type it is.
    in_use: BTreeMap<(u8, usize), u32>,
}

fn ours(offset: usize, align: u32) -> MemArg {
    MemArg {
        offset: offset as u64,
        align,
        target: MemArgTarget::Memory(OURS),
        ordering: None,
    }
}

impl<'q> Body<'q> {
    /// A local of ours; each time the same for the same type and number.
    fn local(&mut self, ty: ValType, which: usize) -> u32 {
        let kind = match ty {
            ValType::I32 => 0,
            ValType::I64 => 1,
            ValType::F32 => 2,
            _ => 3,
        };
        if let Some(local) = self.in_use.get(&(kind, which)) {
            return *local;
        }
        let local = self.first + u32::try_from(self.added.len()).unwrap_or(0);
        self.added.push(ty);
        self.in_use.insert((kind, which), local);
        local
    }

    fn push(&mut self, instructions: impl IntoIterator<Item = Instruction<'q>>) {
        self.code.extend(instructions);
    }

    fn count(&mut self, counter: usize) {
        self.push([
            Instruction::I32Const(0),
            Instruction::I32Const(1),
            Instruction::I32Store8(ours(COUNTERS + counter, 0)),
        ]);
    }

    /// Puts 1 on the stack if this change is in force, else 0; or the other way round.
    fn ask(&mut self, number: u32, same: bool) {
        self.push([
            Instruction::I32Const(0),
            Instruction::I32Load(ours(0, 2)),
            Instruction::I32Const(number.cast_signed()),
            if same {
                Instruction::I32Eq
            } else {
                Instruction::I32Ne
            },
        ]);
    }

    fn change(&mut self, number: u32, edit: &Edit, old: Instruction<'q>) {
        match edit {
            Edit::Binary {
                operands,
                result,
                new,
            } => {
                let (one, other) = (self.local(*operands, 0), self.local(*operands, 1));
                self.push([Instruction::LocalSet(other), Instruction::LocalSet(one)]);
                self.ask(number, true);
                self.push([
                    Instruction::If(BlockType::Result(*result)),
                    Instruction::LocalGet(one),
                    Instruction::LocalGet(other),
                    new.clone(),
                    Instruction::Else,
                    Instruction::LocalGet(one),
                    Instruction::LocalGet(other),
                    old,
                    Instruction::End,
                ]);
            }
            Edit::OneMore(ty) => {
                self.push([old]);
                self.ask(number, true);
                match ty {
                    ValType::I64 => {
                        self.push([Instruction::I64ExtendI32U, Instruction::I64Add]);
                    }
                    ValType::F64 => {
                        self.push([Instruction::F64ConvertI32U, Instruction::F64Add]);
                    }
                    _ => self.push([Instruction::I32Add]),
                }
            }
            Edit::Other => {
                self.push([old]);
                self.ask(number, true);
                self.push([Instruction::I32Xor]);
            }
            Edit::Negate => {
                // Turned round, and back again unless the change is in force.
                self.push([Instruction::I32Eqz]);
                self.ask(number, false);
                self.push([Instruction::I32Xor, old]);
            }
            Edit::NoStore(ty) => {
                let (address, value) = (self.local(ValType::I32, 2), self.local(*ty, 3));
                self.push([Instruction::LocalSet(value), Instruction::LocalSet(address)]);
                self.ask(number, false);
                self.push([
                    Instruction::If(BlockType::Empty),
                    Instruction::LocalGet(address),
                    Instruction::LocalGet(value),
                    old,
                    Instruction::End,
                ]);
            }
            Edit::NoCall(params) => {
                let locals: Vec<u32> = params
                    .iter()
                    .enumerate()
                    .map(|(which, ty)| self.local(*ty, 4 + which))
                    .collect();
                self.push(locals.iter().rev().map(|it| Instruction::LocalSet(*it)));
                self.ask(number, false);
                self.push([Instruction::If(BlockType::Empty)]);
                self.push(locals.iter().map(|it| Instruction::LocalGet(*it)));
                self.push([old, Instruction::End]);
            }
        }
    }
}
