use super::*;

fn needs(pairs: &[(&str, &[&str])]) -> BTreeMap<String, BTreeSet<String>> {
    pairs
        .iter()
        .map(|(thing, needed)| {
            let needed = needed.iter().map(|thing| (*thing).to_owned()).collect();
            ((*thing).to_owned(), needed)
        })
        .collect()
}

fn sorted(pairs: &[(&str, &[&str])]) -> Result<Output, ToolError> {
    dependency_order(Input {
        needs: needs(pairs),
        targets: BTreeSet::new(),
    })
}

fn cycle(pairs: &[(&str, &[&str])]) -> serde_json::Value {
    let error = sorted(pairs).expect_err("a circle");
    assert_eq!(error.code, "cycle");
    error.details.expect("it is named")["cycle"].clone()
}

#[test]
fn nothing_is_sorted_into_nothing() {
    assert_eq!(
        sorted(&[]),
        Ok(Output {
            order: Vec::new(),
            steps: Vec::new()
        })
    );
}

#[test]
fn each_comes_after_all_that_it_needs() {
    let pairs: &[(&str, &[&str])] = &[
        ("z", &["a", "m"]),
        ("m", &["x"]),
        ("a", &["m", "x"]),
        ("b", &["z"]),
    ];
    let order = sorted(pairs).expect("no circle").order;
    let place = |thing: &str| {
        order
            .iter()
            .position(|other| other == thing)
            .expect("it is there")
    };
    for (thing, needed) in pairs {
        for other in *needed {
            assert!(
                place(other) < place(thing),
                "{other} before {thing} in {order:?}"
            );
        }
    }
    assert_eq!(order.len(), 5);
}

#[test]
fn a_step_holds_what_can_be_done_at_the_same_time() {
    let output = sorted(&[
        ("d", &["b", "c"]),
        ("c", &["a"]),
        ("b", &["a"]),
        ("e", &["d", "a"]),
    ]);
    let steps = output.expect("no circle").steps;
    assert_eq!(steps, [vec!["a"], vec!["b", "c"], vec!["d"], vec!["e"]]);
}

#[test]
fn what_needs_itself_is_a_circle_of_one() {
    assert_eq!(cycle(&[("a", &["a"])]), json!(["a", "a"]));
}

#[test]
fn a_circle_is_named_in_its_order() {
    let pairs: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["c"]), ("c", &["a"])];
    assert_eq!(cycle(pairs), json!(["a", "b", "c", "a"]));
}

#[test]
fn of_the_circles_through_a_thing_the_shortest_is_named() {
    let pairs: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["a", "c"]), ("c", &["a"])];
    assert_eq!(cycle(pairs), json!(["a", "b", "a"]));
}

#[test]
fn what_only_needs_a_circle_is_no_part_of_it() {
    let pairs: &[(&str, &[&str])] = &[("a", &["b"]), ("b", &["x"]), ("x", &["y"]), ("y", &["x"])];
    assert_eq!(cycle(pairs), json!(["x", "y", "x"]));
}

#[test]
fn circles_that_no_target_needs_are_none_of_its_business() {
    let output = dependency_order(Input {
        needs: needs(&[("a", &["a"]), ("b", &["c"])]),
        targets: BTreeSet::from(["b".to_owned()]),
    });
    assert_eq!(output.expect("no circle").order, ["c", "b"]);
}

#[test]
fn unknown_targets_are_refused() {
    let error = dependency_order(Input {
        needs: needs(&[("a", &[])]),
        targets: BTreeSet::from(["b".to_owned()]),
    });
    assert_eq!(error.expect_err("unknown").code, "unknown_target");
}

#[test]
fn a_long_chain_is_no_trouble() {
    let name = |number: usize| format!("n{number:05}");
    let needs = (1..5000)
        .map(|number| (name(number), BTreeSet::from([name(number - 1)])))
        .collect();
    let output = dependency_order(Input {
        needs,
        targets: BTreeSet::new(),
    });
    assert_eq!(output.expect("no circle").steps.len(), 5000);
}
