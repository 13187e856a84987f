use super::*;

fn pick(versions: &[&str], requirement: &str, current: Option<&str>) -> Result<Output, ToolError> {
    version_pick(Input {
        versions: versions.iter().map(|it| (*it).to_owned()).collect(),
        requirement: requirement.to_owned(),
        current: current.map(str::to_owned),
    })
}

#[track_caller]
fn assert_allows(requirement: &str, yes: &[&str], no: &[&str]) {
    let read = Requirement::read(requirement).expect("a requirement");
    for (versions, expected) in [(yes, true), (no, false)] {
        for text in versions {
            let version = Version::read(text).expect("a version");
            assert_eq!(read.allows(&version), expected, "{requirement} and {text}");
        }
    }
}

#[track_caller]
fn assert_no_version(text: &str, problem: version::Problem) {
    assert_eq!(Version::read(text), Err(problem), "{text}");
}

#[test]
fn the_order_is_that_of_the_standard() {
    let low_to_high = [
        "1.0.0-1",
        "1.0.0-2",
        "1.0.0-10",
        "1.0.0-alpha",
        "1.0.0-alpha.1",
        "1.0.0-alpha.beta",
        "1.0.0-beta",
        "1.0.0-beta.2",
        "1.0.0-beta.11",
        "1.0.0-rc.1",
        "1.0.0",
        "1.0.1",
        "1.2.0",
        "1.10.0",
        "2.0.0",
    ];
    let mut turned = low_to_high;
    turned.reverse();
    let output = pick(&turned, "<0.0.1", None).expect("versions");
    assert_eq!(output.other, low_to_high);
    assert_eq!((output.picked, output.matching.len()), (None, 0));
}

#[test]
fn a_caret_keeps_the_first_number_that_is_not_zero() {
    assert_allows(
        "^1.2.3",
        &["1.2.3", "1.2.4", "1.9.0"],
        &["1.2.2", "2.0.0", "0.9.0"],
    );
    assert_allows("1.2", &["1.2.0", "1.3.0"], &["1.1.9", "2.0.0"]);
    assert_allows("^0.2.3", &["0.2.3", "0.2.9"], &["0.2.2", "0.3.0", "1.0.0"]);
    assert_allows("^0.0.3", &["0.0.3"], &["0.0.4", "0.0.2", "0.1.3"]);
    assert_allows("^0.0", &["0.0.0", "0.0.9"], &["0.1.0"]);
    assert_allows("0", &["0.0.0", "0.9.9"], &["1.0.0"]);
}

#[test]
fn a_tilde_keeps_all_but_the_last() {
    assert_allows("~1.2.3", &["1.2.3", "1.2.9"], &["1.2.2", "1.3.0"]);
    assert_allows("~1.2", &["1.2.0", "1.2.9"], &["1.1.0", "1.3.0"]);
    assert_allows("~1", &["1.0.0", "1.9.9"], &["0.9.9", "2.0.0"]);
}

#[test]
fn stars_stand_for_any_number() {
    assert_allows("*", &["0.0.0", "9.9.9"], &["1.0.0-a"]);
    assert_allows("1.*", &["1.0.0", "1.9.9"], &["2.0.0"]);
    assert_allows("1.2.x", &["1.2.0", "1.2.9"], &["1.3.0"]);
    assert!(Requirement::read("1.*.2").is_err());
    assert!(Requirement::read(">*").is_err());
}

#[test]
fn comparisons_hold_together() {
    assert_allows(
        ">=1.2, <2",
        &["1.2.0", "1.9.9"],
        &["1.1.9", "2.0.0", "2.0.1"],
    );
    assert_allows(">1", &["2.0.0"], &["1.0.0", "1.9.9"]);
    assert_allows("<=1.2", &["1.2.9", "0.1.0"], &["1.3.0"]);
    assert_allows(">1.2.3", &["1.2.4"], &["1.2.3"]);
    assert_allows("<1.2.3", &["1.2.2"], &["1.2.3"]);
    assert_allows("=1.2.3", &["1.2.3", "1.2.3+b"], &["1.2.4"]);
    assert_allows("=1.2", &["1.2.0", "1.2.7"], &["1.3.0"]);
}

#[test]
fn a_prerelease_has_to_be_named() {
    assert_allows(
        ">=1.0.0-b",
        &["1.0.0-b", "1.0.0-c", "1.0.0"],
        &["1.0.0-a", "1.1.0-c"],
    );
    assert_allows("^1", &["1.0.0"], &["1.1.0-a"]);
    assert_allows("=1.0.0-a", &["1.0.0-a"], &["1.0.0", "1.0.0-b"]);
    assert_allows("<1.0.0-b", &["1.0.0-a", "0.9.0"], &["1.0.0-b", "1.0.0"]);
}

#[test]
fn updates_are_told_apart() {
    let of = |from: &str, to: &str| {
        pick(&[to], &format!("={to}"), Some(from))
            .expect("both")
            .update
    };
    assert_eq!(of("1.2.3", "1.2.3"), Some(Update::None));
    assert_eq!(of("1.2.3", "1.2.4"), Some(Update::Patch));
    assert_eq!(of("1.2.3", "1.3.0"), Some(Update::Minor));
    assert_eq!(of("1.2.3", "2.0.0"), Some(Update::Major));
    assert_eq!(of("1.2.3", "1.2.2"), Some(Update::Downgrade));
    assert_eq!(of("1.2.3-a", "1.2.3"), Some(Update::Prerelease));
    assert_eq!(of("1.2.3+a", "1.2.3"), Some(Update::None));
    assert_eq!(pick(&[], "*", Some("1.0.0")).expect("none").update, None);
}

#[test]
fn what_is_listed_twice_is_one() {
    let output = pick(&["1.0.0", "1.0.0", "1.0.0+b"], "*", None).expect("versions");
    assert_eq!(output.matching, ["1.0.0", "1.0.0+b"]);
}

#[test]
fn what_is_no_version_is_told() {
    use version::Problem;
    assert_no_version("1.0", Problem::Numbers);
    assert_no_version("1.0.0.0", Problem::Numbers);
    assert_no_version("1..0", Problem::Number(String::new()));
    assert_no_version("v1.0.0", Problem::Number("v1".to_owned()));
    assert_no_version("1.01.0", Problem::Zero("01".to_owned()));
    assert_no_version("1.0.0-", Problem::Part(String::new()));
    assert_no_version("1.0.0-01", Problem::Zero("01".to_owned()));
    assert_no_version("1.0.0-a_b", Problem::Part("a_b".to_owned()));
    assert_no_version("1.0.0+", Problem::Part(String::new()));
    assert_no_version(
        "18446744073709551616.0.0",
        Problem::Number("18446744073709551616".to_owned()),
    );
    assert_eq!(
        pick(&["x"], "*", None).expect_err("no version").code,
        "bad_version"
    );
    assert_eq!(
        pick(&[], "*", Some("x")).expect_err("no version").code,
        "bad_version"
    );
}

#[test]
fn what_is_no_requirement_is_told() {
    for text in ["", "1,", "1.0.0.0", "1-a", "=>1", "^^1", "x.1", "1.*-a"] {
        let error = pick(&[], text, None).expect_err(text);
        assert_eq!(error.code, "bad_requirement", "{text}: {error}");
    }
}

#[test]
fn metadata_may_have_a_hyphen() {
    let version = Version::read("1.0.0+a-b.01").expect("a version");
    assert_eq!(version.to_string(), "1.0.0+a-b.01");
    assert!(version.pre.is_empty());
}

#[test]
fn there_are_limits() {
    let many = vec!["1.0.0"; 1000];
    assert_eq!(pick(&many, "*", None).expect("just so").matching.len(), 1);
    let many = vec!["1.0.0"; 1001];
    assert_eq!(
        pick(&many, "*", None).expect_err("many").code,
        "invalid_input"
    );
    assert_eq!(
        pick(&[], &" ".repeat(201), None).expect_err("long").code,
        "invalid_input"
    );
}
