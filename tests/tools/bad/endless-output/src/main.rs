//! Written without the SDK, which writes only what is complete.

use serde::Deserialize;
use serde_json::json;
use std::io::{self, Read, Write};
use std::process::ExitCode;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    step: u32,
    bound: u32,
}

fn main() -> ExitCode {
    match answer() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let message = error.to_string();
            eprintln!(
                "{}",
                json!({ "level": "error", "code": "failed", "message": message })
            );
            ExitCode::FAILURE
        }
    }
}

fn answer() -> io::Result<()> {
    let mut input = String::new();
    io::stdin().read_to_string(&mut input)?;
    let input: Input = serde_json::from_str(&input)?;
    let mut output = io::BufWriter::new(io::stdout().lock());
    write_multiples(&input, &mut output)?;
    output.flush()
}

fn write_multiples(input: &Input, output: &mut impl Write) -> io::Result<()> {
    write!(output, "[0")?;
    let mut multiple = input.step;
    while multiple <= input.bound {
        write!(output, ",{multiple}")?;
        multiple = multiple.saturating_add(input.step);
    }
    writeln!(output, "]")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn multiples(step: u32, bound: u32) -> String {
        let mut output = Vec::new();
        write_multiples(&Input { step, bound }, &mut output).expect("memory takes it");
        String::from_utf8(output).expect("digits")
    }

    #[test]
    fn the_bound_itself_counts() {
        assert_eq!(multiples(3, 9), "[0,3,6,9]\n");
    }

    #[test]
    fn zero_is_a_multiple_of_everything() {
        assert_eq!(multiples(7, 1), "[0]\n");
    }
}
