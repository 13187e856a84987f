mod calendar;

use chrono::{Datelike, NaiveDate};
use wasm_runner_sdk::prelude::*;

/// What to calculate.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
enum Input {
    /// A date and an amount of time: first years and months, then weeks and days, then working
    /// days. Negative amounts go back.
    Add {
        /// YYYY-MM-DD.
        date: String,
        #[serde(default)]
        years: i32,
        #[serde(default)]
        months: i32,
        #[serde(default)]
        weeks: i32,
        #[serde(default)]
        days: i32,
        /// Mondays to Fridays that are no holidays.
        #[serde(default)]
        working_days: i32,
        /// YYYY-MM-DD each.
        #[serde(default)]
        holidays: Vec<String>,
    },
    /// The time from one date to another.
    Difference {
        /// YYYY-MM-DD.
        from: String,
        /// YYYY-MM-DD; may be before `from`.
        to: String,
        /// YYYY-MM-DD each.
        #[serde(default)]
        holidays: Vec<String>,
    },
    /// What is known of one date.
    Describe {
        /// YYYY-MM-DD.
        date: String,
    },
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Output {
    /// Of `add`: YYYY-MM-DD.
    Date(String),
    /// Of `difference`.
    Difference(Difference),
    /// Of `describe`.
    Description(Description),
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Difference {
    /// Negative if `to` is before `from`, as all the others then.
    days: i64,
    /// Mondays to Fridays that are no holidays, after the earlier and up to the later date.
    working_days: i64,
    /// Whole years, then whole months, then the days that are left.
    years: i64,
    months: i64,
    days_left: i64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Description {
    /// In English.
    weekday: String,
    /// From 1 to 366.
    day_of_year: u32,
    /// The ISO 8601 week, such as 2026-W01.
    iso_week: String,
    /// From 1 to 4.
    quarter: u32,
    leap_year: bool,
    days_in_month: u32,
}

/// Calculates with dates of the Gregorian calendar: adds an amount of time to a date, tells the
/// time between two dates, or describes one. Dates are YYYY-MM-DD; there are no time zones.
#[tool(
    example(
        name = "a month after the end of January",
        input = {"op": "add", "date": "2024-01-31", "months": 1},
        output = {"date": "2024-02-29"}
    ),
    example(
        name = "three working days over a holiday and a weekend",
        input = {
            "op": "add", "date": "2026-12-23", "working_days": 3,
            "holidays": ["2026-12-25"]
        },
        output = {"date": "2026-12-29"}
    ),
    example(
        name = "how old",
        input = {"op": "difference", "from": "2000-02-29", "to": "2026-02-28"},
        output = {
            "difference": {
                "days": 9496, "working_days": 6783, "years": 25, "months": 11, "days_left": 30
            }
        }
    ),
    example(
        name = "about a date",
        input = {"op": "describe", "date": "2027-01-01"},
        output = {
            "description": {
                "weekday": "Friday", "day_of_year": 1, "iso_week": "2026-W53", "quarter": 1,
                "leap_year": false, "days_in_month": 31
            }
        }
    ),
    example(
        name = "a day that does not exist",
        input = {"op": "describe", "date": "2025-02-29"},
        error = "2025-02-29"
    ),
    properties(deterministic)
)]
fn date_arithmetic(input: Input) -> Result<Output, ToolError> {
    match input {
        Input::Add {
            date,
            years,
            months,
            weeks,
            days,
            working_days,
            holidays,
        } => {
            let holidays = parsed_all(&holidays)?;
            let months = i64::from(years) * 12 + i64::from(months);
            let days = i64::from(weeks) * 7 + i64::from(days);
            let date = calendar::add_months(parsed(&date)?, months)
                .and_then(|date| calendar::add_days(date, days))
                .and_then(|date| calendar::add_working_days(date, working_days, &holidays))
                .filter(calendar::in_range)
                .ok_or_else(|| {
                    ToolError::new(
                        "out_of_range",
                        "the result is outside of the years 1 to 9999",
                    )
                })?;
            Ok(Output::Date(date.to_string()))
        }
        Input::Difference { from, to, holidays } => {
            let (from, to, holidays) = (parsed(&from)?, parsed(&to)?, parsed_all(&holidays)?);
            let (earlier, later) = (from.min(to), from.max(to));
            let sign = if from <= to { 1 } else { -1 };
            let (months, days_left) = calendar::months_and_days(earlier, later);
            Ok(Output::Difference(Difference {
                days: (to - from).num_days(),
                working_days: sign * calendar::working_days(earlier, later, &holidays),
                years: sign * (months / 12),
                months: sign * (months % 12),
                days_left: sign * days_left,
            }))
        }
        Input::Describe { date } => {
            let date = parsed(&date)?;
            Ok(Output::Description(Description {
                weekday: date.format("%A").to_string(),
                day_of_year: date.ordinal(),
                iso_week: date.format("%G-W%V").to_string(),
                quarter: date.month0() / 3 + 1,
                leap_year: date.leap_year(),
                days_in_month: calendar::days_in_month(date),
            }))
        }
    }
}

fn parsed(text: &str) -> Result<NaiveDate, ToolError> {
    let date = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok();
    // chrono reads 2026-1-1 and +2026-01-01 too; written again they differ.
    date.filter(|date| calendar::in_range(date) && date.to_string() == text)
        .ok_or_else(|| {
            let message = format!("{text:?} is no date: give YYYY-MM-DD, from 0001 to 9999");
            ToolError::invalid_input(message)
        })
}

fn parsed_all(texts: &[String]) -> Result<Vec<NaiveDate>, ToolError> {
    texts.iter().map(|text| parsed(text)).collect()
}

#[cfg(test)]
mod tests;
