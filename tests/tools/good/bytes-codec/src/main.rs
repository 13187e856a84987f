mod crc;
mod forms;

use forms::Form;
use serde::{Deserialize, Serialize};
use std::io::Read;
use std::process::ExitCode;

const LONGEST: usize = 100_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    data: String,
    from: Form,
    to: Form,
}

#[derive(Debug, PartialEq, Serialize)]
struct Output {
    data: String,
    bytes: usize,
    checksum: String,
}

fn main() -> ExitCode {
    let mut text = String::new();
    let output = match std::io::stdin().read_to_string(&mut text) {
        Ok(_) => answer(&text),
        Err(error) => Err(format!("the input can't be read: {error}")),
    };
    match output {
        Ok(output) => {
            println!("{output}");
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!(
                "{}",
                serde_json::json!({ "level": "error", "message": why })
            );
            ExitCode::FAILURE
        }
    }
}

fn answer(text: &str) -> Result<String, String> {
    if !text.trim_start().starts_with('{') {
        return Err("the input is no JSON object".to_owned());
    }
    let input: Input =
        serde_json::from_str(text).map_err(|error| format!("the input does not fit: {error}"))?;
    let output = convert(&input)?;
    serde_json::to_string(&output).map_err(|error| error.to_string())
}

fn convert(input: &Input) -> Result<Output, String> {
    let length = input.data.chars().count();
    if length > LONGEST {
        return Err(format!(
            "`data` has {length} characters; at most {LONGEST} are taken"
        ));
    }
    let bytes = input.from.decode(&input.data)?;
    Ok(Output {
        data: input.to.encode(&bytes)?,
        bytes: bytes.len(),
        checksum: format!("{:08x}", crc::crc32(&bytes)),
    })
}

#[cfg(test)]
mod tests;
