//! One function's instructions, with what is added to them.

use super::plan::Compares;
use super::{Code, Form, OURS, Pass, layout};
use wasm_encoder::reencode::{self, Reencode};
use wasm_encoder::{BlockType, CodeSection, Function, Instruction, MemArg, ValType};
use wasmparser::Operator;

type Error = reencode::Error<std::convert::Infallible>;

/// Rewrites a function.
pub(super) fn rewrite(
    pass: &mut Pass<'_>,
    code: &mut CodeSection,
    body: &wasmparser::FunctionBody<'_>,
) -> Result<(), Error> {
    let function = pass.plan.functions[pass.function].clone();
    pass.function += 1;
    let mut locals = Vec::new();
    let mut count = function.params;
    for pair in body.get_locals_reader()? {
        let (number, ty) = pair?;
        count += number;
        locals.push((number, pass.val_type(ty)?));
    }
    let mut rewriting = Rewriting {
        pass,
        code: Vec::new(),
        spare: Spare::new(count),
        constant: None,
    };
    rewriting.enter(function.compares);
    let mut reader = body.get_operators_reader()?;
    while !reader.eof() {
        let operator = reader.read()?;
        rewriting.before(&operator);
        let constant = match operator {
            Operator::I32Const { .. } | Operator::I64Const { .. } => Some(()),
            _ => None,
        };
        let is_loop = matches!(operator, Operator::Loop { .. });
        let instruction = rewriting.pass.instruction(operator)?;
        rewriting.code.push(instruction);
        if is_loop {
            rewriting.count();
        }
        rewriting.constant = constant;
    }
    locals.extend(rewriting.spare.added.iter().map(|ty| (1, *ty)));
    let mut function = Function::new(locals);
    for instruction in &rewriting.code {
        function.instruction(instruction);
    }
    code.function(&function);
    Ok(())
}

/// Locals of our own, one of each type and use, made when first needed.
struct Spare {
    first: u32,
    added: Vec<ValType>,
    named: Vec<(Use, u32)>,
}

/// What a local of ours holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    Condition,
    Index,
    Address,
    /// The value of a store, or one operand of a comparison.
    Value(ValType),
    /// The other operand.
    Other(ValType),
}

impl Spare {
    fn new(first: u32) -> Self {
        Self {
            first,
            added: Vec::new(),
            named: Vec::new(),
        }
    }

    fn get(&mut self, wanted: Use) -> u32 {
        if let Some((_, local)) = self.named.iter().find(|(named, _)| *named == wanted) {
            return *local;
        }
        let local = self.first + u32::try_from(self.added.len()).unwrap_or(0);
        self.added.push(match wanted {
            Use::Condition | Use::Index | Use::Address => ValType::I32,
            Use::Value(ty) | Use::Other(ty) => ty,
        });
        self.named.push((wanted, local));
        local
    }
}

/// What is made of one function.
struct Rewriting<'a, 'p, 'q> {
    pass: &'a mut Pass<'p>,
    code: Code<'q>,
    spare: Spare,
    /// Whether the instruction before put a constant on the stack.
    constant: Option<()>,
}

fn ours(offset: u64) -> MemArg {
    MemArg::memory(offset, 0, OURS)
}

/// A byte of memory, by its offset.
trait AtMemory {
    fn memory(offset: u64, align: u32, memory: u32) -> Self;
}

impl AtMemory for MemArg {
    fn memory(offset: u64, align: u32, memory: u32) -> Self {
        Self {
            offset,
            align,
            target: wasm_encoder::MemArgTarget::Memory(memory),
            ordering: None,
        }
    }
}

impl<'q> Rewriting<'_, '_, 'q> {
    fn push(&mut self, instructions: impl IntoIterator<Item = Instruction<'q>>) {
        self.code.extend(instructions);
    }

    /// Gives out this many counters, and says where the first is.
    fn counters(&mut self, number: u64) -> u64 {
        let at = layout::EDGES + self.pass.edges;
        self.pass.edges += number;
        at
    }

    /// Counts that this place was reached.
    fn count(&mut self) {
        let at = self.counters(1);
        self.push([
            Instruction::I32Const(0),
            Instruction::I32Const(0),
            Instruction::I32Load8U(ours(at)),
            Instruction::I32Const(1),
            Instruction::I32Add,
            Instruction::I32Store8(ours(at)),
        ]);
    }

    /// Counts in the counter whose number, from the first on, is on top of the stack.
    fn count_indexed(&mut self, at: u64) {
        let index = self.spare.get(Use::Index);
        self.push([
            Instruction::LocalTee(index),
            Instruction::LocalGet(index),
            Instruction::I32Load8U(ours(at)),
            Instruction::I32Const(1),
            Instruction::I32Add,
            Instruction::I32Store8(ours(at)),
        ]);
    }

    /// What stands at a function's beginning.
    fn enter(&mut self, compares: Option<Compares>) {
        let entry = usize::try_from(self.pass.edges).unwrap_or(usize::MAX);
        self.pass.entries.push(entry);
        self.count();
        if self.pass.form == Form::Comparing
            && let Some(compares) = compares
        {
            let length = match compares {
                Compares::Counted => Instruction::LocalGet(2),
                Compares::Ended => Instruction::I32Const(-1),
            };
            let host = self.pass.host_function(2);
            self.push([
                Instruction::LocalGet(0),
                Instruction::LocalGet(1),
                length,
                Instruction::Call(host),
            ]);
        }
    }

    /// What stands before an instruction.
    fn before(&mut self, operator: &Operator<'_>) {
        match operator {
            Operator::BrIf { .. } | Operator::If { .. } => {
                let at = self.counters(2);
                let condition = self.spare.get(Use::Condition);
                self.push([Instruction::LocalTee(condition), Instruction::I32Eqz]);
                self.count_indexed(at);
                self.push([Instruction::LocalGet(condition)]);
            }
            Operator::BrTable { targets } => {
                let last = targets.len();
                let at = self.counters(u64::from(last) + 1);
                let condition = self.spare.get(Use::Condition);
                self.push([
                    Instruction::LocalTee(condition),
                    Instruction::I32Const(last.cast_signed()),
                    Instruction::LocalGet(condition),
                    Instruction::I32Const(last.cast_signed()),
                    Instruction::I32LtU,
                    Instruction::Select,
                ]);
                self.count_indexed(at);
                if self.pass.form == Form::Comparing {
                    self.hear_switch(condition, last, at);
                }
                self.push([Instruction::LocalGet(condition)]);
            }
            Operator::MemoryFill { .. }
            | Operator::MemoryCopy { .. }
            | Operator::MemoryInit { .. } => self.mark_range(),
            _ => {
                if let Some(store) = Store::of(operator) {
                    self.mark_store(store);
                } else if self.pass.form == Form::Comparing {
                    self.hear_comparison(operator);
                }
            }
        }
    }

    /// Tells the host the operands of a comparison. One with a constant is worth it also where
    /// the compiler made an exclusive-or of it.
    fn hear_comparison(&mut self, operator: &Operator<'_>) {
        let (ty, host) = match operator {
            Operator::I32Eq
            | Operator::I32Ne
            | Operator::I32LtS
            | Operator::I32LtU
            | Operator::I32GtS
            | Operator::I32GtU
            | Operator::I32LeS
            | Operator::I32LeU
            | Operator::I32GeS
            | Operator::I32GeU => (ValType::I32, 0),
            Operator::I32Xor if self.constant.is_some() => (ValType::I32, 0),
            Operator::I64Eq
            | Operator::I64Ne
            | Operator::I64LtS
            | Operator::I64LtU
            | Operator::I64GtS
            | Operator::I64GtU
            | Operator::I64LeS
            | Operator::I64LeU
            | Operator::I64GeS
            | Operator::I64GeU => (ValType::I64, 1),
            Operator::I64Xor if self.constant.is_some() => (ValType::I64, 1),
            _ => return,
        };
        let one = self.spare.get(Use::Value(ty));
        let other = self.spare.get(Use::Other(ty));
        let host = self.pass.host_function(host);
        let site = self.site();
        self.push([
            Instruction::LocalSet(other),
            Instruction::LocalSet(one),
            Instruction::I32Const(site),
            Instruction::LocalGet(one),
            Instruction::LocalGet(other),
            Instruction::Call(host),
            Instruction::LocalGet(one),
            Instruction::LocalGet(other),
        ]);
    }

    /// Tells the host of a switch: its value beside the first cases that there are.
    fn hear_switch(&mut self, condition: u32, cases: u32, at: u64) {
        const HEARD: i32 = 8;
        let host = self.pass.host_function(0);
        for case in 0..HEARD.min(cases.cast_signed()) {
            self.push([
                Instruction::I32Const(i32::try_from(at).unwrap_or(0)),
                Instruction::LocalGet(condition),
                Instruction::I32Const(case),
                Instruction::Call(host),
            ]);
        }
    }

    /// A number for this place in the code.
    fn site(&self) -> i32 {
        let place = self.code.len() + (self.pass.function << 16);
        i32::try_from(place & 0x7fff_ffff).unwrap_or(0)
    }

    /// Marks the page that a store begins in; where it ends is at most a few bytes on, and those
    /// are put back with it.
    fn mark_store(&mut self, store: Store) {
        let address = self.spare.get(Use::Address);
        let operands: Vec<u32> = match store.operands {
            Operands::One(ty) => vec![self.spare.get(Use::Value(ty))],
            Operands::Two(ty) => vec![
                self.spare.get(Use::Value(ty)),
                self.spare.get(Use::Other(ty)),
            ],
        };
        for operand in operands.iter().rev() {
            self.push([Instruction::LocalSet(*operand)]);
        }
        self.push([Instruction::LocalTee(address)]);
        if store.offset != 0 {
            // Beyond 32 bits the store traps, and nothing is written.
            let offset = u32::try_from(store.offset).unwrap_or(u32::MAX);
            self.push([
                Instruction::I32Const(offset.cast_signed()),
                Instruction::I32Add,
            ]);
        }
        self.push([
            Instruction::I32Const(layout::PAGE_BITS),
            Instruction::I32ShrU,
            Instruction::I32Const(1),
            Instruction::I32Store8(ours(layout::DIRTY)),
            Instruction::LocalGet(address),
        ]);
        for operand in operands {
            self.push([Instruction::LocalGet(operand)]);
        }
    }

    /// Marks the range of an instruction that takes where, what and how much.
    fn mark_range(&mut self) {
        let length = self.spare.get(Use::Value(ValType::I32));
        let what = self.spare.get(Use::Other(ValType::I32));
        let address = self.spare.get(Use::Address);
        let marker = self.pass.marker();
        self.push([
            Instruction::LocalSet(length),
            Instruction::LocalSet(what),
            Instruction::LocalTee(address),
            Instruction::LocalGet(length),
            Instruction::Call(marker),
            Instruction::LocalGet(address),
            Instruction::LocalGet(what),
            Instruction::LocalGet(length),
        ]);
    }
}

/// An instruction that writes to memory.
#[derive(Clone, Copy)]
struct Store {
    offset: u64,
    operands: Operands,
}

/// What is on the stack above the address.
#[derive(Clone, Copy)]
enum Operands {
    One(ValType),
    /// Of atomic compare-and-exchange.
    Two(ValType),
}

impl Store {
    fn of(operator: &Operator<'_>) -> Option<Self> {
        use Operator as O;
        use ValType::{F32, F64, I32, I64, V128};
        let (memarg, operands) = match operator {
            O::I32Store { memarg }
            | O::I32Store8 { memarg }
            | O::I32Store16 { memarg }
            | O::I32AtomicStore { memarg }
            | O::I32AtomicStore8 { memarg }
            | O::I32AtomicStore16 { memarg }
            | O::I32AtomicRmwAdd { memarg }
            | O::I32AtomicRmw8AddU { memarg }
            | O::I32AtomicRmw16AddU { memarg }
            | O::I32AtomicRmwSub { memarg }
            | O::I32AtomicRmw8SubU { memarg }
            | O::I32AtomicRmw16SubU { memarg }
            | O::I32AtomicRmwAnd { memarg }
            | O::I32AtomicRmw8AndU { memarg }
            | O::I32AtomicRmw16AndU { memarg }
            | O::I32AtomicRmwOr { memarg }
            | O::I32AtomicRmw8OrU { memarg }
            | O::I32AtomicRmw16OrU { memarg }
            | O::I32AtomicRmwXor { memarg }
            | O::I32AtomicRmw8XorU { memarg }
            | O::I32AtomicRmw16XorU { memarg }
            | O::I32AtomicRmwXchg { memarg }
            | O::I32AtomicRmw8XchgU { memarg }
            | O::I32AtomicRmw16XchgU { memarg } => (memarg, Operands::One(I32)),
            O::I64Store { memarg }
            | O::I64Store8 { memarg }
            | O::I64Store16 { memarg }
            | O::I64Store32 { memarg }
            | O::I64AtomicStore { memarg }
            | O::I64AtomicStore8 { memarg }
            | O::I64AtomicStore16 { memarg }
            | O::I64AtomicStore32 { memarg }
            | O::I64AtomicRmwAdd { memarg }
            | O::I64AtomicRmw8AddU { memarg }
            | O::I64AtomicRmw16AddU { memarg }
            | O::I64AtomicRmw32AddU { memarg }
            | O::I64AtomicRmwSub { memarg }
            | O::I64AtomicRmw8SubU { memarg }
            | O::I64AtomicRmw16SubU { memarg }
            | O::I64AtomicRmw32SubU { memarg }
            | O::I64AtomicRmwAnd { memarg }
            | O::I64AtomicRmw8AndU { memarg }
            | O::I64AtomicRmw16AndU { memarg }
            | O::I64AtomicRmw32AndU { memarg }
            | O::I64AtomicRmwOr { memarg }
            | O::I64AtomicRmw8OrU { memarg }
            | O::I64AtomicRmw16OrU { memarg }
            | O::I64AtomicRmw32OrU { memarg }
            | O::I64AtomicRmwXor { memarg }
            | O::I64AtomicRmw8XorU { memarg }
            | O::I64AtomicRmw16XorU { memarg }
            | O::I64AtomicRmw32XorU { memarg }
            | O::I64AtomicRmwXchg { memarg }
            | O::I64AtomicRmw8XchgU { memarg }
            | O::I64AtomicRmw16XchgU { memarg }
            | O::I64AtomicRmw32XchgU { memarg } => (memarg, Operands::One(I64)),
            O::I32AtomicRmwCmpxchg { memarg }
            | O::I32AtomicRmw8CmpxchgU { memarg }
            | O::I32AtomicRmw16CmpxchgU { memarg } => (memarg, Operands::Two(I32)),
            O::I64AtomicRmwCmpxchg { memarg }
            | O::I64AtomicRmw8CmpxchgU { memarg }
            | O::I64AtomicRmw16CmpxchgU { memarg }
            | O::I64AtomicRmw32CmpxchgU { memarg } => (memarg, Operands::Two(I64)),
            O::F32Store { memarg } => (memarg, Operands::One(F32)),
            O::F64Store { memarg } => (memarg, Operands::One(F64)),
            O::V128Store { memarg }
            | O::V128Store8Lane { memarg, .. }
            | O::V128Store16Lane { memarg, .. }
            | O::V128Store32Lane { memarg, .. }
            | O::V128Store64Lane { memarg, .. } => (memarg, Operands::One(V128)),
            _ => return None,
        };
        Some(Self {
            offset: memarg.offset,
            operands,
        })
    }
}

/// The function that marks the pages of a range. What such instructions move costs fuel by the
/// byte, so that its loop is never long beside them.
pub(super) fn marker() -> Function {
    // Parameters: where it begins, how long it is. Local 2: the page; 3: the last page.
    let mut function = Function::new([(2, ValType::I32)]);
    for instruction in [
        Instruction::LocalGet(1),
        Instruction::I32Eqz,
        Instruction::If(BlockType::Empty),
        Instruction::Return,
        Instruction::End,
        Instruction::LocalGet(0),
        Instruction::I32Const(layout::PAGE_BITS),
        Instruction::I32ShrU,
        Instruction::LocalSet(2),
        Instruction::LocalGet(0),
        Instruction::LocalGet(1),
        Instruction::I32Add,
        Instruction::I32Const(1),
        Instruction::I32Sub,
        Instruction::I32Const(layout::PAGE_BITS),
        Instruction::I32ShrU,
        Instruction::LocalSet(3),
        Instruction::Loop(BlockType::Empty),
        Instruction::LocalGet(2),
        Instruction::I32Const(1),
        Instruction::I32Store8(ours(layout::DIRTY)),
        Instruction::LocalGet(2),
        Instruction::LocalGet(3),
        Instruction::I32LtU,
        Instruction::If(BlockType::Empty),
        Instruction::LocalGet(2),
        Instruction::I32Const(1),
        Instruction::I32Add,
        Instruction::LocalSet(2),
        Instruction::Br(1),
        Instruction::End,
        Instruction::End,
        Instruction::End,
    ] {
        function.instruction(&instruction);
    }
    function
}
