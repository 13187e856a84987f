//! What valid inputs were answered with: whether a tool can more than its examples.

use crate::session::same;
use serde_json::Value;

/// Inputs beside the seeds that are looked at; the first ones say enough.
const ENOUGH: u64 = 1000;
/// Different answers that are kept; a tool that gives more gives what its input asks for.
const MOST: usize = 64;

/// What valid inputs were answered with.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Answers {
    /// Valid inputs beside the seeds that were answered; no more are counted after the first
    /// thousand.
    pub others: u64,
    /// The different answers that those were given; empty if they were too many to be kept.
    pub outputs: Vec<Value>,
}

/// Looks at answers while a campaign goes on.
pub(crate) struct Looking {
    seeds: Vec<Value>,
    answers: Answers,
    too_many: bool,
}

impl Looking {
    pub(crate) fn new(seeds: &[Vec<u8>]) -> Self {
        let seeds = seeds.iter();
        Self {
            seeds: seeds
                .filter_map(|seed| serde_json::from_slice(seed).ok())
                .collect(),
            answers: Answers::default(),
            too_many: false,
        }
    }

    /// Takes in that a valid input was answered.
    pub(crate) fn take(&mut self, input: &Value, stdout: &[u8]) {
        if self.answers.others >= ENOUGH || self.seeds.iter().any(|seed| same(seed, input)) {
            return;
        }
        self.answers.others += 1;
        if self.too_many {
            return;
        }
        let Ok(output) = serde_json::from_slice(stdout) else {
            return;
        };
        let outputs = &mut self.answers.outputs;
        if outputs.iter().any(|it| same(it, &output)) {
            return;
        }
        if outputs.len() < MOST {
            outputs.push(output);
        } else {
            outputs.clear();
            self.too_many = true;
        }
    }

    pub(crate) fn answers(&self) -> Answers {
        self.answers.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn answers_of_seeds_do_not_count_and_equal_ones_count_once() {
        let mut looking = Looking::new(&[b"{\"n\":1}".to_vec()]);
        looking.take(&json!({"n": 1.0}), b"7");
        assert_eq!(looking.answers(), Answers::default());
        for n in 2..10 {
            looking.take(&json!({ "n": n }), if n % 2 == 0 { b"7" } else { b"8.0" });
        }
        let answers = looking.answers();
        assert_eq!(answers.others, 8);
        assert_eq!(
            answers.outputs,
            [json!(8.0), json!(7)].into_iter().rev().collect::<Vec<_>>()
        );
    }

    #[test]
    fn too_many_answers_are_none_at_the_edge() {
        let mut looking = Looking::new(&[]);
        for n in 0..MOST {
            looking.take(&json!(n), n.to_string().as_bytes());
        }
        assert_eq!(looking.answers().outputs.len(), MOST);
        looking.take(&json!("more"), b"true");
        assert_eq!(looking.answers().outputs, [] as [Value; 0]);
        looking.take(&json!("again"), b"0");
        assert_eq!(looking.answers().outputs, [] as [Value; 0]);
    }

    #[test]
    fn the_first_thousand_are_enough() {
        let mut looking = Looking::new(&[]);
        for n in 0..=ENOUGH {
            looking.take(&json!(n), b"0");
        }
        assert_eq!(looking.answers().others, ENOUGH);
    }
}
