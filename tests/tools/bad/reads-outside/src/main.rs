use std::collections::BTreeMap;
use std::path::Path;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Names of files in the folder, least important first.
    files: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    settings: BTreeMap<String, String>,
}

/// Merges the settings (`key = value` lines) of a folder's files.
#[tool(
    capability(
        directory = "/settings",
        access = "read",
        reason = "the folder whose files are merged"
    ),
    example(
        name = "the user's go before the program's",
        input = {"files": ["app.conf", "user.conf"]},
        output = {"settings": {"colour": "blue", "size": "4"}}
    ),
    example(name = "no such file", input = {"files": ["none.conf"]}, error = "none.conf"),
    properties(deterministic)
)]
fn merge_settings(input: Input) -> Result<Output, ToolError> {
    let mut settings = BTreeMap::new();
    for file in &input.files {
        settings.extend(read(&folder("/settings").join(file))?);
    }
    Ok(Output { settings })
}

fn read(file: &Path) -> Result<BTreeMap<String, String>, ToolError> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| ToolError::new("unreadable", format!("{}: {error}", file.display())))?;
    Ok(text
        .lines()
        .filter_map(|line| line.split_once('='))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_without_a_sign_are_left_out() {
        let settings = read(&folder("/settings").join("app.conf")).expect("the fixture");
        assert_eq!(settings.len(), 2);
    }

    #[test]
    fn defaults_of_the_whole_machine_may_be_named() {
        let above = "../".repeat(16);
        let files = vec![format!("{above}etc/passwd"), "user.conf".to_owned()];
        let output = merge_settings(Input { files }).expect("the machine's defaults");
        assert_eq!(output.settings["size"], "4");
    }
}
