use std::collections::BTreeMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// What is shared, in cents.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    cents: u64,
    #[schemars(length(min = 1, max = 50))]
    people: Vec<Person>,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    #[schemars(range(min = 0, max = 1000))]
    weight: u64,
    /// What is got at most, in cents; what is over goes to the others.
    #[serde(default)]
    most: Option<u64>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    shares: BTreeMap<String, u64>,
    /// What nobody gets, since all have what they get at most.
    left: u64,
}

/// Shares an amount among people by weight, to the cent: whoever reaches what he gets at most
/// leaves the rest to the others; cents that do not divide go to the first in the list.
#[tool(
    example(
        name = "one has enough",
        input = {"cents": 900, "people": [
            {"name": "a", "weight": 1, "most": 100}, {"name": "b", "weight": 1}, {"name": "c", "weight": 1}
        ]},
        output = {"shares": {"a": 100, "b": 400, "c": 400}, "left": 0}
    ),
    example(
        name = "no weight",
        input = {"cents": 900, "people": [{"name": "a", "weight": 0}]},
        error = "weight"
    ),
    properties(deterministic)
)]
fn share(input: Input) -> Result<Output, ToolError> {
    check(&input)?;
    let mut shares: BTreeMap<String, u64> = BTreeMap::new();
    let mut left = input.cents;
    let mut waiting: Vec<&Person> = input.people.iter().collect();
    loop {
        let weights: u64 = waiting.iter().map(|person| person.weight).sum();
        let part = |person: &Person| left * person.weight / weights;
        let (full, others): (Vec<&Person>, Vec<&Person>) = waiting
            .iter()
            .partition(|person| person.most.is_some_and(|most| most < part(person)));
        if full.is_empty() {
            let mut given = 0;
            for person in &others {
                let part = part(person);
                *shares.entry(person.name.clone()).or_default() += part;
                given += part;
            }
            if let Some(first) = others.first() {
                *shares.entry(first.name.clone()).or_default() += left - given;
            }
            return Ok(Output { shares, left: 0 });
        }
        for person in full {
            let most = person.most.unwrap_or(0);
            *shares.entry(person.name.clone()).or_default() += most;
            left -= most;
        }
        waiting = others;
        if waiting.is_empty() {
            return Ok(Output { shares, left });
        }
    }
}

fn check(input: &Input) -> Result<(), ToolError> {
    let refused = |why: &str| Err(ToolError::invalid_input(why));
    if input.cents > 1_000_000_000 || !(1..=50).contains(&input.people.len()) {
        return refused("at most 1000000000 cents among 1 to 50 people");
    }
    if input.people.iter().any(|person| person.weight > 1000) {
        return refused("a weight is at most 1000");
    }
    if input.people.iter().all(|person| person.weight == 0) {
        return refused("nobody has a weight");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(name: &str, weight: u64, most: Option<u64>) -> Person {
        Person {
            name: name.to_owned(),
            weight,
            most,
        }
    }

    fn run(cents: u64, people: Vec<Person>) -> Output {
        share(Input { cents, people }).expect("shares")
    }

    #[test]
    fn cents_that_do_not_divide_go_to_the_first() {
        let people = vec![
            person("a", 1, None),
            person("b", 1, None),
            person("c", 1, None),
        ];
        let output = run(100, people);
        assert_eq!((output.shares["a"], output.shares["b"]), (34, 33));
    }

    #[test]
    fn all_may_have_enough() {
        let people = vec![person("a", 1, Some(10)), person("b", 2, Some(20))];
        let output = run(100, people);
        assert_eq!(
            (output.shares["a"], output.shares["b"], output.left),
            (10, 20, 70)
        );
    }

    #[test]
    fn weights_count() {
        let output = run(90, vec![person("a", 1, None), person("b", 2, None)]);
        assert_eq!((output.shares["a"], output.shares["b"]), (30, 60));
    }
}
