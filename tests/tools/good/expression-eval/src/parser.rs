//! From words to a tree, by precedence.

use crate::lexer::{Placed, Token};
use std::fmt;

/// How deep brackets, signs and powers may stand in each other.
const DEEPEST: usize = 64;

#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Number(f64),
    Name(String),
    Minus(Box<Tree>),
    Binary(Box<Tree>, Operator, Box<Tree>),
    Call(String, Vec<Tree>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    Power,
}

/// Why a text is no expression. Places are from 1, in characters.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum Problem {
    #[error("at {at}: {written:?} is no number")]
    NoNumber { at: usize, written: String },
    #[error("at {at}: {found} can't stand here")]
    Unexpected { at: usize, found: String },
    #[error("at {at}: {wanted} is missing")]
    Missing { at: usize, wanted: &'static str },
    #[error("the expression ends where {wanted} is missing")]
    Ends { wanted: &'static str },
    #[error("at {at}: more than {DEEPEST} operations stand in each other")]
    TooDeep { at: usize },
}

impl Problem {
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooDeep { .. } => "too_deep",
            _ => "syntax_error",
        }
    }
}

impl Operator {
    fn of(sign: char) -> Option<Self> {
        Some(match sign {
            '+' => Self::Add,
            '-' => Self::Subtract,
            '*' => Self::Multiply,
            '/' => Self::Divide,
            '%' => Self::Remainder,
            '^' => Self::Power,
            _ => return None,
        })
    }

    /// What binds more has more.
    fn strength(self) -> u8 {
        match self {
            Self::Add | Self::Subtract => 1,
            Self::Multiply | Self::Divide | Self::Remainder => 2,
            Self::Power => 4,
        }
    }

    fn sign(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
            Self::Remainder => '%',
            Self::Power => '^',
        }
    }
}

/// A sign before a number binds more than a product and less than a power.
const MINUS: u8 = 3;

impl fmt::Display for Tree {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(f, "{number}"),
            Self::Name(name) => f.write_str(name),
            Self::Minus(inner) => write!(f, "(-{inner})"),
            Self::Binary(left, operator, right) => {
                write!(f, "({left} {} {right})", operator.sign())
            }
            Self::Call(name, arguments) => {
                write!(f, "{name}(")?;
                for (index, argument) in arguments.iter().enumerate() {
                    let between = if index == 0 { "" } else { ", " };
                    write!(f, "{between}{argument}")?;
                }
                f.write_str(")")
            }
        }
    }
}

pub fn parse(tokens: &[Placed]) -> Result<Tree, Problem> {
    let mut parser = Parser { tokens, next: 0 };
    let tree = parser.binary(0, 0)?;
    match parser.peek() {
        None => Ok(tree),
        Some(left) => Err(unexpected(left)),
    }
}

struct Parser<'t> {
    tokens: &'t [Placed],
    next: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> Option<&'t Placed> {
        self.tokens.get(self.next)
    }

    fn take(&mut self) -> Option<&'t Placed> {
        let token = self.peek()?;
        self.next += 1;
        Some(token)
    }

    fn takes(&mut self, sign: char) -> bool {
        let there = self.peek().is_some_and(|it| it.token == Token::Sign(sign));
        self.next += usize::from(there);
        there
    }

    /// Operands with operators of at least this strength between them.
    fn binary(&mut self, least: u8, depth: usize) -> Result<Tree, Problem> {
        let mut left = self.operand(depth)?;
        // Each turn puts what was read so far one deeper.
        let mut turns = depth;
        while let Some(placed) = self.peek() {
            let Token::Sign(sign) = placed.token else {
                return Err(unexpected(placed));
            };
            let Some(operator) = Operator::of(sign).filter(|it| it.strength() >= least) else {
                break;
            };
            self.next += 1;
            turns += 1;
            if turns > LONGEST_CHAIN {
                return Err(Problem::TooDeep { at: placed.at });
            }
            let from = match operator {
                Operator::Power => operator.strength(),
                _ => operator.strength() + 1,
            };
            let right = self.binary(from, depth + 1)?;
            left = Tree::Binary(Box::new(left), operator, Box::new(right));
        }
        Ok(left)
    }

    fn operand(&mut self, depth: usize) -> Result<Tree, Problem> {
        let Some(placed) = self.take() else {
            return Err(Problem::Ends {
                wanted: "a number, a name or a bracket",
            });
        };
        if depth > DEEPEST {
            return Err(Problem::TooDeep { at: placed.at });
        }
        match &placed.token {
            Token::Number(number) => Ok(Tree::Number(*number)),
            Token::Name(name) if self.takes('(') => self.call(name, depth),
            Token::Name(name) => Ok(Tree::Name(name.clone())),
            Token::Sign('-') => {
                let inner = self.binary(MINUS, depth + 1)?;
                Ok(Tree::Minus(Box::new(inner)))
            }
            Token::Sign('+') => self.binary(MINUS, depth + 1),
            Token::Sign('(') => {
                let inner = self.binary(0, depth + 1)?;
                self.close()?;
                Ok(inner)
            }
            Token::Sign(_) => Err(unexpected(placed)),
        }
    }

    fn call(&mut self, name: &str, depth: usize) -> Result<Tree, Problem> {
        let mut arguments = Vec::new();
        if !self.takes(')') {
            loop {
                arguments.push(self.binary(0, depth + 1)?);
                if !self.takes(',') {
                    break;
                }
            }
            self.close()?;
        }
        Ok(Tree::Call(name.to_owned(), arguments))
    }

    fn close(&mut self) -> Result<(), Problem> {
        const WANTED: &str = "a closing bracket";
        match self.take() {
            Some(placed) if placed.token == Token::Sign(')') => Ok(()),
            Some(placed) => Err(Problem::Missing {
                at: placed.at,
                wanted: WANTED,
            }),
            None => Err(Problem::Ends { wanted: WANTED }),
        }
    }
}

/// Operations one after the other on one level: a tree leans to the left by as much.
const LONGEST_CHAIN: usize = 500;

fn unexpected(placed: &Placed) -> Problem {
    let found = match &placed.token {
        Token::Number(number) => format!("the number {number}"),
        Token::Name(name) => format!("the name {name:?}"),
        Token::Sign(sign) => format!("{sign:?}"),
    };
    Problem::Unexpected {
        at: placed.at,
        found,
    }
}
