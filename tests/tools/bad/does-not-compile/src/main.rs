mod slug;

use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    title: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    slug: String,
}

/// Turns a title into a name that can stand in an address.
#[tool(
    example(name = "two words", input = {"title": "Hello, World!"}, output = {"slug": "hello-world"}),
    example(name = "signs only", input = {"title": "?!"}, error = "no letter or digit"),
    properties(deterministic)
)]
fn slugify(input: Input) -> Result<Output, ToolError> {
    let slug = slug::slug(&input.title);
    if slug.is_empty() {
        return Err(ToolError::new("empty", "the title has no letter or digit"));
    }
    Ok(Output { slug })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_by_hyphens() {
        assert_eq!(slug::slug(" A  b-C "), "a-b-c");
    }

    #[test]
    fn signs_make_no_name() {
        let input = Input {
            title: "...".to_owned(),
        };
        assert_eq!(slugify(input).expect_err("no letters").code, "empty");
    }
}
