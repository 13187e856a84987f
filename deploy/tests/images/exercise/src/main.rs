use std::time::Duration;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// So many mebibytes are held while it waits.
    #[serde(default)]
    #[schemars(range(min = 0, max = 48))]
    mebibytes: u8,
    /// So long it waits, in milliseconds.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1500))]
    milliseconds: u16,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The bytes that were held.
    bytes: usize,
}

/// Holds memory and waits, for tests of what surrounds a call. It says on standard error that it has
/// begun.
#[tool(
    capability(clock = "real", reason = "its wait has to take time"),
    example(name = "nothing", input = {}, output = {"bytes": 0}),
    example(name = "a mebibyte", input = {"mebibytes": 1}, output = {"bytes": 1_048_576}),
    properties(deterministic)
)]
fn run(input: Input) -> Result<Output, ToolError> {
    if input.mebibytes > 48 || input.milliseconds > 1500 {
        return Err(ToolError::invalid_input("at most 48 mebibytes and 1500 milliseconds"));
    }
    let held = vec![1_u8; usize::from(input.mebibytes) << 20];
    info!("begun");
    std::thread::sleep(Duration::from_millis(input.milliseconds.into()));
    let bytes = held.iter().map(|&byte| usize::from(byte)).sum();
    Ok(Output { bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_told() {
        let output = run(Input { mebibytes: 2, milliseconds: 0 }).expect("within bounds");
        assert_eq!(output.bytes, 2 << 20);
    }

    #[test]
    fn no_more_than_that() {
        assert!(run(Input { mebibytes: 49, milliseconds: 0 }).is_err());
    }
}
