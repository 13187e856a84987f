use super::*;

/// Ways as `a>b 3`.
fn input(ways: &[&str], from: &str, to: &str) -> Input {
    let ways = ways.iter().map(|way| {
        let (from, rest) = way.split_once('>').expect("a way");
        let (to, cost) = rest.split_once(' ').expect("a cost");
        Way {
            from: from.to_owned(),
            to: to.to_owned(),
            cost: cost.parse().expect("a number"),
        }
    });
    Input {
        ways: ways.collect(),
        from: from.to_owned(),
        to: to.to_owned(),
        both_ways: false,
        avoid: BTreeSet::new(),
    }
}

fn find(ways: &[&str], from: &str, to: &str) -> Output {
    route_find(input(ways, from, to)).expect("a route")
}

#[test]
fn a_place_reaches_itself_at_no_cost() {
    let output = find(&["a>b 1"], "b", "b");
    assert_eq!(
        (output.cost, output.route.len(), output.reachable),
        (0, 1, 0)
    );
    assert_eq!(output.detour, None);
}

#[test]
fn of_several_ways_the_cheapest_counts() {
    assert_eq!(find(&["a>b 5", "a>b 2", "a>b 9"], "a", "b").cost, 2);
    assert_eq!(find(&["a>b 2", "a>b 5"], "a", "b").cost, 2);
}

#[test]
fn of_equal_costs_fewer_stops_are_better() {
    let output = find(&["a>b 1", "b>c 1", "c>d 1", "a>x 2", "x>d 1"], "a", "d");
    assert_eq!(output.route, ["a", "x", "d"]);
    assert_eq!(output.detour.expect("another").route, ["a", "b", "c", "d"]);
}

#[test]
fn of_equal_stops_the_first_in_the_alphabet_is_given() {
    let output = find(&["a>z 1", "z>d 1", "a>m 1", "m>d 1"], "a", "d");
    assert_eq!(output.route, ["a", "m", "d"]);
    let output = find(
        &["a>b 1", "b>y 1", "a>c 1", "c>x 1", "y>d 1", "x>d 1"],
        "a",
        "d",
    );
    assert_eq!(output.route, ["a", "b", "y", "d"]);
}

#[test]
fn ways_that_cost_nothing_do_not_go_round_in_circles() {
    let output = find(&["a>b 0", "b>a 0", "b>c 0", "c>b 0"], "a", "c");
    assert_eq!(
        (output.cost, output.route),
        (0, vec!["a".into(), "b".into(), "c".into()])
    );
}

#[test]
fn a_detour_shares_no_stop() {
    let output = find(&["a>b 1", "b>c 1", "c>d 1", "b>d 9", "a>c 9"], "a", "d");
    assert_eq!(output.route, ["a", "b", "c", "d"]);
    assert_eq!(output.detour, None);
    assert_eq!(output.needed, Vec::<String>::new());
}

#[test]
fn the_places_that_are_needed_are_on_every_route() {
    let output = find(
        &["a>b 1", "b>c 1", "b>d 2", "c>e 1", "d>e 1", "e>f 1"],
        "a",
        "f",
    );
    assert_eq!(output.needed, ["b", "e"]);
    assert_eq!(output.reachable, 5);
}

#[test]
fn both_ways_means_both() {
    let mut asked = input(&["a>b 3", "c>b 4"], "c", "a");
    assert_eq!(route_find(asked).expect_err("one way").code, "no_route");
    asked = input(&["a>b 3", "c>b 4"], "c", "a");
    asked.both_ways = true;
    assert_eq!(route_find(asked).expect("both").cost, 7);
}

#[test]
fn what_is_avoided_is_not_passed() {
    let mut asked = input(&["a>b 1", "b>d 1", "a>c 5", "c>d 5"], "a", "d");
    asked.avoid = BTreeSet::from(["b".to_owned()]);
    let output = route_find(asked).expect("over c");
    assert_eq!((output.cost, output.needed), (10, vec!["c".to_owned()]));
    let mut asked = input(&["a>b 1"], "a", "b");
    asked.avoid = BTreeSet::from(["b".to_owned()]);
    let error = route_find(asked).expect_err("the end itself");
    assert_eq!(error.message, "the place \"b\" is to be avoided");
}

#[test]
fn without_a_route_it_says_what_is_reached() {
    let error = route_find(input(&["a>b 1", "b>c 1", "d>c 1"], "a", "d")).expect_err("no route");
    assert_eq!(
        error.message,
        "there is no route from \"a\" to \"d\"; reached are: a, b, c"
    );
}

#[test]
fn unknown_places_are_refused() {
    let error = route_find(input(&["a>b 1"], "x", "b")).expect_err("no x");
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("unknown_place", "the place \"x\" is on no way")
    );
    assert_eq!(
        route_find(input(&[], "a", "a")).expect_err("nothing").code,
        "unknown_place"
    );
}

#[test]
fn costs_and_ways_have_limits() {
    assert_eq!(find(&["a>b 1000000000"], "a", "b").cost, 1_000_000_000);
    let error = route_find(input(&["a>b 1000000001"], "a", "b")).expect_err("too dear");
    assert_eq!(error.code, "invalid_input");
    let ways = vec!["a>b 1"; 2000];
    assert_eq!(find(&ways, "a", "b").cost, 1);
    let ways = vec!["a>b 1"; 2001];
    assert_eq!(
        route_find(input(&ways, "a", "b")).expect_err("many").code,
        "too_large"
    );
}

#[test]
fn large_costs_add_up() {
    let ways: Vec<String> = (0..10)
        .map(|n| format!("p{n}>p{} 1000000000", n + 1))
        .collect();
    let ways: Vec<&str> = ways.iter().map(String::as_str).collect();
    assert_eq!(find(&ways, "p0", "p10").cost, 10_000_000_000);
}

#[test]
fn a_place_that_leads_nowhere_is_no_shorter_way() {
    let ways = ["a>dead 10", "a>b 2", "b>c 3", "c>d 4"];
    assert_eq!(find(&ways, "a", "d").route, ["a", "b", "c", "d"]);
}
