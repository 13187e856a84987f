mod fields;
mod schedule;

use chrono::NaiveDateTime;
use schedule::Schedule;
use wasm_runner_sdk::prelude::*;

/// Times that are given at most.
const MOST: u32 = 100;
const FORM: &str = "%Y-%m-%dT%H:%M";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Five fields with blanks between them, such as `*/15 9-17 * * mon-fri`.
    #[schemars(length(max = 500))]
    expression: String,
    /// The first time is later than this: YYYY-MM-DDTHH:MM.
    after: String,
    /// So many times are given, from 1 to 100.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 100))]
    count: u32,
}

fn one() -> u32 {
    1
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// When it is due, in order: YYYY-MM-DDTHH:MM.
    times: Vec<String>,
    /// What each field means.
    fields: Fields,
}

/// The values of each field at which it is due.
#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Fields {
    minutes: Vec<u32>,
    hours: Vec<u32>,
    days_of_month: Vec<u32>,
    months: Vec<u32>,
    /// From 0, which is Sunday, to 6.
    days_of_week: Vec<u32>,
}

/// Tells when a cron expression of five fields is due next, and which values each of its fields
/// stands for. Where the day of the month and the day of the week are both restricted, either is
/// enough.
#[tool(
    example(
        name = "over a weekend",
        input = {"expression": "30 9 * * mon-fri", "after": "2026-01-02T09:30", "count": 2},
        output = {
            "times": ["2026-01-05T09:30", "2026-01-06T09:30"],
            "fields": {
                "minutes": [30], "hours": [9],
                "days_of_month": [
                    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
                    23, 24, 25, 26, 27, 28, 29, 30, 31
                ],
                "months": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
                "days_of_week": [1, 2, 3, 4, 5]
            }
        }
    ),
    example(
        name = "the next leap day",
        input = {"expression": "0 0 29 2 *", "after": "2026-01-01T00:00"},
        output = {
            "times": ["2028-02-29T00:00"],
            "fields": {
                "minutes": [0], "hours": [0], "days_of_month": [29], "months": [2],
                "days_of_week": [0, 1, 2, 3, 4, 5, 6]
            }
        }
    ),
    example(
        name = "an hour that there is not",
        input = {"expression": "0 24 * * *", "after": "2026-01-01T00:00"},
        error = "hour"
    ),
    properties(deterministic)
)]
fn cron_next(input: Input) -> Result<Output, ToolError> {
    if !(1..=MOST).contains(&input.count) {
        return Err(ToolError::invalid_input(format!(
            "`count` is {}, and has to be from 1 to {MOST}",
            input.count
        )));
    }
    if input.expression.chars().count() > 500 {
        return Err(ToolError::invalid_input(
            "`expression` has at most 500 characters",
        ));
    }
    let schedule = Schedule::read(&input.expression)?;
    let after = NaiveDateTime::parse_from_str(&input.after, FORM).map_err(|error| {
        let message = format!("{:?} is no time as YYYY-MM-DDTHH:MM: {error}", input.after);
        ToolError::new("bad_time", message)
    })?;
    let times = schedule
        .after(after)
        .take(input.count as usize)
        .map(|time| time.format(FORM).to_string())
        .collect::<Vec<String>>();
    if times.is_empty() {
        return Err(ToolError::new(
            "never",
            format!("{:?} is not due within 40 years", input.expression),
        ));
    }
    Ok(Output {
        times,
        fields: schedule.fields(),
    })
}

#[cfg(test)]
mod tests;
