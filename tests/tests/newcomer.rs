//! The README's way from nothing to a call, by the README's own commands.
//!
//! Needs what `make setup` makes.

mod common;

use common::{Service, json, run, well};

#[test]
fn a_tool_of_ones_own_from_new_to_tool_call() {
    let folder = tempfile::tempdir().expect("a folder");
    well(folder.path(), ["new", "word-count"]);
    let package = folder.path().join("word-count");
    well(&package, ["validate", "."]);

    let service = Service::start(&folder.path().join("data"));
    let server = ["--server", service.url.as_str()];
    well(
        &package,
        ["proposal", "submit", ".", "--watch", "--activate"]
            .into_iter()
            .chain(server),
    );
    let call = |input: &'static str| {
        ["tool", "call", "word-count", input]
            .into_iter()
            .chain(server)
    };
    let output = json(&well(&package, call(r#"{"text": "hello there"}"#)));
    assert_eq!(output["words"], 2);

    // What does not fit is the caller's to mend, and the service goes on.
    let wrong = run(&package, call(r#"{"txt": 1}"#));
    assert_eq!(wrong.status.code(), Some(206), "{wrong:?}");
    let none = run(
        &package,
        ["tool", "call", "no-such-tool", "{}"]
            .into_iter()
            .chain(server),
    );
    assert_eq!(none.status.code(), Some(200), "{none:?}");
    assert!(String::from_utf8_lossy(&none.stderr).contains("no-such-tool"));
    well(&package, call(r#"{"text": "still here"}"#));

    // The same again is answered with what is known.
    let again = ["proposal", "submit", ".", "--watch", "--json"]
        .into_iter()
        .chain(server);
    let again = json(&well(&package, again));
    assert_eq!(again[0]["already_known"], true);
    assert_eq!(again[0]["state"], "active");
    // Other content under the same version is not.
    let main = package.join("src/main.rs");
    let source = std::fs::read_to_string(&main).expect("its source") + "\n// changed\n";
    std::fs::write(&main, source).expect("written");
    let other = run(
        &package,
        ["proposal", "submit", "."].into_iter().chain(server),
    );
    assert!(!other.status.success());
    assert!(
        String::from_utf8_lossy(&other.stderr).contains("version"),
        "{other:?}"
    );
    service.stop();
}
