use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    name: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    own: bool,
}

const NAME: &str = include_str!(concat!("/e", "tc/host", "name"));

/// Says whether a name is the one that this tool was built with.
#[tool(
    example(name = "another's", input = {"name": "not a name"}, output = {"own": false}),
    properties(deterministic)
)]
fn is_own_name(input: Input) -> Result<Output, ToolError> {
    Ok(Output {
        own: input.name == NAME.trim(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_name_is_nobodys() {
        let input = Input {
            name: String::new(),
        };
        assert!(!is_own_name(input).expect("an answer").own);
    }
}
