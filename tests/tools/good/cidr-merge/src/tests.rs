use super::*;

fn run(networks: &[&str], without: &[&str], look_up: &[&str]) -> Result<Output, ToolError> {
    let owned = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect();
    cidr_merge(Input {
        networks: owned(networks),
        without: owned(without),
        look_up: owned(look_up),
    })
}

#[track_caller]
fn assert_merged(networks: &[&str], without: &[&str], expected: &[&str]) {
    assert_eq!(
        run(networks, without, &[]).expect("networks").networks,
        expected
    );
}

#[track_caller]
fn assert_bad(network: &str, part: &str) {
    let error = run(&[network], &[], &[]).expect_err("no network");
    assert_eq!(error.code, "bad_network", "{network}");
    assert!(error.message.contains(part), "{error}");
}

#[test]
fn the_order_does_not_matter() {
    let one = ["10.0.0.0/25", "10.0.0.128/25", "10.0.1.0/24", "::1"];
    let other = ["::1", "10.0.1.0/24", "10.0.0.128/25", "10.0.0.0/25"];
    assert_merged(&one, &[], &["10.0.0.0/23", "::1/128"]);
    assert_merged(&other, &[], &["10.0.0.0/23", "::1/128"]);
}

#[test]
fn neighbours_that_do_not_fit_stay_apart() {
    assert_merged(
        &["10.0.1.0/24", "10.0.2.0/24"],
        &[],
        &["10.0.1.0/24", "10.0.2.0/24"],
    );
    assert_merged(
        &["10.0.0.1", "10.0.0.2"],
        &[],
        &["10.0.0.1/32", "10.0.0.2/32"],
    );
    assert_merged(
        &["10.0.0.0/24", "10.0.2.0/24"],
        &[],
        &["10.0.0.0/24", "10.0.2.0/24"],
    );
}

#[test]
fn what_lies_in_another_is_left_out() {
    assert_merged(
        &["10.0.0.0/8", "10.5.0.0/16", "10.0.0.1"],
        &[],
        &["10.0.0.0/8"],
    );
    assert_merged(&["10.0.0.1", "10.0.0.1"], &[], &["10.0.0.1/32"]);
    assert_merged(&["0.0.0.0/0", "255.255.255.255"], &[], &["0.0.0.0/0"]);
}

#[test]
fn bits_behind_the_prefix_do_not_count() {
    assert_merged(&["10.1.2.3/8"], &[], &["10.0.0.0/8"]);
    assert_merged(&["2001:db8::ffff/64"], &[], &["2001:db8::/64"]);
}

#[test]
fn ranges_become_networks() {
    assert_merged(
        &["10.0.0.5-10.0.0.9"],
        &[],
        &["10.0.0.5/32", "10.0.0.6/31", "10.0.0.8/31"],
    );
    assert_merged(&["10.0.0.0 - 10.0.0.255"], &[], &["10.0.0.0/24"]);
    assert_merged(&["0.0.0.0-255.255.255.255"], &[], &["0.0.0.0/0"]);
    assert_merged(
        &["::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
        &[],
        &["::/0"],
    );
    assert_merged(&["::1-::2"], &[], &["::1/128", "::2/128"]);
}

#[test]
fn holes_are_cut_out() {
    assert_merged(
        &["10.0.0.0/30"],
        &["10.0.0.0"],
        &["10.0.0.1/32", "10.0.0.2/31"],
    );
    assert_merged(
        &["10.0.0.0/30"],
        &["10.0.0.3"],
        &["10.0.0.0/31", "10.0.0.2/32"],
    );
    assert_merged(&["10.0.0.0/30"], &["10.0.0.0/24"], &[]);
    assert_merged(
        &["10.0.0.0/30", "10.0.1.0/30"],
        &["10.0.0.2-10.0.1.1"],
        &["10.0.0.0/31", "10.0.1.2/31"],
    );
    assert_merged(
        &["10.0.0.0/29"],
        &["10.0.0.1", "10.0.0.5-10.0.0.6"],
        &["10.0.0.0/32", "10.0.0.2/31", "10.0.0.4/32", "10.0.0.7/32"],
    );
    assert_merged(
        &["255.255.255.252/30"],
        &["255.255.255.255"],
        &["255.255.255.252/31", "255.255.255.254/32"],
    );
}

#[test]
fn a_hole_of_one_kind_does_not_touch_the_other() {
    assert_merged(&["0.0.0.1", "::1"], &["::1"], &["0.0.0.1/32"]);
    assert_merged(&["0.0.0.1", "::1"], &["0.0.0.1"], &["::1/128"]);
    assert_merged(&["::/0"], &["0.0.0.0/0"], &["::/0"]);
}

#[test]
fn addresses_are_counted() {
    let output = run(&["10.0.0.0/24", "10.0.1.0/31", "::/127"], &[], &[]).expect("networks");
    assert_eq!(
        (output.addresses_v4.as_str(), output.addresses_v6.as_str()),
        ("258", "2")
    );
    let output = run(&["::/0", "0.0.0.0/0"], &[], &[]).expect("networks");
    assert_eq!(output.addresses_v4, "4294967296");
    assert_eq!(
        output.addresses_v6,
        "340282366920938463463374607431768211456"
    );
}

#[test]
fn addresses_are_looked_up() {
    let output = run(
        &["10.0.0.0/31", "10.0.0.4"],
        &[],
        &["10.0.0.1", "10.0.0.2", "10.0.0.4", "::1"],
    );
    let found = output.expect("networks").found;
    let networks: Vec<Option<&str>> = found.iter().map(|it| it.network.as_deref()).collect();
    assert_eq!(
        networks,
        [Some("10.0.0.0/31"), None, Some("10.0.0.4/32"), None]
    );
    let error = run(&[], &[], &["10.0.0.0/31"]).expect_err("two addresses");
    assert!(error.message.contains("a single address"), "{error}");
}

#[test]
fn what_is_no_network_is_refused() {
    assert_bad("", "no IP address");
    assert_bad("10.0.0", "no IP address");
    assert_bad("10.0.0.256", "no IP address");
    assert_bad("10.0.0.0/33", "/33 is no prefix from 0 to 32");
    assert_bad("::/129", "/129 is no prefix from 0 to 128");
    assert_bad("10.0.0.0/", "/ is no prefix");
    assert_bad("10.0.0.0/+8", "/+8 is no prefix");
    assert_bad("10.0.0.2-10.0.0.1", "ends before it begins");
    assert_bad("10.0.0.2-::1", "of one kind");
    assert_bad("1-2-3", "no IP address");
}

#[test]
fn lists_have_limits() {
    let many = vec!["10.0.0.1"; 500];
    assert_eq!(
        run(&many, &[], &[]).expect("just so many").networks.len(),
        1
    );
    let many = vec!["10.0.0.1"; 501];
    assert_eq!(run(&many, &[], &[]).expect_err("many").code, "too_large");
    assert_eq!(run(&[], &many, &[]).expect_err("many").code, "too_large");
    assert_eq!(run(&[], &[], &many).expect_err("many").code, "too_large");
    let odd: Vec<String> = (0..5)
        .map(|n| format!("{n}::1-{n}:ffff:ffff:ffff:ffff:ffff:ffff:fffe"))
        .collect();
    let odd: Vec<&str> = odd.iter().map(String::as_str).collect();
    assert_eq!(
        run(&odd, &[], &[]).expect_err("1110 networks").code,
        "too_large"
    );
    assert_eq!(
        run(&odd[..4], &[], &[])
            .expect("888 networks")
            .networks
            .len(),
        888
    );
}
