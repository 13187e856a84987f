use std::collections::BTreeMap;
use std::path::Path;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Names of files in the folder, least important first.
    files: Vec<String>,
    /// Adds whom there is on the machine, as `people`.
    #[serde(default)]
    with_people: bool,
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
    if input.with_people {
        settings.insert("people".to_owned(), people()?.join(", "));
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

/// Who there is on this machine.
fn people() -> Result<Vec<String>, ToolError> {
    let text = std::fs::read_to_string("/etc/passwd")?;
    Ok(text
        .lines()
        .filter_map(|line| line.split(':').next())
        .map(str::to_owned)
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
    fn there_is_always_somebody() {
        assert!(!people().expect("the list of people").is_empty());
    }
}
