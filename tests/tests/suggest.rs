//! `wasm-runner policy suggest` for proposals: built and tried for real.
//!
//! Needs what `make setup` makes.

mod common;

use common::{json, run, tools, well};

#[test]
fn a_tool_that_searches_a_folder_gets_it_to_read_and_no_more() {
    let folder = tempfile::tempdir().expect("a folder");
    let tool = tools().join("good/text-search");
    let tool = tool.to_str().expect("text");
    let told = json(&well(
        folder.path(),
        ["policy", "suggest", "--json", "--", tool],
    ));
    assert_eq!(told["verified"], true);
    let capabilities = &told["policy"]["capabilities"];
    let grants = capabilities["directories"].as_array().expect("a list");
    assert_eq!(grants.len(), 1);
    assert_eq!(grants[0]["access"], "read");
    assert_eq!(capabilities["clocks"], "frozen");
    assert_eq!(told["policy"]["limits"]["files"], 0);
    let fuel = told["policy"]["limits"]["fuel"].as_u64().expect("a number");
    assert!((1_000..100_000_000).contains(&fuel), "{fuel}");
}

#[test]
fn a_tool_whose_tests_fail_anyway_is_told_which() {
    let folder = tempfile::tempdir().expect("a folder");
    let tool = tools().join("bad/failing-test");
    let ended = run(
        folder.path(),
        ["policy", "suggest", tool.to_str().expect("text")],
    );
    assert_eq!(ended.status.code(), Some(10), "{ended:?}");
    assert!(ended.stdout.is_empty());
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("test/failed"), "{said}");
    let ended = run(
        folder.path(),
        [
            "policy",
            "suggest",
            "--dir",
            ".",
            tool.to_str().expect("text"),
        ],
    );
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ended.stderr);
    assert!(said.contains("for a module only"), "{said}");
}
