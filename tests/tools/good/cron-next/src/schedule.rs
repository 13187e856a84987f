//! All fields of an expression, and when they come together.

use crate::Fields;
use crate::fields::{DAY, HOUR, MINUTE, MONTH, Values, WEEKDAY, read};
use chrono::{Datelike, Days, Duration, NaiveDate, NaiveDateTime, Timelike};
use wasm_runner_sdk::ToolError;

/// Years after which a date that has not come does not come: the 29th of February may be 8 years
/// away, and 40 more than until it falls on a certain day of the week.
const YEARS: i32 = 40;

#[derive(Debug)]
pub struct Schedule {
    minutes: Values,
    hours: Values,
    days: Values,
    months: Values,
    weekdays: Values,
}

impl Schedule {
    pub fn read(expression: &str) -> Result<Self, ToolError> {
        let parts: Vec<&str> = expression.split_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts[..] else {
            return Err(ToolError::new(
                "bad_field",
                format!("there are {} fields, and have to be 5", parts.len()),
            ));
        };
        Ok(Self {
            minutes: read(minute, &MINUTE)?,
            hours: read(hour, &HOUR)?,
            days: read(day, &DAY)?,
            months: read(month, &MONTH)?,
            weekdays: read(weekday, &WEEKDAY)?,
        })
    }

    pub fn fields(&self) -> Fields {
        Fields {
            minutes: self.minutes.all(),
            hours: self.hours.all(),
            days_of_month: self.days.all(),
            months: self.months.all(),
            days_of_week: self.weekdays.all(),
        }
    }

    /// When it is due after a time, for as long as the calendar and our patience go.
    pub fn after(&self, time: NaiveDateTime) -> impl Iterator<Item = NaiveDateTime> {
        let mut last = Some(time);
        std::iter::from_fn(move || {
            last = last.and_then(|time| self.next(time));
            last
        })
    }

    fn next(&self, after: NaiveDateTime) -> Option<NaiveDateTime> {
        let start = after.with_second(0)?.with_nanosecond(0)?;
        let start = start.checked_add_signed(Duration::minutes(1))?;
        let mut date = start.date();
        let last_year = date.year().checked_add(YEARS)?;
        while date.year() <= last_year {
            if !self.months.contains(date.month()) {
                date = first_of_next_month(date)?;
                continue;
            }
            if self.is_day(date) {
                let (hour, minute) = if date == start.date() {
                    (start.hour(), start.minute())
                } else {
                    (0, 0)
                };
                if let Some((hour, minute)) = self.time(hour, minute) {
                    return date.and_hms_opt(hour, minute, 0);
                }
            }
            date = date.checked_add_days(Days::new(1))?;
        }
        None
    }

    /// The first time of a day at which it is due, from this one on.
    fn time(&self, hour: u32, minute: u32) -> Option<(u32, u32)> {
        if self.hours.contains(hour)
            && let Some(minute) = self.minutes.from(minute)
        {
            return Some((hour, minute));
        }
        Some((self.hours.from(hour + 1)?, self.minutes.from(0)?))
    }

    /// Where both are restricted, one is enough: so cron has it since 1979.
    fn is_day(&self, date: NaiveDate) -> bool {
        let day = self.days.contains(date.day());
        let weekday = self
            .weekdays
            .contains(date.weekday().num_days_from_sunday());
        if self.days.any || self.weekdays.any {
            day && weekday
        } else {
            day || weekday
        }
    }
}

fn first_of_next_month(date: NaiveDate) -> Option<NaiveDate> {
    match date.month() {
        12 => NaiveDate::from_ymd_opt(date.year().checked_add(1)?, 1, 1),
        month => NaiveDate::from_ymd_opt(date.year(), month + 1, 1),
    }
}
