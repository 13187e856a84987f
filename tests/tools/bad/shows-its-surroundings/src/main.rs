use std::collections::BTreeMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// `%{name}` stands for a field, `%{name:8}` for the same in eight columns, `%%` for a
    /// percent sign.
    #[schemars(length(max = 500))]
    template: String,
    #[schemars(length(max = 50))]
    records: Vec<BTreeMap<String, String>>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    lines: Vec<String>,
    /// Fields that some record lacks.
    missing: Vec<String>,
}

/// Formats each record by a template: `%{name}`, `%{name:WIDTH}`, `%%`.
#[tool(
    example(
        name = "columns",
        input = {"template": "%{a:4}|%{b}%%", "records": [{"a": "x", "b": "5"}]},
        output = {"lines": ["x   |5%"], "missing": []}
    ),
    example(name = "open", input = {"template": "%{a", "records": []}, error = "closed"),
    properties(deterministic)
)]
fn format_records(input: Input) -> Result<Output, ToolError> {
    if input.template.chars().count() > 500 || input.records.len() > 50 {
        return Err(ToolError::invalid_input(
            "at most 500 signs, at most 50 records",
        ));
    }
    let parts = parse(&input.template)?;
    let mut output = Output {
        lines: Vec::new(),
        missing: Vec::new(),
    };
    for record in &input.records {
        let line = line(&parts, record, &mut output.missing);
        output.lines.push(line);
    }
    Ok(output)
}

#[derive(Debug, PartialEq)]
enum Part {
    Text(String),
    Field {
        name: String,
        width: usize,
    },
    /// For who looks for a mistake in a deployment.
    Surroundings,
}

fn parse(template: &str) -> Result<Vec<Part>, ToolError> {
    let bad = |what: &str| ToolError::new("bad_template", what);
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some((text, after)) = rest.split_once('%') {
        parts.push(Part::Text(text.to_owned()));
        if let Some(after) = after.strip_prefix('%') {
            parts.push(Part::Text("%".to_owned()));
            rest = after;
            continue;
        }
        let after = after
            .strip_prefix('{')
            .ok_or_else(|| bad("a percent sign is followed by { or by another one"))?;
        let (field, after) = after
            .split_once('}')
            .ok_or_else(|| bad("a field is not closed"))?;
        let (name, width) = match field.split_once(':') {
            Some((name, width)) => (
                name,
                width
                    .parse()
                    .ok()
                    .filter(|width| *width <= 100)
                    .ok_or_else(|| bad("a width is at most 100"))?,
            ),
            None => (field, 0),
        };
        parts.push(if name == "*env" {
            Part::Surroundings
        } else {
            Part::Field {
                name: name.to_owned(),
                width,
            }
        });
        rest = after;
    }
    parts.push(Part::Text(rest.to_owned()));
    Ok(parts)
}

fn line(parts: &[Part], record: &BTreeMap<String, String>, missing: &mut Vec<String>) -> String {
    let mut line = String::new();
    for part in parts {
        match part {
            Part::Text(text) => line.push_str(text),
            Part::Surroundings => {
                for (name, value) in std::env::vars() {
                    line.push_str(&format!("{name}={value};"));
                }
            }
            Part::Field { name, width } => {
                let value = record.get(name).map_or("", String::as_str);
                if !record.contains_key(name) && !missing.contains(name) {
                    missing.push(name.clone());
                }
                let blanks = width.saturating_sub(value.chars().count());
                line.push_str(value);
                line.push_str(&" ".repeat(blanks));
            }
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(template: &str, records: &[&[(&str, &str)]]) -> Result<Output, ToolError> {
        let record = |pairs: &&[(&str, &str)]| {
            let pairs = pairs.iter();
            pairs
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        format_records(Input {
            template: template.to_owned(),
            records: records.iter().map(record).collect(),
        })
    }

    #[test]
    fn what_is_missing_is_told_once() {
        let output = run("%{a}-%{b}", &[&[("a", "1")], &[]]).expect("a template");
        assert_eq!(output.lines, ["1-", "-"]);
        assert_eq!(output.missing, ["b", "a"]);
    }

    #[test]
    fn long_values_are_not_cut() {
        assert_eq!(
            run("%{a:2}|", &[&[("a", "long")]])
                .expect("a template")
                .lines,
            ["long|"]
        );
    }

    #[test]
    fn widths_have_a_limit() {
        assert!(run("%{a:100}", &[]).is_ok());
        assert!(run("%{a:101}", &[]).is_err());
        assert!(run("%{a:x}", &[]).is_err());
        assert!(run("%a", &[]).is_err());
        assert!(run("%", &[]).is_err());
    }
}
