//! What is changed, in words.

use super::lines::Position;

/// A small change of the sources, as far as a module can be changed so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Change {
    pub(crate) position: Position,
    pub(crate) kind: Kind,
}

/// What kind of change.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Kind {
    /// A comparison decides otherwise where both sides are equal.
    Edge,
    /// Equal is taken for unequal, and the other way round.
    Equality,
    /// A condition is turned round.
    Condition,
    /// A constant is another one; both as the sources write them.
    Constant { old: String, new: String },
    /// An operator is another one.
    Operator { old: char, new: char },
    /// A function is not called.
    Call { name: String },
    /// An assignment is left out.
    Assignment,
}

impl Change {
    /// Completes "nothing notices when …"; `line` is the line of the change.
    pub(crate) fn told(&self, line: &str) -> String {
        let column = usize::try_from(self.position.column).unwrap_or(usize::MAX);
        let from = column.saturating_sub(1);
        self.kind.told(line.get(from..).unwrap_or(line))
    }
}

impl Kind {
    /// The same, with the line from where the changed expression begins.
    fn told(&self, line: &str) -> String {
        match self {
            Self::Edge => match first(line, &["<=", ">=", "<", ">"]) {
                Some(old) => format!("`{old}` becomes `{}`", other_edge(old)),
                None => "a comparison decides otherwise where both of its sides are equal".into(),
            },
            Self::Equality => match first(line, &["==", "!="]) {
                Some("==") => "`==` becomes `!=`".to_owned(),
                Some(_) => "`!=` becomes `==`".to_owned(),
                None => "what is equal is taken for unequal, and the other way round".to_owned(),
            },
            Self::Condition => "the condition is turned round".to_owned(),
            Self::Constant { old, new } => format!("`{old}` becomes `{new}`"),
            Self::Operator { old, new } => format!("`{old}` becomes `{new}`"),
            Self::Call { name } => format!("`{name}` is not called"),
            Self::Assignment => "the assignment is left out".to_owned(),
        }
    }

    /// Which test would notice.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::Edge => {
                "add a test with an input right at this limit, and one just past it, and assert the whole result"
            }
            Self::Equality | Self::Condition => {
                "add a test for each way that this condition can go, and assert how the results differ"
            }
            Self::Constant { .. } => {
                "add a test whose expected result follows from this very value"
            }
            Self::Operator { .. } => {
                "add a test whose expected result was worked out by hand, with operands for which the two differ"
            }
            Self::Call { .. } | Self::Assignment => {
                "add a test that asserts what this line brings about"
            }
        }
    }
}

fn other_edge(operator: &str) -> &'static str {
    match operator {
        "<" => "<=",
        "<=" => "<",
        ">" => ">=",
        _ => ">",
    }
}

/// The first of these operators: what an expression begins with is its left side.
fn first<'a>(line: &str, operators: &[&'a str]) -> Option<&'a str> {
    super::source::tokens(line).iter().find_map(|token| {
        let operators = operators.iter();
        operators
            .copied()
            .find(|operator| token.is_operator(operator))
    })
}
