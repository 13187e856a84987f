use super::*;
use libafl_bolts::rands::StdRand;
use serde_json::json;

#[test]
fn what_is_made_has_what_the_schema_asks_for() {
    let schema = Schema::new(json!({
        "type": "object",
        "properties": {
            "n": {"type": "integer", "minimum": 3, "maximum": 9},
            "kind": {"enum": ["a", "b"]},
            "list": {"type": "array", "items": {"$ref": "#/$defs/word"}, "minItems": 2, "maxItems": 4},
            "either": {"oneOf": [{"type": "null"}, {"type": "string", "pattern": "^x+$"}]},
        },
        "required": ["n", "kind", "list"],
        "additionalProperties": false,
        "$defs": {"word": {"type": "string", "minLength": 1, "maxLength": 5}},
    }));
    let mut dice = Dice::new(7);
    for _ in 0..200 {
        let made = schema.make(&mut dice);
        let n = made["n"].as_i64().expect("a number");
        assert!((3..=9).contains(&n), "{made}");
        assert!(["a", "b"].contains(&made["kind"].as_str().expect("a text")));
        let list = made["list"].as_array().expect("a list");
        assert!((2..=4).contains(&list.len()), "{made}");
        for word in list {
            let length = word.as_str().expect("a text").chars().count();
            assert!((1..=5).contains(&length), "{made}");
        }
    }
}

#[test]
fn a_campaign_begins_with_both_ends_of_ranges_and_one_step_beyond() {
    let schema = Schema::new(json!({
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": -3, "maximum": 99}},
        "required": ["n"],
        "additionalProperties": false,
    }));
    let mut rand = StdRand::with_seed(1);
    let made: Vec<Value> = schema
        .beginning(&mut rand)
        .iter()
        .map(|text| serde_json::from_slice(text).expect("JSON"))
        .collect();
    for expected in [
        json!({"n": -3}),
        json!({"n": 99}),
        json!({"n": 0}),
        json!({"n": -4}),
        json!({"n": 100}),
        json!({"n": 0.5}),
        json!({"n": "1"}),
        json!({}),
    ] {
        assert!(made.contains(&expected), "{expected} is not made");
    }
    assert!(made.iter().any(|it| it.get("unknownMember").is_some()));
}

#[test]
fn a_schema_that_refers_to_itself_comes_to_an_end() {
    let schema = Schema::new(json!({
        "$ref": "#/$defs/tree",
        "$defs": {"tree": {"type": "object", "properties": {
            "left": {"$ref": "#/$defs/tree"}, "right": {"$ref": "#/$defs/tree"}}}},
    }));
    let mut dice = Dice::new(3);
    for _ in 0..20 {
        assert!(schema.make(&mut dice).is_object());
    }
    let endless = Schema::new(json!({"$ref": "#"}));
    endless.make(&mut dice);
}

#[test]
fn arrays_are_turned_around_wherever_they_are() {
    let mut value = json!({"a": [1, 2], "b": {"c": [[1, 2], 3]}});
    assert!(reverse_arrays(&mut value));
    assert_eq!(value, json!({"a": [2, 1], "b": {"c": [3, [2, 1]]}}));
    assert!(!reverse_arrays(&mut json!([1])));
}

#[test]
fn boundaries_come_from_the_schema_and_are_the_same_for_the_same_seed() {
    let schema = json!({
        "type": "object",
        "properties": {"n": {"type": "integer", "minimum": 3, "maximum": 9}},
        "required": ["n"],
    });
    let made = boundary_inputs(&schema, 7);
    for n in [3, 9, 2, 10] {
        assert!(made.iter().any(|it| it["n"] == json!(n)), "{n} in {made:?}");
    }
    assert_eq!(made, boundary_inputs(&schema, 7));
    let any = made_inputs(&schema, 7, 20);
    assert_eq!(any.len(), 20);
    assert_eq!(any, made_inputs(&schema, 7, 20));
}

#[test]
fn a_value_is_shrunk_to_nothing_in_the_end() {
    let mut value = json!({"a": [1, 2, {"b": "text"}], "c": 4_000});
    for seed in 0..400 {
        let smaller = shrunk(&value, seed);
        assert!(smaller.to_string().len() <= value.to_string().len());
        value = smaller;
    }
    assert_eq!(value, json!({}));
}
