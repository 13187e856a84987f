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

#[test]
fn a_component_goes_the_same_way() {
    let folder = tempfile::tempdir().expect("a folder");
    well(folder.path(), ["new", "word-count", "--component"]);
    let package = folder.path().join("word-count");
    let built = json(&well(&package, ["build", ".", "--json"]));
    assert_eq!(built["form"], "component", "{built}");
    let file = "target/word-count.wasm";
    let inspected = json(&well(&package, ["inspect", file, "--json"]));
    assert_eq!(inspected["form"], "tool component", "{inspected}");
    let report = json(&well(&package, ["validate", ".", "--format", "json"]));
    assert_eq!(report["form"], "component", "{report}");
    assert_eq!(report["verdict"], "passed", "{report}");

    let service = Service::start(&folder.path().join("data"));
    let at = |args: &[&str]| run(&package, args.iter().chain(&["--server", &service.url]));
    let submitted = at(&["proposal", "submit", ".", "--watch", "--activate", "--json"]);
    assert!(submitted.status.success(), "{submitted:?}");
    let call = |input| at(&["tool", "call", "word-count", input]);
    let answer = call(r#"{"text": "hello there"}"#);
    let by_component = json(&String::from_utf8_lossy(&answer.stdout));
    assert_eq!(by_component["words"], 2, "{answer:?}");
    // An input that does not fit ends as it does with a command.
    assert_eq!(call(r#"{"txt": 1}"#).status.code(), Some(206));

    // The same source as a command, in the next version.
    let manifest = package.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).expect("it is there");
    let (text, _) = text.split_once("[package.metadata").expect("the form");
    let text = text.replace("version = \"0.1.0\"", "version = \"0.2.0\"");
    std::fs::write(&manifest, text).expect("written");
    let submitted = at(&["proposal", "submit", ".", "--watch", "--activate"]);
    assert!(submitted.status.success(), "{submitted:?}");
    let by_command = call(r#"{"text": "hello there"}"#);
    let by_command = json(&String::from_utf8_lossy(&by_command.stdout));
    assert_eq!(by_command, by_component);
    service.stop();
}

/// The first block of this language after a text, in a page.
fn block<'a>(page: &'a str, after: &str, language: &str) -> &'a str {
    let fence = format!("```{language}\n");
    let rest = page.split_once(after).expect("the text is on the page").1;
    let rest = rest.split_once(&fence).expect("a block follows").1;
    rest.split_once("```").expect("it ends").0
}

#[test]
fn the_three_files_of_the_sdks_page_make_a_tool_by_themselves() {
    let page = include_str!("../../guest-sdk/rust/README.md");
    let folder = tempfile::tempdir().expect("a folder");
    let package = folder.path().join("word-count");
    std::fs::create_dir_all(package.join("src")).expect("a folder");
    let write = |path: &str, text: &str| std::fs::write(package.join(path), text).expect("written");
    write("Cargo.toml", block(page, "`Cargo.toml`:", "toml"));
    write("src/main.rs", block(page, "`src/main.rs`:", "rust"));
    write("README.md", "Counts words. Choose it for plain text.\n");

    // A build leaves nothing among the sources that validation would stumble over.
    let built = well(&package, ["build", "."]);
    assert!(built.contains("target/word-count.wasm"), "{built}");
    assert!(package.join("target/word-count.wasm").is_file());
    std::fs::copy(
        package.join("target/word-count.wasm"),
        package.join("word-count.wasm"),
    )
    .expect("copied");
    let report = json(&well(&package, ["validate", ".", "--format", "json"]));
    assert_eq!(report["verdict"], "passed", "{report}");

    let service = Service::start(&folder.path().join("data"));
    let at = |args: &[&str]| well(&package, args.iter().chain(&["--server", &service.url]));
    at(&["proposal", "submit", ".", "--watch", "--activate"]);
    let tools = json(&at(&["tool", "list", "--json"]));
    assert_eq!(
        tools[0]["description"],
        "Counts the words of a text: whatever stands between white space."
    );
    service.stop();
}
