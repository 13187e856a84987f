//! Which instructions are changed, and into what.

use super::change::{Change, Kind};
use super::flow::Function;
use super::lines::Position;
use super::source::{Source, Token, Worth, tokens};
use std::collections::BTreeMap;
use wasm_encoder::{Instruction, ValType};
use wasmparser::Operator;

/// An instruction that is changed.
pub(super) struct Site {
    /// Its place in the function.
    pub(super) at: usize,
    pub(super) change: Change,
    pub(super) edit: Edit,
}

/// What becomes of an instruction.
#[derive(Clone, Debug)]
pub(super) enum Edit {
    /// Another instruction of the same operands takes its place.
    Binary {
        operands: ValType,
        result: ValType,
        new: Instruction<'static>,
    },
    /// Its value becomes one more.
    OneMore(ValType),
    /// Its value, 0 or 1, becomes the other.
    Other,
    /// Its condition is turned round.
    Negate,
    /// It does not store this kind of value.
    NoStore(ValType),
    /// It does not call a function with such parameters.
    NoCall(Vec<ValType>),
}

/// Finds what can be changed in a function, in order.
pub(super) fn find(function: &Function<'_>, sources: &[Source]) -> Vec<Site> {
    let mut sites = Vec::new();
    // Looked into once for each line, not for each of its instructions.
    let mut known: BTreeMap<(u16, u32), Vec<Token<'_>>> = BTreeMap::new();
    for block in function.blocks() {
        if function.panics(block.start) {
            continue;
        }
        for at in block {
            let Some(position) = function.operators[at].position else {
                continue;
            };
            // What begins and ends a function has no column: nobody wrote it.
            if position.column == 0 {
                continue;
            }
            let source = sources.get(usize::from(position.file));
            if source.is_none_or(|source| source.is_by_macro(position.line)) {
                continue;
            }
            let Some(text) = source.and_then(|source| source.line(position.line)) else {
                continue;
            };
            let tokens = known
                .entry((position.file, position.line))
                .or_insert_with(|| tokens(text));
            let looking = Looking {
                function,
                at,
                position,
                text,
                tokens,
            };
            if looking.is_left_alone() {
                continue;
            }
            if let Some((kind, edit)) = looking.look() {
                let change = Change { position, kind };
                sites.push(Site { at, change, edit });
            }
        }
    }
    sites
}

/// One instruction, and the line that it came from.
struct Looking<'f, 'a, 't> {
    function: &'f Function<'a>,
    at: usize,
    position: Position,
    text: &'t str,
    tokens: &'f [Token<'t>],
}

/// Macros that say something to people, or check what can't be otherwise.
const SAYING: [&str; 14] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "panic",
    "unreachable",
    "todo",
    "println",
    "eprintln",
    "print",
    "eprint",
    "dbg",
];

impl Looking<'_, '_, '_> {
    /// Attributes stand for code that a macro wrote; what is only said is not asserted.
    fn is_left_alone(&self) -> bool {
        match self.tokens {
            [] | [Token::Sign("#", _), ..] => true,
            [Token::Word(word), Token::Sign("!", _), ..] => SAYING.contains(word),
            // How much room is made beforehand changes nothing but time.
            _ => self.has_word(&["with_capacity", "reserve"]),
        }
    }

    fn has_operator(&self, operators: &[&str]) -> bool {
        let mut tokens = self.tokens.iter();
        tokens.any(|token| operators.iter().any(|it| token.is_operator(it)))
    }

    fn has(&self, signs: &[&str]) -> bool {
        let mut tokens = self.tokens.iter();
        tokens.any(|token| signs.iter().any(|it| token.is(it)))
    }

    fn has_word(&self, words: &[&str]) -> bool {
        let mut tokens = self.tokens.iter();
        tokens.any(|token| words.iter().any(|it| token.is_word(it)))
    }

    fn look(&self) -> Option<(Kind, Edit)> {
        let operator = &self.function.operators[self.at].operator;
        if let Some((operands, new)) = edge(operator) {
            let said = self.has_operator(&["<", ">", "<=", ">="]) || self.has(&["..=", ".."]);
            return (said && !self.is_check()).then(|| (Kind::Edge, compares(operands, new)));
        }
        if let Some((operands, new)) = equality(operator) {
            let said = self.has_operator(&["==", "!="]);
            return (said && !self.is_check()).then(|| (Kind::Equality, compares(operands, new)));
        }
        if let Some(arithmetic) = arithmetic(operator) {
            return self.operator(arithmetic);
        }
        match operator {
            Operator::BrIf { .. } | Operator::If { .. } => self.condition(),
            Operator::I32Const { value } => self.constant(i64::from(*value), ValType::I32),
            Operator::I64Const { value } => self.constant(*value, ValType::I64),
            Operator::F64Const { value } => self.broken(f64::from_bits(value.bits())),
            Operator::I32Store { .. }
            | Operator::I32Store8 { .. }
            | Operator::I32Store16 { .. } => self.assignment(ValType::I32),
            Operator::I64Store { .. } => self.assignment(ValType::I64),
            Operator::F32Store { .. } => self.assignment(ValType::F32),
            Operator::F64Store { .. } => self.assignment(ValType::F64),
            Operator::Call { .. } => self.call(),
            _ => None,
        }
    }

    /// Whether it decides only whether there is a panic.
    fn is_check(&self) -> bool {
        let mut takers = self.function.takers(self.at).into_iter();
        takers.any(|(taker, _)| self.function.guards_panic(taker))
    }

    fn operator(&self, arithmetic: Arithmetic) -> Option<(Kind, Edit)> {
        let Arithmetic {
            ty,
            old,
            new,
            instruction,
        } = arithmetic;
        let (plain, assigning) = (old.to_string(), format!("{old}="));
        let said = self.has_operator(&[&plain, &assigning]);
        if !said || self.function.is_address(self.at) {
            return None;
        }
        let edit = Edit::Binary {
            operands: ty,
            result: ty,
            new: instruction,
        };
        Some((Kind::Operator { old, new }, edit))
    }

    fn condition(&self) -> Option<(Kind, Edit)> {
        let said = self.has_word(&["if", "while"]) || self.has(&["&&", "||"]);
        // What a pattern binds is not there where it does not match.
        if !said || self.has_word(&["let", "match"]) || self.function.guards_panic(self.at) {
            return None;
        }
        let origin = self.function.origin(self.at)?;
        let origin = &self.function.operators[origin].operator;
        let compared = edge(origin).is_some() || equality(origin).is_some();
        (!compared).then_some((Kind::Condition, Edit::Negate))
    }

    /// Whether a constant is nobody's: a mask of one bit, the size of an element, a field's place.
    fn is_hidden(&self, value: i64) -> bool {
        let Some((consumer, operator)) = self.function.consumer(self.at) else {
            return false;
        };
        match operator {
            Operator::I32And => value == 1 && !self.has_operator(&["&", "&="]),
            Operator::I32Shl | Operator::I32ShrS | Operator::I32ShrU => {
                !self.has(&["<<", ">>", "<<=", ">>="]) || self.function.is_address(consumer)
            }
            Operator::I32Add | Operator::I32Mul => self.function.is_address(consumer),
            // Whether a local still has its value is noted down as a byte.
            Operator::I32Store8 { .. } => {
                (value == 0 || value == 1) && !self.has_word(&["true", "false"])
            }
            // What it is compared with only guards a panic: so does the compiler, for an index.
            compares if edge(compares).is_some() => {
                let mut takers = self.function.takers(consumer).into_iter();
                takers.any(|(taker, _)| self.function.guards_panic(taker))
            }
            _ => false,
        }
    }

    fn constant(&self, value: i64, ty: ValType) -> Option<(Kind, Edit)> {
        if self.is_hidden(value) {
            return None;
        }
        let told = |old: &str, new: String| Kind::Constant {
            old: old.to_owned(),
            new,
        };
        for (at, token) in self.tokens.iter().enumerate() {
            // What stands in where there is nothing is rarely ever used.
            let stands_in = at >= 2 && self.tokens[at - 2].is_word("unwrap_or");
            match token {
                _ if stands_in => {}
                Token::Number(text, Some(Worth::Whole(whole))) => {
                    let whole = i64::try_from(*whole).ok()?;
                    if whole == value {
                        return Some((told(text, (whole + 1).to_string()), Edit::OneMore(ty)));
                    }
                    if -whole == value {
                        return Some((told(text, (whole - 1).to_string()), Edit::OneMore(ty)));
                    }
                }
                Token::Character(text, code) if i64::from(*code) == value => {
                    let next = char::from_u32(code + 1)?;
                    return Some((told(text, format!("{next:?}")), Edit::OneMore(ty)));
                }
                Token::Word("true") if ty == ValType::I32 && value == 1 => {
                    return Some((told("true", "false".to_owned()), Edit::Other));
                }
                Token::Word("false") if ty == ValType::I32 && value == 0 => {
                    return Some((told("false", "true".to_owned()), Edit::Other));
                }
                _ => {}
            }
        }
        None
    }

    #[allow(clippy::float_cmp, reason = "the very number that the line says")]
    fn broken(&self, value: f64) -> Option<(Kind, Edit)> {
        let worth = |token: &Token<'_>| match token {
            Token::Number(text, Some(Worth::Broken(it))) if it.abs() == value.abs() => {
                Some((*text).to_owned())
            }
            _ => None,
        };
        let old = self.tokens.iter().find_map(worth)?;
        let new = (value + 1.0).abs().to_string();
        Some((Kind::Constant { old, new }, Edit::OneMore(ValType::F64)))
    }

    /// The first column of the line that is no space.
    fn indent(&self) -> usize {
        self.text.len() - self.text.trim_start().len() + 1
    }

    fn assigns(&self) -> bool {
        self.has(&["=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="])
    }

    fn assignment(&self, ty: ValType) -> Option<(Kind, Edit)> {
        let at_start = usize::try_from(self.position.column).ok()? == self.indent();
        let binds = self.has_word(&["let", "const", "static", "if", "while", "for", "match"]);
        let said = at_start && self.assigns() && !binds;
        said.then_some((Kind::Assignment, Edit::NoStore(ty)))
    }

    /// A statement that is a call alone, and this is the call.
    fn call(&self) -> Option<(Kind, Edit)> {
        let params = self.function.plain_calls.get(&self.at)?;
        let column = usize::try_from(self.position.column).ok()?.checked_sub(1)?;
        let here = self.text.get(column..)?;
        let end = here.find(|it: char| !it.is_alphanumeric() && it != '_')?;
        let (name, rest) = here.split_at(end);
        if name.is_empty() || !is_whole_call(rest) || self.assigns() {
            return None;
        }
        if self.has_word(&["let", "return", "if", "while", "for", "match", "drop"]) {
            return None;
        }
        let params = params.iter().map(|ty| match ty {
            wasmparser::ValType::I32 => Some(ValType::I32),
            wasmparser::ValType::I64 => Some(ValType::I64),
            wasmparser::ValType::F32 => Some(ValType::F32),
            wasmparser::ValType::F64 => Some(ValType::F64),
            _ => None,
        });
        let params: Vec<ValType> = params.collect::<Option<_>>()?;
        let name = name.to_owned();
        Some((Kind::Call { name }, Edit::NoCall(params)))
    }
}

/// Whether that is a list of arguments and the end of a statement.
fn is_whole_call(rest: &str) -> bool {
    if !rest.starts_with('(') {
        return false;
    }
    let (mut depth, mut text, mut escaped) = (0_u32, false, false);
    for (at, char) in rest.char_indices() {
        match char {
            _ if escaped => escaped = false,
            '\\' if text => escaped = true,
            '"' => text = !text,
            _ if text => {}
            '(' => depth += 1,
            ')' => {
                depth -= 1;
                if depth == 0 {
                    return rest[at + 1..].trim_end() == ";";
                }
            }
            _ => {}
        }
    }
    false
}

fn compares(operands: ValType, new: Instruction<'static>) -> Edit {
    Edit::Binary {
        operands,
        result: ValType::I32,
        new,
    }
}

/// The comparison that decides otherwise only where both sides are equal.
fn edge(operator: &Operator<'_>) -> Option<(ValType, Instruction<'static>)> {
    use Instruction as I;
    use Operator as O;
    use ValType::{F32, F64, I32, I64};
    Some(match operator {
        O::I32LtS => (I32, I::I32LeS),
        O::I32LtU => (I32, I::I32LeU),
        O::I32LeS => (I32, I::I32LtS),
        O::I32LeU => (I32, I::I32LtU),
        O::I32GtS => (I32, I::I32GeS),
        O::I32GtU => (I32, I::I32GeU),
        O::I32GeS => (I32, I::I32GtS),
        O::I32GeU => (I32, I::I32GtU),
        O::I64LtS => (I64, I::I64LeS),
        O::I64LtU => (I64, I::I64LeU),
        O::I64LeS => (I64, I::I64LtS),
        O::I64LeU => (I64, I::I64LtU),
        O::I64GtS => (I64, I::I64GeS),
        O::I64GtU => (I64, I::I64GeU),
        O::I64GeS => (I64, I::I64GtS),
        O::I64GeU => (I64, I::I64GtU),
        O::F32Lt => (F32, I::F32Le),
        O::F32Le => (F32, I::F32Lt),
        O::F32Gt => (F32, I::F32Ge),
        O::F32Ge => (F32, I::F32Gt),
        O::F64Lt => (F64, I::F64Le),
        O::F64Le => (F64, I::F64Lt),
        O::F64Gt => (F64, I::F64Ge),
        O::F64Ge => (F64, I::F64Gt),
        _ => return None,
    })
}

fn equality(operator: &Operator<'_>) -> Option<(ValType, Instruction<'static>)> {
    use Instruction as I;
    use Operator as O;
    use ValType::{F32, F64, I32, I64};
    Some(match operator {
        O::I32Eq => (I32, I::I32Ne),
        O::I32Ne => (I32, I::I32Eq),
        O::I64Eq => (I64, I::I64Ne),
        O::I64Ne => (I64, I::I64Eq),
        O::F32Eq => (F32, I::F32Ne),
        O::F32Ne => (F32, I::F32Eq),
        O::F64Eq => (F64, I::F64Ne),
        O::F64Ne => (F64, I::F64Eq),
        _ => return None,
    })
}

/// An operator of numbers, and what it becomes.
struct Arithmetic {
    ty: ValType,
    old: char,
    new: char,
    instruction: Instruction<'static>,
}

fn arithmetic(operator: &Operator<'_>) -> Option<Arithmetic> {
    use Instruction as I;
    use Operator as O;
    use ValType::{F32, F64, I32, I64};
    let (ty, old, new, instruction) = match operator {
        O::I32Add => (I32, '+', '-', I::I32Sub),
        O::I32Sub => (I32, '-', '+', I::I32Add),
        O::I32Mul => (I32, '*', '+', I::I32Add),
        O::I32DivS | O::I32DivU => (I32, '/', '*', I::I32Mul),
        O::I32RemS | O::I32RemU => (I32, '%', '*', I::I32Mul),
        O::I64Add => (I64, '+', '-', I::I64Sub),
        O::I64Sub => (I64, '-', '+', I::I64Add),
        O::I64Mul => (I64, '*', '+', I::I64Add),
        O::I64DivS | O::I64DivU => (I64, '/', '*', I::I64Mul),
        O::I64RemS | O::I64RemU => (I64, '%', '*', I::I64Mul),
        O::F32Add => (F32, '+', '-', I::F32Sub),
        O::F32Sub => (F32, '-', '+', I::F32Add),
        O::F32Mul => (F32, '*', '/', I::F32Div),
        O::F32Div => (F32, '/', '*', I::F32Mul),
        O::F64Add => (F64, '+', '-', I::F64Sub),
        O::F64Sub => (F64, '-', '+', I::F64Add),
        O::F64Mul => (F64, '*', '/', I::F64Div),
        O::F64Div => (F64, '/', '*', I::F64Mul),
        _ => return None,
    };
    Some(Arithmetic {
        ty,
        old,
        new,
        instruction,
    })
}
