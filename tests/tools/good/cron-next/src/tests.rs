use super::*;

fn next(expression: &str, after: &str, count: u32) -> Result<Output, ToolError> {
    cron_next(Input {
        expression: expression.to_owned(),
        after: after.to_owned(),
        count,
    })
}

#[track_caller]
fn assert_times(expression: &str, after: &str, times: &[&str]) {
    let count = u32::try_from(times.len()).expect("a few");
    assert_eq!(
        next(expression, after, count).expect("a schedule").times,
        times
    );
}

#[track_caller]
fn assert_refused(expression: &str, code: &str, part: &str) {
    let error = next(expression, "2026-01-01T00:00", 1).expect_err("no schedule");
    assert_eq!(error.code, code, "{error}");
    assert!(error.message.contains(part), "{error}");
}

#[test]
fn the_time_itself_does_not_count() {
    assert_times("0 12 * * *", "2026-03-01T12:00", &["2026-03-02T12:00"]);
    assert_times("0 12 * * *", "2026-03-01T11:59", &["2026-03-01T12:00"]);
    assert_times(
        "* * * * *",
        "2026-12-31T23:59",
        &["2027-01-01T00:00", "2027-01-01T00:01"],
    );
}

#[test]
fn steps_and_lists_are_gone_through_in_order() {
    assert_times(
        "*/20,5 8 * * *",
        "2026-03-01T08:00",
        &[
            "2026-03-01T08:05",
            "2026-03-01T08:20",
            "2026-03-01T08:40",
            "2026-03-02T08:00",
        ],
    );
    assert_times(
        "50/5 23 * * *",
        "2026-03-01T23:51",
        &["2026-03-01T23:55", "2026-03-02T23:50"],
    );
    assert_times(
        "10-20/5 0 * * *",
        "2026-03-01T00:15",
        &["2026-03-01T00:20", "2026-03-02T00:10"],
    );
}

#[test]
fn the_next_hour_begins_with_its_first_minute() {
    assert_times(
        "15,45 6,18 * * *",
        "2026-03-01T06:45",
        &["2026-03-01T18:15", "2026-03-01T18:45"],
    );
}

#[test]
fn months_without_the_day_are_left_out() {
    assert_times(
        "0 0 31 * *",
        "2026-01-31T00:00",
        &["2026-03-31T00:00", "2026-05-31T00:00"],
    );
    assert_times("0 0 1 jan *", "2026-01-01T00:00", &["2027-01-01T00:00"]);
    assert_times("0 0 29 FEB *", "2096-03-01T00:00", &["2104-02-29T00:00"]);
}

#[test]
fn either_day_is_enough_where_both_are_restricted() {
    assert_times(
        "0 0 13 * fri",
        "2026-03-01T00:00",
        &["2026-03-06T00:00", "2026-03-13T00:00"],
    );
    assert_times("0 0 * * 5", "2026-03-01T00:00", &["2026-03-06T00:00"]);
    assert_times("0 0 13 * *", "2026-03-01T00:00", &["2026-03-13T00:00"]);
    assert_times("0 0 */2 * 1", "2026-03-01T00:00", &["2026-03-09T00:00"]);
}

#[test]
fn seven_is_sunday() {
    let fields = next("0 0 * * 7", "2026-03-01T00:00", 1)
        .expect("a schedule")
        .fields;
    assert_eq!(fields.days_of_week, [0]);
    let fields = next("0 0 * * 5-7", "2026-03-01T00:00", 1)
        .expect("a schedule")
        .fields;
    assert_eq!(fields.days_of_week, [0, 5, 6]);
    assert_times("0 0 * * sun", "2026-03-01T00:00", &["2026-03-08T00:00"]);
}

#[test]
fn the_ends_of_each_field_are_known() {
    let fields = next("0,59 0,23 1,31 1,12 0,6", "2026-03-01T00:00", 1)
        .expect("a schedule")
        .fields;
    assert_eq!(fields.minutes, [0, 59]);
    assert_eq!(fields.hours, [0, 23]);
    assert_eq!(fields.days_of_month, [1, 31]);
    assert_eq!(fields.months, [1, 12]);
    assert_refused(
        "60 * * * *",
        "bad_field",
        "the minute \"60\": 60 is not from 0 to 59",
    );
    assert_refused("* 24 * * *", "bad_field", "hour");
    assert_refused("* * 0 * *", "bad_field", "0 is not from 1 to 31");
    assert_refused("* * 32 * *", "bad_field", "day of the month");
    assert_refused("* * * 13 *", "bad_field", "month");
    assert_refused("* * * * 8", "bad_field", "day of the week");
}

#[test]
fn what_is_no_field_is_refused() {
    assert_refused("* * * *", "bad_field", "there are 4 fields");
    assert_refused("* * * * * *", "bad_field", "there are 6 fields");
    assert_refused("5-1 * * * *", "bad_field", "\"5-1\" ends before it begins");
    assert_refused("*/0 * * * *", "bad_field", "\"0\" is no step");
    assert_refused("*/x * * * *", "bad_field", "\"x\" is no step");
    assert_refused("1,,2 * * * *", "bad_field", "\"\" is no value");
    assert_refused("+1 * * * *", "bad_field", "\"+1\" is no value");
    assert_refused("* * * june *", "bad_field", "\"june\" is no value");
    assert_refused("99999999999 * * * *", "bad_field", "is not from 0 to 59");
}

#[test]
fn a_date_that_never_comes_is_an_error() {
    assert_refused("0 0 30 2 *", "never", "within 40 years");
    assert_refused("0 0 31 4,6,9,11 *", "never", "within 40 years");
}

#[test]
fn steps_may_be_larger_than_the_field() {
    assert_times(
        "*/4294967295 * * * *",
        "2026-03-01T00:00",
        &["2026-03-01T01:00"],
    );
}

#[test]
fn counts_and_times_are_checked() {
    assert_eq!(
        next("* * * * *", "2026-01-01T00:00", 0)
            .expect_err("none")
            .code,
        "invalid_input"
    );
    assert_eq!(
        next("* * * * *", "2026-01-01T00:00", 101)
            .expect_err("many")
            .code,
        "invalid_input"
    );
    assert_eq!(
        next("* * * * *", "2026-01-01T00:00", 100)
            .expect("just so")
            .times
            .len(),
        100
    );
    assert_eq!(
        next("* * * * *", "2026-02-30T00:00", 1)
            .expect_err("no day")
            .code,
        "bad_time"
    );
    assert_eq!(
        next("* * * * *", "2026-01-01", 1)
            .expect_err("no time")
            .code,
        "bad_time"
    );
    let long = format!("*{} * * * *", ",1".repeat(300));
    assert_eq!(
        next(&long, "2026-01-01T00:00", 1).expect_err("long").code,
        "invalid_input"
    );
}

#[test]
fn the_calendar_has_an_end() {
    let error = next("* * * * *", "262142-12-31T23:59", 1).expect_err("the end");
    assert!(
        matches!(error.code.as_str(), "never" | "bad_time"),
        "{error}"
    );
}
