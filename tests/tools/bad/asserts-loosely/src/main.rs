use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 200))]
    password: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// From 0 to 100.
    #[schemars(range(min = 0, max = 100))]
    score: u32,
}

fn score(password: &str) -> u32 {
    let length = password.chars().count();
    let mut score = 0;
    if length >= 8 {
        score += 20;
    }
    if length >= 12 {
        score += 20;
    }
    if length >= 16 {
        score += 10;
    }
    let mut lower = 0;
    let mut upper = 0;
    let mut digits = 0;
    let mut others = 0;
    for letter in password.chars() {
        if letter.is_lowercase() {
            lower += 1;
        } else if letter.is_uppercase() {
            upper += 1;
        } else if letter.is_ascii_digit() {
            digits += 1;
        } else {
            others += 1;
        }
    }
    if lower > 0 && upper > 0 {
        score += 15;
    }
    if digits > 1 {
        score += 15;
    }
    if others > 1 {
        score += 20;
    }
    score
}

/// Scores how strong a password is.
#[tool(
    example(name = "short", input = {"password": "abc"}),
    example(name = "better", input = {"password": "Correct 4 Horse 7 Staple!"}),
    properties(deterministic, total)
)]
fn password_score(input: Input) -> Result<Output, ToolError> {
    Ok(Output {
        score: score(&input.password),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_at_most_a_hundred() {
        for password in ["", "abc", "Abcdefgh12", "Correct 4 Horse 7 Staple!"] {
            assert!(score(password) <= 100);
        }
    }

    #[test]
    fn an_empty_password_is_worth_nothing() {
        assert_eq!(score(""), 0);
    }

    #[test]
    fn long_ones_are_worth_something() {
        assert!(score("Correct 4 Horse 7 Staple!") > 10);
    }
}
