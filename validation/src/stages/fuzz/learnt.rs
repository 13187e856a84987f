//! Tools that know their examples and nothing else.

use crate::stages::examples::same;
use crate::{Finding, Manifest};
use fuzzing::{Answers, Report};
use serde_json::Value;

/// Valid inputs that have to be refused, with none but the examples answered.
const REFUSED: u64 = 5_000;
/// Valid inputs that have to be answered, with nothing but what the examples give.
const ANSWERED: u64 = 500;

/// Whether it answers its examples only, or answers with what its examples expect only.
pub(super) fn check(manifest: &Manifest, report: &Report) -> Option<Finding> {
    let (answered, refused, _) = report.inputs;
    told(manifest, &report.answers, answered, refused)
}

fn told(manifest: &Manifest, answers: &Answers, answered: u64, refused: u64) -> Option<Finding> {
    let outputs = manifest.examples.iter();
    let expected: Vec<&Value> = outputs
        .filter_map(|example| example.output.as_ref())
        .collect();
    if expected.is_empty() {
        return None;
    }
    let message = if answers.others == 0 && answered > 0 && refused >= REFUSED {
        format!(
            "of {refused} inputs that its schema allows it refuses all, and answers none but its examples"
        )
    } else if answers.others >= ANSWERED
        && !answers.outputs.is_empty()
        && !has_few_values(&manifest.output_schema, &manifest.output_schema, 0)
        && answers
            .outputs
            .iter()
            .all(|output| expected.iter().any(|it| same(it, output)))
    {
        format!(
            "{} inputs that its schema allows and no example has were answered with nothing but what its examples expect: {} different answers",
            answers.others,
            answers.outputs.len()
        )
    } else {
        return None;
    };
    Some(Finding::warning(
        "fuzz/knows-only-examples",
        message,
        "work the answer out from the input; if there are no other answers or inputs, say so in the schemas (`enum`)",
    ))
}

/// Whether few values fit a schema, so that it is no wonder if examples have them all.
fn has_few_values(schema: &Value, root: &Value, depth: u32) -> bool {
    let Value::Object(fields) = schema else {
        return false;
    };
    if depth > 8 {
        return false;
    }
    let few = |schema: &Value| has_few_values(schema, root, depth + 1);
    if fields.contains_key("enum") || fields.contains_key("const") {
        return true;
    }
    if let Some(Value::String(target)) = fields.get("$ref") {
        let target = target.strip_prefix('#').and_then(|it| root.pointer(it));
        return target.is_some_and(few);
    }
    for several in ["anyOf", "oneOf"] {
        if let Some(Value::Array(ways)) = fields.get(several) {
            return ways.iter().all(few);
        }
    }
    match fields.get("type") {
        Some(Value::String(ty)) => match ty.as_str() {
            "boolean" | "null" => true,
            "object" => match fields.get("properties") {
                Some(Value::Object(properties)) => properties.values().all(few),
                _ => false,
            },
            _ => false,
        },
        Some(Value::Array(types)) => types.iter().all(|ty| ty == "boolean" || ty == "null"),
        _ => false,
    }
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::{Example, Properties};
    use serde_json::json;

    fn tool(output_schema: Value, outputs: &[Value]) -> Manifest {
        let examples = outputs.iter().map(|output| Example {
            name: String::new(),
            input: json!(1),
            output: Some(output.clone()),
            error: None,
        });
        Manifest {
            name: "adder".to_owned(),
            version: semver::Version::new(1, 0, 0),
            description: "Adds.".to_owned(),
            input_schema: json!(true),
            output_schema,
            capabilities: Vec::new(),
            examples: examples.collect(),
            properties: Properties::default(),
            budget: crate::CallBudget::default(),
        }
    }

    fn answers(others: u64, outputs: &[Value]) -> Answers {
        let mut answers = Answers::default();
        answers.others = others;
        answers.outputs = outputs.to_vec();
        answers
    }

    #[test]
    fn who_refuses_all_but_its_examples_is_found_at_the_edge() {
        let tool = tool(json!({"type": "integer"}), &[json!(3)]);
        let is_found = |others, answered, refused| {
            told(&tool, &answers(others, &[]), answered, refused).is_some()
        };
        assert!(is_found(0, 1, REFUSED));
        assert!(!is_found(0, 1, REFUSED - 1));
        assert!(!is_found(1, 2, REFUSED), "it answers another");
        assert!(!is_found(0, 0, REFUSED), "that is not of its examples");
    }

    #[test]
    fn who_answers_all_with_its_examples_is_found_at_the_edge() {
        let tool = tool(json!({"type": "string"}), &[json!("a"), json!("b")]);
        let is_found = |others, outputs: &[Value]| {
            told(&tool, &answers(others, outputs), others + 2, 0).is_some()
        };
        assert!(is_found(ANSWERED, &[json!("a")]));
        assert!(!is_found(ANSWERED - 1, &[json!("a")]));
        assert!(!is_found(ANSWERED, &[json!("a"), json!("c")]));
        assert!(!is_found(ANSWERED, &[]), "too many answers to be kept");
    }

    #[test]
    fn schemas_with_few_values_excuse_it() {
        for (schema, excuses) in [
            (json!({"type": "boolean"}), true),
            (json!({"enum": ["a", "b"]}), true),
            (json!({"type": ["boolean", "null"]}), true),
            (
                json!({"type": "object", "properties": {"ok": {"$ref": "#/$defs/Ok"}},
                    "$defs": {"Ok": {"oneOf": [{"const": 1}, {"type": "null"}]}}}),
                true,
            ),
            (
                json!({"type": "object", "properties": {"n": {"type": "integer"}}}),
                false,
            ),
            (json!({"$ref": "#"}), false),
            (json!(true), false),
        ] {
            let tool = tool(schema.clone(), &[json!("a")]);
            let found = told(&tool, &answers(ANSWERED, &[json!("a")]), ANSWERED, 0);
            assert_eq!(found.is_none(), excuses, "{schema}");
        }
    }
}
