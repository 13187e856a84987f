//! Steps on the calendar. `None` is a date that chrono has no room for.

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta, Weekday};

/// Whether a date has a year of four digits.
pub fn in_range(date: &NaiveDate) -> bool {
    (1..=9999).contains(&date.year())
}

/// The same day some months on or back, or the last of a month that has no such day.
pub fn add_months(date: NaiveDate, months: i64) -> Option<NaiveDate> {
    let count = Months::new(u32::try_from(months.unsigned_abs()).ok()?);
    if months < 0 {
        date.checked_sub_months(count)
    } else {
        date.checked_add_months(count)
    }
}

pub fn add_days(date: NaiveDate, days: i64) -> Option<NaiveDate> {
    date.checked_add_signed(TimeDelta::try_days(days)?)
}

/// The working day that is so many on or back; the date itself for none, whatever day it is.
pub fn add_working_days(date: NaiveDate, count: i32, holidays: &[NaiveDate]) -> Option<NaiveDate> {
    let (mut date, mut left) = (date, count.unsigned_abs());
    while left > 0 {
        date = if count < 0 {
            date.pred_opt()?
        } else {
            date.succ_opt()?
        };
        if is_working_day(date, holidays) {
            left -= 1;
        }
        if !in_range(&date) {
            return None;
        }
    }
    Some(date)
}

/// How many working days come after the earlier date, up to the later one.
pub fn working_days(earlier: NaiveDate, later: NaiveDate, holidays: &[NaiveDate]) -> i64 {
    let days = (later - earlier).num_days();
    let whole_weeks = days / 7;
    // A whole week has five; the days that are left over are looked at one by one.
    let rest = (1..=days % 7)
        .filter_map(|day| add_days(earlier, whole_weeks * 7 + day))
        .filter(|date| !is_weekend(*date))
        .count();
    let mut free: Vec<_> = holidays
        .iter()
        .filter(|date| **date > earlier && **date <= later && !is_weekend(**date))
        .collect();
    free.sort();
    free.dedup();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    whole_weeks * 5 + count(rest) - count(free.len())
}

/// Whole months from the earlier to the later date, and the days that are left.
pub fn months_and_days(earlier: NaiveDate, later: NaiveDate) -> (i64, i64) {
    let number = |date: NaiveDate| i64::from(date.year()) * 12 + i64::from(date.month0());
    let mut months = number(later) - number(earlier);
    if later.day() < earlier.day() {
        months -= 1;
    }
    let last = add_months(earlier, months).unwrap_or(earlier);
    (months, (later - last).num_days())
}

pub fn days_in_month(date: NaiveDate) -> u32 {
    let first = date.with_day(1).unwrap_or(date);
    first
        .checked_add_months(Months::new(1))
        .and_then(|next| next.checked_sub_days(Days::new(1)))
        .map_or(31, |last| last.day())
}

fn is_weekend(date: NaiveDate) -> bool {
    matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

fn is_working_day(date: NaiveDate, holidays: &[NaiveDate]) -> bool {
    !is_weekend(date) && !holidays.contains(&date)
}
