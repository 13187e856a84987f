use std::cmp::Ordering;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    a: String,
    b: String,
}

#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Longer {
    A,
    B,
    Neither,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    longer: Longer,
    /// In characters.
    by: usize,
}

/// Compares the lengths of two texts, in characters.
#[tool(
    example(name = "b", input = {"a": "x", "b": "xyz"}, output = {"longer": "b", "by": 2}),
    example(name = "equal", input = {"a": "é", "b": "e"}, output = {"longer": "neither", "by": 0}),
    properties(deterministic, total)
)]
fn compare_lengths(input: Input) -> Result<Output, ToolError> {
    let (a, b) = (input.a.chars().count(), input.b.chars().count());
    let longer = match a.cmp(&b) {
        Ordering::Less => Longer::B,
        Ordering::Equal => Longer::Neither,
        Ordering::Greater => Longer::A,
    };
    Ok(Output {
        longer,
        by: a.abs_diff(b),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn longer(a: &str, b: &str) -> Longer {
        let (a, b) = (a.to_owned(), b.to_owned());
        compare_lengths(Input { a, b }).expect("always").longer
    }

    #[test]
    fn nothing_is_shorter_than_something() {
        assert_eq!(longer("a", ""), Longer::A);
        assert_eq!(longer("", "a"), Longer::B);
    }

    #[test]
    fn two_nothings_are_equal() {
        assert_eq!(longer("", ""), Longer::Neither);
    }
}
