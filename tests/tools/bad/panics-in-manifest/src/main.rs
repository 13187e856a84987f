use std::borrow::Cow;
use wasm_runner_sdk::prelude::*;

/// One word.
#[derive(Deserialize)]
struct Word(String);

impl JsonSchema for Word {
    fn schema_name() -> Cow<'static, str> {
        "Word".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        let longest: u32 = "sixty-four".parse().expect("a number");
        schemars::json_schema!({ "type": "string", "maxLength": longest })
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    word: Word,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    word: String,
}

/// Makes a word's first letter a capital.
#[tool(
    example(name = "one word", input = {"word": "ada"}, output = {"word": "Ada"}),
    properties(deterministic, total)
)]
fn capital(input: Input) -> Result<Output, ToolError> {
    let mut letters = input.word.0.chars();
    let first = letters.next().map(char::to_uppercase);
    Ok(Output {
        word: first.into_iter().flatten().chain(letters).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_letter_changes() {
        let capital = |word: &str| {
            let word = Word(word.to_owned());
            capital(Input { word }).map(|output| output.word)
        };
        assert_eq!(capital("éa b"), Ok("Éa b".to_owned()));
        assert_eq!(capital(""), Ok(String::new()));
    }
}
