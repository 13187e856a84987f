use std::collections::HashMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    words: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    groups: Vec<Group>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Group {
    letter: char,
    words: Vec<String>,
}

/// Sorts words into groups by their first letter; within a group they stay in their order.
#[tool(
    example(
        name = "one group",
        input = {"words": ["anvil", "axe"]},
        output = {"groups": [{"letter": "a", "words": ["anvil", "axe"]}]}
    ),
    example(
        name = "many groups",
        input = {"words": [
            "anvil", "bellows", "chisel", "drill", "file", "gauge", "hammer", "iron", "jack",
            "knife", "lathe", "mallet", "nail", "plane", "rasp", "saw", "tongs", "vise"
        ]}
    ),
    properties(deterministic, total)
)]
fn group_words(input: Input) -> Result<Output, ToolError> {
    let mut groups: HashMap<char, Vec<String>> = HashMap::new();
    for word in input.words {
        if let Some(letter) = word.chars().next() {
            groups.entry(letter).or_default().push(word);
        }
    }
    let groups = groups.into_iter();
    Ok(Output {
        groups: groups
            .map(|(letter, words)| Group { letter, words })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(words: &[&str]) -> Vec<Group> {
        let words = words.iter().map(|word| (*word).to_owned()).collect();
        group_words(Input { words }).expect("always").groups
    }

    #[test]
    fn empty_words_are_in_no_group() {
        assert_eq!(groups(&["", ""]), []);
    }

    #[test]
    fn words_of_a_group_keep_their_order() {
        let groups = groups(&["b2", "a", "b1"]);
        let b = groups
            .iter()
            .find(|group| group.letter == 'b')
            .expect("there are words with b");
        assert_eq!(b.words, ["b2", "b1"]);
    }
}
