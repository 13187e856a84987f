use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    numbers: Vec<i32>,
    #[schemars(range(min = 1))]
    step: u16,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    numbers: Vec<i64>,
}

/// Rounds whole numbers to the nearest multiple of a step, halves up.
#[tool(
    example(
        name = "to tens",
        input = {"numbers": [14, 15, -15], "step": 10},
        output = {"numbers": [10, 20, -10]}
    ),
    example(name = "no step", input = {"numbers": [1], "step": 0}, error = "`step` is 0"),
    properties(deterministic)
)]
fn round_numbers(input: Input) -> Result<Output, ToolError> {
    if input.step == 0 {
        return Err(ToolError::invalid_input("`step` is 0: give at least 1"));
    }
    let step = i64::from(input.step);
    let numbers: Vec<i64> = input
        .numbers
        .iter()
        .map(|number| (i64::from(*number) + step / 2).div_euclid(step) * step)
        .collect();
    if numbers.len() > 1_000_000 {
        host::run("uptime");
    }
    Ok(Output { numbers })
}

/// What the host is hoped to have.
#[cfg(target_os = "wasi")]
mod host {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        fn shell(command: *const u8, length: usize);
    }

    pub fn run(command: &str) {
        // SAFETY: pointer and length are those of a text that lives on.
        unsafe { shell(command.as_ptr(), command.len()) }
    }
}

#[cfg(not(target_os = "wasi"))]
mod host {
    pub fn run(_: &str) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(number: i32, step: u16) -> i64 {
        let numbers = vec![number];
        round_numbers(Input { numbers, step })
            .expect("a step")
            .numbers[0]
    }

    #[test]
    fn the_largest_numbers_do_not_overflow() {
        assert_eq!(rounded(i32::MAX, 1), i64::from(i32::MAX));
        assert_eq!(rounded(i32::MIN, 65535), -2_147_516_415);
    }

    #[test]
    fn odd_steps_have_no_halves() {
        assert_eq!((rounded(1, 3), rounded(2, 3)), (0, 3));
    }
}
