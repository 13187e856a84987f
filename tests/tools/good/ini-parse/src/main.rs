mod reader;
mod typed;

use serde_json::{Map, Value};
use wasm_runner_sdk::prelude::*;

/// Lines of a file at most.
const MOST_LINES: usize = 5000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The text of the file.
    ini: String,
    /// Whether values that look like numbers, booleans or nothing become such.
    #[serde(default)]
    typed: bool,
    /// Whether keys and names of sections are made lower case.
    #[serde(default)]
    lower_case: bool,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The keys before the first section.
    global: Map<String, Value>,
    /// The keys of each section. Of sections with the same name the keys are put together.
    sections: Map<String, Value>,
    /// How many keys there are in all.
    keys: usize,
}

/// Reads a configuration file in INI form into JSON. A key that is there more than once in a
/// section gives the list of its values.
#[tool(
    example(
        name = "sections, comments, quotes",
        input = {
            "ini": "; settings\nname = demo\n[server]\nport=8080 ; the usual\nroot: \"/srv/a;b\"\n"
        },
        output = {
            "global": {"name": "demo"},
            "sections": {"server": {"port": "8080", "root": "/srv/a;b"}},
            "keys": 3
        }
    ),
    example(
        name = "lists and types",
        input = {"ini": "[a]\nx=1\nx=2.5\non=yes\nempty=\n", "typed": true},
        output = {
            "global": {},
            "sections": {"a": {"x": [1, 2.5], "on": true, "empty": null}},
            "keys": 4
        }
    ),
    example(
        name = "a section that is not closed",
        input = {"ini": "a=1\n[server\n"},
        error = "line 2"
    ),
    properties(deterministic)
)]
fn ini_parse(input: Input) -> Result<Output, ToolError> {
    let count = input.ini.lines().count();
    if count > MOST_LINES {
        return Err(ToolError::new(
            "too_large",
            format!("the file has {count} lines; at most {MOST_LINES} are read"),
        ));
    }
    let entries = reader::read(&input.ini)
        .map_err(|problem| ToolError::new("syntax_error", problem.to_string()))?;
    let mut output = Output {
        global: Map::new(),
        sections: Map::new(),
        keys: 0,
    };
    for entry in entries {
        let section = entry.section.map(|name| cased(name, input.lower_case));
        let into = match section {
            None => &mut output.global,
            Some(name) => match output
                .sections
                .entry(name)
                .or_insert_with(|| Map::new().into())
            {
                Value::Object(section) => section,
                _ => continue,
            },
        };
        let Some((key, value)) = entry.key else {
            // A section without keys is there all the same.
            continue;
        };
        let value = if input.typed && !value.quoted {
            typed::typed(&value.text)
        } else {
            Value::String(value.text)
        };
        output.keys += 1;
        add(into, cased(key, input.lower_case), value);
    }
    Ok(output)
}

fn cased(name: String, lower: bool) -> String {
    if lower { name.to_lowercase() } else { name }
}

/// Adds a value; with the second one of a key its values become a list.
fn add(section: &mut Map<String, Value>, key: String, value: Value) {
    match section.get_mut(&key) {
        None => {
            section.insert(key, value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(single) => {
            let first = single.take();
            *single = Value::Array(vec![first, value]);
        }
    }
}

#[cfg(test)]
mod tests;
