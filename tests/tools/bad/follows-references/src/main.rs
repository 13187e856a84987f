use std::collections::{BTreeMap, BTreeSet};
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// A setting each; `${name}` stands for another one, `$$` for a dollar.
    #[schemars(length(max = 100))]
    settings: BTreeMap<String, String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    settings: BTreeMap<String, String>,
    /// Names that are used and not set, which stay as they are.
    unknown: BTreeSet<String>,
    /// Settings that no other uses.
    unused: BTreeSet<String>,
}

/// Fills settings into each other: `${name}` stands for the value of another one.
#[tool(
    example(
        name = "a path",
        input = {"settings": {"root": "/srv", "data": "${root}/data", "price": "5 $$"}},
        output = {
            "settings": {"root": "/srv", "data": "/srv/data", "price": "5 $"},
            "unknown": [], "unused": ["data", "price"]
        }
    ),
    example(name = "not closed", input = {"settings": {"a": "${b"}}, error = "not closed"),
    example(name = "itself", input = {"settings": {"a": "x${a}"}}, error = "itself"),
    properties(deterministic)
)]
fn fill(input: Input) -> Result<Output, ToolError> {
    if input.settings.len() > 100 {
        return Err(ToolError::invalid_input("at most 100 settings are filled"));
    }
    let mut pieces = BTreeMap::new();
    for (name, value) in &input.settings {
        pieces.insert(name.as_str(), parse(name, value)?);
    }
    let mut filler = Filler {
        pieces: &pieces,
        unknown: BTreeSet::new(),
        used: BTreeSet::new(),
    };
    let mut settings = BTreeMap::new();
    for name in pieces.keys() {
        let value = filler.value(name)?;
        settings.insert((*name).to_owned(), value);
    }
    let Filler { unknown, used, .. } = filler;
    let unused = settings.keys().filter(|name| !used.contains(*name));
    Ok(Output {
        unused: unused.cloned().collect(),
        settings,
        unknown,
    })
}

#[derive(Debug, PartialEq)]
enum Piece<'v> {
    Text(&'v str),
    Name(&'v str),
}

fn parse<'v>(name: &str, value: &'v str) -> Result<Vec<Piece<'v>>, ToolError> {
    let mut pieces = Vec::new();
    let mut rest = value;
    while let Some((text, after)) = rest.split_once('$') {
        pieces.push(Piece::Text(text));
        if let Some(after) = after.strip_prefix('$') {
            pieces.push(Piece::Text("$"));
            rest = after;
        } else if let Some(after) = after.strip_prefix('{') {
            let (used, after) = after.split_once('}').ok_or_else(|| {
                ToolError::new("syntax_error", format!("a name in {name:?} is not closed"))
            })?;
            if used == name {
                let message = format!("{name:?} is used by itself");
                return Err(ToolError::new("circle", message));
            }
            pieces.push(Piece::Name(used));
            rest = after;
        } else {
            pieces.push(Piece::Text("$"));
            rest = after;
        }
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

struct Filler<'f> {
    pieces: &'f BTreeMap<&'f str, Vec<Piece<'f>>>,
    unknown: BTreeSet<String>,
    used: BTreeSet<String>,
}

impl Filler<'_> {
    fn value(&mut self, name: &str) -> Result<String, ToolError> {
        const LONGEST: usize = 10_000;
        let mut value = String::new();
        for piece in self.pieces.get(name).into_iter().flatten() {
            match piece {
                Piece::Text(text) => value.push_str(text),
                Piece::Name(other) if self.pieces.contains_key(other) => {
                    self.used.insert((*other).to_owned());
                    value.push_str(&self.value(other)?);
                }
                Piece::Name(other) => {
                    self.unknown.insert((*other).to_owned());
                    value.push_str(&format!("${{{other}}}"));
                }
            }
            if value.len() > LONGEST {
                let message = format!("{name:?} gets longer than {LONGEST} bytes");
                return Err(ToolError::new("too_long", message));
            }
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(settings: &[(&str, &str)]) -> Result<Output, ToolError> {
        let owned = |pair: &(&str, &str)| (pair.0.to_owned(), pair.1.to_owned());
        fill(Input {
            settings: settings.iter().map(owned).collect(),
        })
    }

    #[test]
    fn names_lead_over_several() {
        let output = run(&[("a", "${b}!"), ("b", "${c}${c}"), ("c", "x")]).expect("settings");
        assert_eq!(output.settings["a"], "xx!");
        assert_eq!(output.unused.into_iter().collect::<Vec<_>>(), ["a"]);
    }

    #[test]
    fn unknown_names_stay() {
        let output = run(&[("a", "${x}")]).expect("settings");
        assert_eq!(output.settings["a"], "${x}");
        assert!(output.unknown.contains("x"));
    }

    #[test]
    fn dollars_alone_stay() {
        assert_eq!(
            run(&[("a", "$ $$ $x")]).expect("settings").settings["a"],
            "$ $ $x"
        );
    }

    #[test]
    fn values_have_a_limit() {
        let long = "y".repeat(6000);
        let error = run(&[("a", "${b}${b}"), ("b", &long)]).expect_err("too long");
        assert_eq!(error.code, "too_long");
    }
}
