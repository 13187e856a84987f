use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    names: Vec<String>,
    winners: usize,
    seed: u64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    winners: Vec<String>,
}

/// Draws winners from a list of names, the same for the same seed.
#[tool(
    example(
        name = "one of one",
        input = {"names": ["Ada"], "winners": 1, "seed": 1},
        output = {"winners": ["Ada"]}
    ),
    example(
        name = "too many",
        input = {"names": [], "winners": 1, "seed": 1},
        error = "more winners than names"
    ),
    properties(deterministic)
)]
fn draw(input: Input) -> Result<Output, ToolError> {
    if input.winners > input.names.len() {
        return Err(ToolError::invalid_input(
            "there are more winners than names",
        ));
    }
    let mut random = StdRng::seed_from_u64(input.seed);
    let winners = chosen(&input.names, input.winners, &mut random);
    Ok(Output { winners })
}

fn chosen(names: &[String], count: usize, random: &mut impl Rng) -> Vec<String> {
    names.choose_multiple(random, count).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_wins_twice() {
        let names: Vec<String> = (0..20).map(|number| number.to_string()).collect();
        let mut winners = chosen(&names, 20, &mut StdRng::seed_from_u64(7));
        winners.sort();
        winners.dedup();
        assert_eq!(winners.len(), 20);
    }

    #[test]
    fn no_winners_need_no_names() {
        let input = Input {
            names: Vec::new(),
            winners: 0,
            seed: 0,
        };
        assert_eq!(
            draw(input),
            Ok(Output {
                winners: Vec::new()
            })
        );
    }
}
