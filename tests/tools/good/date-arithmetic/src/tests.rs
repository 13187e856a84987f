use super::*;

fn date(text: &str) -> NaiveDate {
    parsed(text).expect("a date")
}

fn months_on(text: &str, months: i64) -> String {
    let date = calendar::add_months(date(text), months);
    date.expect("in range").to_string()
}

fn working_days_on(text: &str, count: i32, holidays: &[&str]) -> String {
    let holidays: Vec<_> = holidays.iter().map(|text| date(text)).collect();
    let date = calendar::add_working_days(date(text), count, &holidays);
    date.expect("in range").to_string()
}

#[test]
fn a_month_that_is_too_short_ends_early() {
    assert_eq!(months_on("2023-01-31", 1), "2023-02-28");
    assert_eq!(months_on("2024-02-29", 12), "2025-02-28");
    assert_eq!(months_on("2024-03-31", -1), "2024-02-29");
    assert_eq!(months_on("2024-01-15", -1), "2023-12-15");
    assert_eq!(months_on("2024-01-15", 0), "2024-01-15");
}

#[test]
fn working_days_leave_out_weekends_and_holidays() {
    // 2026-11-20 is a Friday.
    assert_eq!(working_days_on("2026-11-20", 1, &[]), "2026-11-23");
    assert_eq!(
        working_days_on("2026-11-20", 1, &["2026-11-23"]),
        "2026-11-24"
    );
    assert_eq!(working_days_on("2026-11-23", -1, &[]), "2026-11-20");
    assert_eq!(working_days_on("2026-11-21", 0, &[]), "2026-11-21");
}

#[test]
fn working_days_are_counted_as_they_are_stepped() {
    let start = date("2026-11-18");
    let holidays = [date("2026-11-25"), date("2026-11-25"), date("2026-11-28")];
    for count in 0..40 {
        let end = calendar::add_working_days(start, count, &holidays).expect("in range");
        let counted = calendar::working_days(start, end, &holidays);
        assert_eq!(counted, i64::from(count), "{end}");
    }
}

#[test]
fn months_and_the_days_left_lead_back() {
    let from = date("2023-12-31");
    for days in 0..800 {
        let to = calendar::add_days(from, days).expect("in range");
        let (months, left) = calendar::months_and_days(from, to);
        let back = calendar::add_months(from, months).expect("in range");
        assert_eq!(calendar::add_days(back, left), Some(to), "{to}");
        assert!((0..31).contains(&left), "{to}: {left}");
    }
}

#[test]
fn a_difference_backwards_is_the_same_below_zero() {
    let difference = |from: &str, to: &str| {
        let (from, to) = (from.to_owned(), to.to_owned());
        match date_arithmetic(Input::Difference {
            from,
            to,
            holidays: Vec::new(),
        }) {
            Ok(Output::Difference(difference)) => difference,
            other => panic!("{other:?}"),
        }
    };
    let there = difference("2024-01-30", "2026-03-29");
    let back = difference("2026-03-29", "2024-01-30");
    assert_eq!(
        there,
        Difference {
            days: 789,
            working_days: 563,
            years: 2,
            months: 1,
            days_left: 29
        }
    );
    assert_eq!(
        back,
        Difference {
            days: -789,
            working_days: -563,
            years: -2,
            months: -1,
            days_left: -29
        }
    );
}

#[test]
fn months_have_their_days() {
    for (text, days) in [
        ("2024-02-01", 29),
        ("1900-02-28", 28),
        ("2000-02-01", 29),
        ("2026-12-31", 31),
    ] {
        assert_eq!(calendar::days_in_month(date(text)), days, "{text}");
    }
}

#[test]
fn only_dates_of_one_form_are_taken() {
    for text in [
        "",
        "2026-1-1",
        "2026-13-01",
        "2026-02-30",
        "0000-01-01",
        "+2026-01-01",
        " 2026-01-01",
        "10000-01-01",
    ] {
        assert_eq!(
            parsed(text).expect_err(text).code,
            "invalid_input",
            "{text}"
        );
    }
    assert!(parsed("0001-01-01").is_ok());
    assert!(parsed("9999-12-31").is_ok());
}

#[test]
fn no_amount_leads_out_of_the_calendar() {
    let add = |years, days, working_days| {
        date_arithmetic(Input::Add {
            date: "9999-12-30".to_owned(),
            years,
            months: 0,
            weeks: 0,
            days,
            working_days,
            holidays: Vec::new(),
        })
    };
    assert_eq!(add(0, 1, 0), Ok(Output::Date("9999-12-31".to_owned())));
    for (years, days, working_days) in [
        (0, 2, 0),
        (1, 0, 0),
        (-9999, 0, 0),
        (i32::MAX, 0, 0),
        (0, i32::MIN, 0),
        (0, 0, 3),
    ] {
        let error = add(years, days, working_days).expect_err("outside");
        assert_eq!(error.code, "out_of_range");
    }
}
