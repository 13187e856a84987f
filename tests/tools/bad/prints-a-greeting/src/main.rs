use serde::Deserialize;
use std::io::Read;
use std::process::exit;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    text: String,
}

fn main() {
    let mut input = String::new();
    if std::io::stdin().read_to_string(&mut input).is_err() {
        exit(1);
    }
    let Ok(input) = serde_json::from_str::<Input>(&input) else {
        eprintln!("that is no text");
        exit(2);
    };
    if input.text.contains('\n') && !input.text.ends_with('\n') {
        println!("the last line has no end");
    }
    println!("{{\"blanks\":{}}}", count(&input.text));
}

fn count(text: &str) -> usize {
    text.matches(' ').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_counts_for_itself() {
        assert_eq!(count("a  b"), 2);
    }
}
