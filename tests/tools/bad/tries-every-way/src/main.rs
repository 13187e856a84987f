use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// `*` stands for any signs, `?` for one, `[abc]` and `[a-z]` for one of these, `[!abc]` for
    /// one that is none of them.
    #[schemars(length(max = 100))]
    pattern: String,
    #[schemars(length(max = 50))]
    names: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    matching: Vec<String>,
    other: usize,
}

/// Tells which names match a pattern, as in a shell: `*`, `?`, `[a-z]`, `[!a-z]`.
#[tool(
    example(
        name = "files",
        input = {"pattern": "*.r[st]", "names": ["main.rs", "a.rt", "main.rb", "rs"]},
        output = {"matching": ["main.rs", "a.rt"], "other": 2}
    ),
    example(name = "a bracket", input = {"pattern": "[a", "names": []}, error = "bracket"),
    properties(deterministic)
)]
fn match_names(input: Input) -> Result<Output, ToolError> {
    if input.pattern.chars().count() > 100 || input.names.len() > 50 {
        return Err(ToolError::invalid_input(
            "at most 100 signs of a pattern, at most 50 names",
        ));
    }
    let pattern = parse(&input.pattern)?;
    let (matching, other): (Vec<String>, Vec<String>) = input.names.into_iter().partition(|name| {
        let name: Vec<char> = name.chars().collect();
        matches(&pattern, &name)
    });
    Ok(Output {
        matching,
        other: other.len(),
    })
}

#[derive(Debug, PartialEq)]
enum Part {
    Any,
    One,
    Sign(char),
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

fn parse(pattern: &str) -> Result<Vec<Part>, ToolError> {
    let mut parts = Vec::new();
    let mut rest = pattern.chars();
    while let Some(c) = rest.next() {
        parts.push(match c {
            '*' => Part::Any,
            '?' => Part::One,
            '[' => class(&mut rest)?,
            c => Part::Sign(c),
        });
    }
    Ok(parts)
}

fn class(rest: &mut std::str::Chars<'_>) -> Result<Part, ToolError> {
    let open = || ToolError::new("bad_pattern", "a bracket is not closed");
    let mut ranges: Vec<(char, char)> = Vec::new();
    let mut negated = false;
    let mut first = true;
    loop {
        let c = rest.next().ok_or_else(open)?;
        match c {
            '!' if first => negated = true,
            ']' if !ranges.is_empty() => return Ok(Part::Class { negated, ranges }),
            low => {
                let mut ahead = rest.clone();
                match (ahead.next(), ahead.next()) {
                    (Some('-'), Some(high)) if high != ']' => {
                        *rest = ahead;
                        ranges.push((low, high));
                    }
                    _ => ranges.push((low, low)),
                }
            }
        }
        first = false;
    }
}

fn matches(pattern: &[Part], name: &[char]) -> bool {
    let Some((part, rest)) = pattern.split_first() else {
        return name.is_empty();
    };
    match part {
        Part::Any => (0..=name.len()).any(|taken| matches(rest, &name[taken..])),
        part => name
            .split_first()
            .is_some_and(|(c, after)| fits(part, *c) && matches(rest, after)),
    }
}

fn fits(part: &Part, c: char) -> bool {
    match part {
        Part::Any | Part::One => true,
        Part::Sign(sign) => *sign == c,
        Part::Class { negated, ranges } => {
            ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_matches(pattern: &str, name: &str, expected: bool) {
        let names = vec![name.to_owned()];
        let output = match_names(Input {
            pattern: pattern.to_owned(),
            names,
        });
        assert_eq!(
            output.expect("a pattern").matching.len() == 1,
            expected,
            "{pattern} {name}"
        );
    }

    #[test]
    fn stars_stand_for_anything() {
        assert_matches("*", "", true);
        assert_matches("a*b*c", "axxbyyc", true);
        assert_matches("a*b*c", "axxcyyb", false);
        assert_matches("**", "a", true);
    }

    #[test]
    fn a_question_stands_for_one() {
        assert_matches("a?", "ab", true);
        assert_matches("a?", "a", false);
        assert_matches("?", "é", true);
    }

    #[test]
    fn classes_have_ranges() {
        assert_matches("[a-c]", "b", true);
        assert_matches("[a-c]", "d", false);
        assert_matches("[!a-c]", "d", true);
        assert_matches("[]a]", "]", true);
        assert_matches("[a-]", "-", true);
    }
}
