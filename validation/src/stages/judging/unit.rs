use super::*;

#[test]
fn what_was_reached_is_told_file_by_file() {
    let sources = ["src/a.rs", "src/b.rs"].map(|path| Source::new(path, "x\ny\nz"));
    let code: BTreeSet<Line> = [(0, 1), (0, 3), (1, 2), (7, 1)].into();
    let covered: BTreeSet<Line> = [(0, 3)].into();
    let told = lines(&sources, &code, &covered);
    let expected: Reached = [
        ("src/a.rs".to_owned(), (vec![3], vec![1])),
        ("src/b.rs".to_owned(), (vec![], vec![2])),
    ]
    .into();
    assert_eq!(told, expected);
}

#[test]
fn shares_are_rounded_to_thousandths_and_nothing_of_nothing_is_nothing() {
    assert_eq!(ratio(2, 3), 0.667);
    assert_eq!(ratio(3, 3), 1.0);
    assert_eq!(ratio(0, 0), 0.0);
}
