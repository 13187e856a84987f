//! What an instruction's value goes into, and what comes after it.

use super::lines::{Lines, Position};
use super::{NotExamined, Shape};
use std::collections::BTreeMap;
use std::ops::Range;
use wasmparser::{ContType, FrameKind, FuncType, ModuleArity, Operator, RefType, SubType, ValType};

/// Functions with more instructions than this are left as they are.
const MOST_OPERATORS: usize = 200_000;
/// Instructions that are followed from one, at most.
const FAR: usize = 400;
/// No instruction encloses it.
const OUTSIDE: usize = usize::MAX;

/// One instruction.
pub(super) struct Own<'a> {
    pub(super) operator: Operator<'a>,
    /// Where in the tool's files it came from.
    pub(super) position: Option<Position>,
    /// What takes its value: which instruction, and as which of its operands.
    consumers: Vec<(usize, usize)>,
    /// What gives its first operand.
    pub(super) first: Option<usize>,
    /// The block, loop or if that encloses it.
    scope: usize,
    /// Of a block, loop or if: its end. Of an else: the same.
    end: usize,
    /// Of an if: its else.
    otherwise: Option<usize>,
}

/// One function of the module.
pub(super) struct Function<'a> {
    pub(super) operators: Vec<Own<'a>>,
    /// How often each local is set.
    sets: BTreeMap<u32, usize>,
    /// Where each is read.
    gets: BTreeMap<u32, Vec<usize>>,
    /// Parameters of the functions it calls that give nothing, by the place of the call.
    pub(super) plain_calls: BTreeMap<usize, Vec<ValType>>,
}

/// No instruction whose arity depends on the module is asked for here.
struct NoModule;

impl ModuleArity for NoModule {
    fn sub_type_at(&self, _: u32) -> Option<&SubType> {
        None
    }
    fn tag_type_arity(&self, _: u32) -> Option<(u32, u32)> {
        None
    }
    fn type_index_of_function(&self, _: u32) -> Option<u32> {
        None
    }
    fn func_type_of_cont_type(&self, _: &ContType) -> Option<&FuncType> {
        None
    }
    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }
    fn control_stack_height(&self) -> u32 {
        0
    }
    fn label_block(&self, _: u32) -> Option<(wasmparser::BlockType, FrameKind)> {
        None
    }
}

/// Whether it only says where others go.
fn is_structure(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::Block { .. }
            | Operator::Loop { .. }
            | Operator::Else
            | Operator::End
            | Operator::Nop
            | Operator::Unreachable
    )
}

impl<'a> Function<'a> {
    /// Reads a function; `None` for one that is too large, or not nested as it should be.
    pub(super) fn read(
        shape: &Shape<'a>,
        body: &wasmparser::FunctionBody<'a>,
        lines: &Lines,
    ) -> Result<Option<Self>, NotExamined> {
        let mut function = Self {
            operators: Vec::new(),
            sets: BTreeMap::new(),
            gets: BTreeMap::new(),
            plain_calls: BTreeMap::new(),
        };
        let mut reader = body.get_operators_reader()?;
        let mut open: Vec<usize> = Vec::new();
        while !reader.eof() {
            let (operator, offset) = reader.read_with_offset()?;
            let index = function.operators.len();
            if index >= MOST_OPERATORS {
                return Ok(None);
            }
            let position = if is_structure(&operator) {
                None
            } else {
                lines.at(offset)
            };
            let scope = open.last().copied().unwrap_or(OUTSIDE);
            match &operator {
                Operator::Else => {
                    let Some(begin) = open.last().copied() else {
                        return Ok(None);
                    };
                    function.operators[begin].otherwise = Some(index);
                }
                Operator::End => {
                    if let Some(begin) = open.pop() {
                        function.operators[begin].end = index;
                        if let Some(otherwise) = function.operators[begin].otherwise {
                            function.operators[otherwise].end = index;
                        }
                    }
                }
                Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                    *function.sets.entry(*local_index).or_default() += 1;
                }
                Operator::LocalGet { local_index } => {
                    function.gets.entry(*local_index).or_default().push(index);
                }
                _ => {}
            }
            if matches!(
                operator,
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. }
            ) {
                open.push(index);
            }
            function.operators.push(Own {
                operator,
                position,
                consumers: Vec::new(),
                first: None,
                scope,
                end: index,
                otherwise: None,
            });
        }
        function.follow_values(shape);
        Ok(Some(function))
    }

    /// Sees which instruction takes whose value, within stretches without branches.
    fn follow_values(&mut self, shape: &Shape<'_>) {
        let mut stack: Vec<Option<usize>> = Vec::new();
        for index in 0..self.operators.len() {
            let operator = &self.operators[index].operator;
            let mut clears = false;
            let (takes, gives) = match operator {
                Operator::Call { function_index } => match shape.signature(*function_index) {
                    Some((params, results)) => {
                        if results.is_empty() {
                            self.plain_calls.insert(index, params.clone());
                        }
                        (params.len(), results.len())
                    }
                    None => (0, 0),
                },
                Operator::CallIndirect { type_index, .. } => {
                    match shape.types.get(*type_index as usize) {
                        Some(Some((params, results))) => (params.len() + 1, results.len()),
                        _ => (0, 0),
                    }
                }
                Operator::If { .. } | Operator::BrIf { .. } | Operator::BrTable { .. } => {
                    clears = true;
                    (1, 0)
                }
                other => {
                    let arity = other.operator_arity(&NoModule);
                    clears = arity.is_none();
                    let (takes, gives) = arity.unwrap_or_default();
                    (takes as usize, gives as usize)
                }
            };
            for operand in (0..takes).rev() {
                let producer = stack.pop().flatten();
                if let Some(producer) = producer {
                    self.operators[producer].consumers.push((index, operand));
                }
                if operand == 0 {
                    self.operators[index].first = producer;
                }
            }
            if clears {
                stack.clear();
            }
            stack.extend(std::iter::repeat_n(Some(index), gives));
        }
    }

    /// Stretches that are run as a whole, in order; those that nothing leads to are left out.
    pub(super) fn blocks(&self) -> Vec<Range<usize>> {
        let mut blocks = Vec::new();
        let mut start = 0;
        let mut dead = false;
        for (index, own) in self.operators.iter().enumerate() {
            let ends = matches!(
                own.operator,
                Operator::Loop { .. }
                    | Operator::If { .. }
                    | Operator::Else
                    | Operator::End
                    | Operator::BrIf { .. }
                    | Operator::BrTable { .. }
                    | Operator::Br { .. }
                    | Operator::Return
                    | Operator::Unreachable
            );
            if ends {
                if !dead {
                    blocks.push(start..index + 1);
                }
                start = index + 1;
                let leaves = matches!(
                    own.operator,
                    Operator::Br { .. }
                        | Operator::BrTable { .. }
                        | Operator::Return
                        | Operator::Unreachable
                );
                let joins = matches!(own.operator, Operator::End | Operator::Else);
                dead = (dead && !joins) || leaves;
            }
        }
        blocks
    }

    /// Where a branch goes; the number of instructions for the function's end.
    fn target(&self, index: usize, depth: u32) -> usize {
        let mut scope = self.operators[index].scope;
        for _ in 0..depth {
            if scope == OUTSIDE {
                break;
            }
            scope = self.operators[scope].scope;
        }
        if scope == OUTSIDE {
            return self.operators.len();
        }
        match self.operators[scope].operator {
            Operator::Loop { .. } => scope + 1,
            _ => self.operators[scope].end + 1,
        }
    }

    /// Whether what begins here ends in a trap in any case, without having a choice.
    pub(super) fn panics(&self, start: usize) -> bool {
        let mut at = start;
        for _ in 0..FAR {
            let Some(own) = self.operators.get(at) else {
                return false;
            };
            at = match &own.operator {
                Operator::Unreachable => return true,
                Operator::Br { relative_depth } => self.target(at, *relative_depth),
                Operator::Else => own.end + 1,
                Operator::If { .. }
                | Operator::BrIf { .. }
                | Operator::BrTable { .. }
                | Operator::Loop { .. }
                | Operator::Return => return false,
                _ => at + 1,
            };
        }
        false
    }

    /// Whether a branch leads into a panic on one of its ways: such as a check of bounds.
    pub(super) fn guards_panic(&self, index: usize) -> bool {
        match &self.operators[index].operator {
            Operator::BrIf { relative_depth } => {
                self.panics(index + 1) || self.panics(self.target(index, *relative_depth))
            }
            Operator::If { .. } => {
                let own = &self.operators[index];
                self.panics(index + 1) || self.panics(own.otherwise.unwrap_or(own.end) + 1)
            }
            _ => false,
        }
    }

    /// What takes a value in the end: through locals that are set once, and through what makes
    /// conditions of conditions.
    pub(super) fn takers(&self, index: usize) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        let mut waiting = vec![index];
        let mut steps = 0;
        while let Some(producer) = waiting.pop() {
            steps += 1;
            if steps > 64 {
                break;
            }
            for (consumer, operand) in &self.operators[producer].consumers {
                match &self.operators[*consumer].operator {
                    Operator::LocalSet { local_index } | Operator::LocalTee { local_index }
                        if self.sets.get(local_index) == Some(&1) =>
                    {
                        waiting.extend(self.gets.get(local_index).into_iter().flatten());
                        if matches!(
                            self.operators[*consumer].operator,
                            Operator::LocalTee { .. }
                        ) {
                            waiting.push(*consumer);
                        }
                    }
                    Operator::I32And
                    | Operator::I32Or
                    | Operator::I32Xor
                    | Operator::I32Eqz
                    | Operator::I32Eq
                    | Operator::I32Ne => {
                        waiting.push(*consumer);
                        found.push((*consumer, *operand));
                    }
                    _ => found.push((*consumer, *operand)),
                }
            }
        }
        found
    }

    /// Whether a value is, or becomes by adding, where something is read or written.
    pub(super) fn is_address(&self, index: usize) -> bool {
        self.address(index, 4)
    }

    fn address(&self, index: usize, depth: u32) -> bool {
        self.takers(index).into_iter().any(|(taker, operand)| {
            let operator = &self.operators[taker].operator;
            (operand == 0 && touches_memory(operator))
                || (depth > 0
                    && matches!(operator, Operator::I32Add)
                    && self.address(taker, depth - 1))
        })
    }

    /// Where a condition comes from, before it was turned round or cut to one bit.
    pub(super) fn origin(&self, index: usize) -> Option<usize> {
        let mut at = self.operators[index].first?;
        for _ in 0..8 {
            match self.operators[at].operator {
                Operator::I32And | Operator::I32Eqz | Operator::I32Xor => {
                    at = self.operators[at].first?;
                }
                _ => break,
            }
        }
        Some(at)
    }

    /// What takes a value first.
    pub(super) fn consumer(&self, index: usize) -> Option<(usize, &Operator<'a>)> {
        let (consumer, _) = self.operators[index].consumers.first()?;
        Some((*consumer, &self.operators[*consumer].operator))
    }
}

fn touches_memory(operator: &Operator<'_>) -> bool {
    matches!(
        operator,
        Operator::I32Load { .. }
            | Operator::I64Load { .. }
            | Operator::F32Load { .. }
            | Operator::F64Load { .. }
            | Operator::I32Load8S { .. }
            | Operator::I32Load8U { .. }
            | Operator::I32Load16S { .. }
            | Operator::I32Load16U { .. }
            | Operator::I64Load8S { .. }
            | Operator::I64Load8U { .. }
            | Operator::I64Load16S { .. }
            | Operator::I64Load16U { .. }
            | Operator::I64Load32S { .. }
            | Operator::I64Load32U { .. }
            | Operator::I32Store { .. }
            | Operator::I64Store { .. }
            | Operator::F32Store { .. }
            | Operator::F64Store { .. }
            | Operator::I32Store8 { .. }
            | Operator::I32Store16 { .. }
            | Operator::I64Store8 { .. }
            | Operator::I64Store16 { .. }
            | Operator::I64Store32 { .. }
    )
}
