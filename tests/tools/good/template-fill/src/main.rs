mod render;
mod template;

use serde_json::{Map, Value};
use std::collections::BTreeSet;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 20_000))]
    template: String,
    #[serde(default)]
    values: Map<String, Value>,
    /// Whether `&`, `<`, `>` and quotes of values are escaped for HTML.
    #[serde(default)]
    escape: bool,
    /// Whether a value that is missing is an error, instead of nothing.
    #[serde(default)]
    strict: bool,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    text: String,
    /// The names in the template for which there was no value, in the order of the alphabet.
    missing: BTreeSet<String>,
}

/// Fills a text template with values, in the manner of Mustache: `{{name}}`, `{{{name}}}`,
/// `{{#section}}`, `{{^inverted}}`, `{{! comment}}`.
#[tool(
    example(
        name = "a list, and nothing",
        input = {
            "template": "{{#items}}\n- {{name}}: {{price}}\n{{/items}}\n{{^items}}none{{/items}}",
            "values": {"items": [{"name": "Anvil", "price": 120}, {"name": "Oil", "price": 7.5}]}
        },
        output = {"text": "- Anvil: 120\n- Oil: 7.5\n", "missing": []}
    ),
    example(
        name = "escaped, and what is missing",
        input = {"template": "<b>{{a.b}}</b>{{{a.b}}}{{c}}", "values": {"a": {"b": "<&>"}}, "escape": true},
        output = {"text": "<b>&lt;&amp;&gt;</b><&>", "missing": ["c"]}
    ),
    example(
        name = "a section that is not closed",
        input = {"template": "one\n{{#a}}two"},
        error = "line 2"
    ),
    properties(deterministic)
)]
fn template_fill(input: Input) -> Result<Output, ToolError> {
    if input.template.chars().count() > 20_000 {
        return Err(ToolError::invalid_input(
            "`template` has at most 20000 characters",
        ));
    }
    let nodes = template::parse(&input.template)
        .map_err(|problem| ToolError::new("syntax_error", problem.to_string()))?;
    let values = Value::Object(input.values);
    let mut renderer = render::Renderer::new(input.escape);
    renderer
        .all(&nodes, &mut vec![&values])
        .map_err(|render::TooLarge| {
            ToolError::new(
                "too_large",
                "the template gives more than 200000 characters or 20000 pieces",
            )
        })?;
    let (text, missing) = renderer.done();
    match missing.first() {
        Some(name) if input.strict => {
            let message = format!("there is no value for {name:?}");
            Err(ToolError::new("missing_value", message))
        }
        _ => Ok(Output { text, missing }),
    }
}

#[cfg(test)]
mod tests;
