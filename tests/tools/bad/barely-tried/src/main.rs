use wasm_runner_sdk::prelude::*;

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Action {
    /// To seconds.
    Seconds,
    /// To hours, minutes and seconds with two digits each.
    Clock,
    /// To the largest unit, rounded down.
    Largest,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Numbers with their units: d, h, m, s.
    #[schemars(length(max = 40))]
    duration: String,
    action: Action,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    text: String,
}

fn seconds(duration: &str) -> Result<u64, ToolError> {
    let mut total: u64 = 0;
    let mut number: Option<u64> = None;
    for letter in duration.chars() {
        if let Some(digit) = letter.to_digit(10) {
            let before = number.unwrap_or(0);
            if before > 100_000 {
                return Err(ToolError::invalid_input("a number is too large"));
            }
            number = Some(before * 10 + u64::from(digit));
            continue;
        }
        let unit = match letter {
            'd' => 86_400,
            'h' => 3_600,
            'm' => 60,
            's' => 1,
            _ => return Err(ToolError::invalid_input("a unit is d, h, m or s")),
        };
        let Some(count) = number.take() else {
            return Err(ToolError::invalid_input("a unit has no number before it"));
        };
        total += count * unit;
    }
    if number.is_some() {
        return Err(ToolError::invalid_input("a number has no unit after it"));
    }
    Ok(total)
}

fn clock(seconds: u64) -> String {
    let hours = seconds / 3_600;
    let minutes = seconds / 60 % 60;
    let rest = seconds % 60;
    format!("{hours:02}:{minutes:02}:{rest:02}")
}

fn largest(seconds: u64) -> String {
    if seconds >= 86_400 {
        let days = seconds / 86_400;
        return format!("{days} d");
    }
    if seconds >= 3_600 {
        let hours = seconds / 3_600;
        return format!("{hours} h");
    }
    if seconds >= 60 {
        let minutes = seconds / 60;
        return format!("{minutes} m");
    }
    format!("{seconds} s")
}

/// Reads durations such as 1h30m and writes them otherwise.
#[tool(
    example(
        name = "seconds",
        input = {"duration": "5s", "action": "seconds"},
        output = {"text": "5"}
    ),
    properties(deterministic)
)]
fn durations(input: Input) -> Result<Output, ToolError> {
    let seconds = seconds(&input.duration)?;
    let text = match input.action {
        Action::Seconds => seconds.to_string(),
        Action::Clock => clock(seconds),
        Action::Largest => largest(seconds),
    };
    Ok(Output { text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_seconds() {
        assert_eq!(seconds("7s").expect("a duration"), 7);
    }
}
