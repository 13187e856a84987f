use super::*;
use crate::{CallBudget, Form, SourceFile};

const PACKAGE: &str = "[package]\nname = \"t\"\nversion = \"1.0.0\"\nedition = \"2024\"\n";

fn rules(manifest: &str, files: &[(&str, &str)]) -> Vec<String> {
    let mut all = vec![SourceFile {
        path: "Cargo.toml".into(),
        content: manifest.into(),
    }];
    all.extend(files.iter().map(|(path, content)| SourceFile {
        path: (*path).into(),
        content: (*content).into(),
    }));
    let allowed = BTreeMap::from([("serde".to_owned(), Version::new(1, 0, 229))]);
    let checked = check(&Package { files: all }, &allowed);
    checked
        .findings
        .into_iter()
        .map(|finding| {
            assert!(!finding.remedy.is_empty());
            finding.rule
        })
        .collect()
}

fn with(rest: &str) -> Vec<String> {
    rules(&format!("{PACKAGE}{rest}"), &[])
}

#[test]
fn a_good_package_has_no_findings() {
    for good in [
        "",
        "[dependencies]\nserde = \"1\"\n",
        "[dependencies]\nserde = { version = \"1.0\", features = [\"derive\"], default-features = false }\n",
        "[dev-dependencies.serde]\nversion = \"*\"\n",
        "[dependencies]\nother = { package = \"serde\" }\n",
        "[workspace]\n",
        "[profile.release]\nlto = true\n",
        "[package.metadata]\nworkspace = 1\n",
        "build = false\n",
    ] {
        assert_eq!(with(good), Vec::<String>::new(), "{good}");
    }
}

#[test]
fn what_runs_or_reaches_out_while_it_is_built_is_refused() {
    let cases = [
        ("build = \"make.rs\"\n", "build/build-script"),
        ("build = true\n", "build/build-script"),
        ("links = \"z\"\n", "build/native-link"),
        ("workspace = \"..\"\n", "build/path-dependency"),
        ("version.workspace = true\n", "build/manifest-invalid"),
        ("license.workspace = true\n", "build/path-dependency"),
        (
            "[build-dependencies]\nserde = \"1\"\n",
            "build/build-script",
        ),
        ("[lib]\nproc-macro = true\n", "build/proc-macro"),
        ("[lib]\ncrate-type = [\"proc-macro\"]\n", "build/proc-macro"),
        (
            "[[bin]]\nname = \"x\"\npath = \"/etc/x.rs\"\n",
            "build/reads-host-file",
        ),
        (
            "[[bin]]\nname = \"x\"\npath = \"../x.rs\"\n",
            "build/reads-host-file",
        ),
        (
            "[dependencies]\nserde = { git = \"https://example.com/x\" }\n",
            "build/git-dependency",
        ),
        (
            "[dependencies]\nserde = { path = \"../serde\" }\n",
            "build/path-dependency",
        ),
        (
            "[dependencies]\nserde = { version = \"1\", registry = \"other\" }\n",
            "build/dependency-not-allowed",
        ),
        (
            "[dependencies]\nserde.workspace = true\n",
            "build/path-dependency",
        ),
        (
            "[dependencies]\nlibc = \"0.2\"\n",
            "build/dependency-not-allowed",
        ),
        (
            "[dependencies]\nserde = { package = \"libc\", version = \"0.2\" }\n",
            "build/dependency-not-allowed",
        ),
        (
            "[dev-dependencies]\nlibc = \"0.2\"\n",
            "build/dependency-not-allowed",
        ),
        (
            "[target.'cfg(unix)'.dependencies]\nlibc = \"0.2\"\n",
            "build/dependency-not-allowed",
        ),
        (
            "[target.'cfg(unix)'.build-dependencies]\nserde = \"1\"\n",
            "build/build-script",
        ),
        (
            "[dependencies]\nserde = \"2\"\n",
            "build/dependency-version",
        ),
        (
            "[dependencies]\nserde = \"one\"\n",
            "build/manifest-invalid",
        ),
        (
            "[patch.crates-io]\nserde = { path = \"x\" }\n",
            "build/path-dependency",
        ),
        ("[workspace]\nmembers = [\"x\"]\n", "build/path-dependency"),
        (
            "[profile.release]\nrustflags = [\"-Clinker=/bin/sh\"]\n",
            "build/toolchain-override",
        ),
        (
            "[profile.release.package.\"*\"]\nrustflags = []\n",
            "build/toolchain-override",
        ),
        (
            "[dependencies]\nserde = { version = \"1\", artifact = \"bin\" }\n",
            "build/manifest-invalid",
        ),
    ];
    for (text, rule) in cases {
        assert_eq!(with(text), [rule], "{text}");
    }
    assert_eq!(
        rules("cargo-features = [\"x\"]\n[package]\nname=\"t\"\n", &[]),
        ["build/manifest-invalid"]
    );
    assert_eq!(rules("[package", &[]), ["build/manifest-invalid"]);
    assert_eq!(rules("", &[]), ["build/manifest-invalid"]);
    assert_eq!(
        rules(PACKAGE, &[("build.rs", "fn main() {}")]),
        ["build/build-script"]
    );
    assert_eq!(
        rules(PACKAGE, &[("rust-toolchain.toml", "")]),
        ["build/toolchain-override"]
    );
}

#[test]
fn reaches_out_of_the_package_have_their_line() {
    let found = |source: &str| {
        let files =
            [("Cargo.toml", PACKAGE), ("src/main.rs", source)].map(|(path, content)| SourceFile {
                path: path.into(),
                content: content.into(),
            });
        let found = check(
            &Package {
                files: files.into(),
            },
            &BTreeMap::new(),
        );
        found
            .findings
            .into_iter()
            .map(|finding| (finding.rule, finding.place))
            .collect::<Vec<_>>()
    };
    let line_two = Some(Place::File {
        path: "src/main.rs".into(),
        line: Some(2),
        column: None,
    });
    assert_eq!(
        found("\nconst X: &str = include_str!(\"/etc/passwd\");"),
        [("build/reads-host-file".to_owned(), line_two.clone())]
    );
    assert_eq!(
        found("\n#[link(name = \"z\")] extern \"C\" {}"),
        [("build/native-link".to_owned(), line_two)]
    );
    assert_eq!(found("const X: &str = include_str!(\"x.txt\");"), []);
}

#[test]
fn a_finding_in_the_manifest_has_its_line() {
    let manifest = format!("{PACKAGE}[dependencies]\nserde = \"1\"\nlibc = \"0.2\"\n");
    let files = vec![SourceFile {
        path: "Cargo.toml".into(),
        content: manifest,
    }];
    let allowed = BTreeMap::from([("serde".to_owned(), Version::new(1, 0, 229))]);
    let found = check(&Package { files }, &allowed).findings;
    let line_seven = Place::File {
        path: "Cargo.toml".into(),
        line: Some(7),
        column: None,
    };
    assert_eq!(found[0].place, Some(line_seven));
    assert!(
        found[0].remedy.contains("serde"),
        "what there is is named: {found:?}"
    );
}

#[test]
fn a_package_chooses_its_form() {
    let form = |rest: &str| {
        let manifest = SourceFile {
            path: "Cargo.toml".into(),
            content: format!("{PACKAGE}{rest}"),
        };
        let package = Package {
            files: vec![manifest],
        };
        let checked = check(&package, &BTreeMap::new());
        (checked.wishes.form, checked.findings)
    };
    for (written, expected) in [
        ("", Form::Command),
        ("[package.metadata.wasm-runner]\n", Form::Command),
        ("[package.metadata.other]\nform = 1\n", Form::Command),
        (
            "[package.metadata.wasm-runner]\nform = \"command\"\n",
            Form::Command,
        ),
        (
            "[package.metadata.wasm-runner]\nform = \"component\"\n",
            Form::Component,
        ),
        (
            "metadata.wasm-runner.form = \"component\"\n",
            Form::Component,
        ),
    ] {
        assert_eq!(form(written), (expected, Vec::new()), "{written}");
    }
    for (written, line, message) in [
        ("[package.metadata.wasm-runner]\nform = 1\n", 6, "form = 1"),
        (
            "[package.metadata.wasm-runner]\nform = \"Component\"\n",
            6,
            "form = \"Component\"",
        ),
        (
            "[package.metadata.wasm-runner]\nfrom = \"component\"\n",
            6,
            "has `from`",
        ),
        ("[package.metadata]\nwasm-runner = true\n", 6, "is no table"),
    ] {
        let (chosen, findings) = form(written);
        assert_eq!(chosen, Form::Command, "{written}");
        let [finding] = findings.as_slice() else {
            panic!("{written}: {findings:?}");
        };
        assert_eq!(finding.rule, "build/manifest-invalid");
        assert!(finding.message.contains(message), "{}", finding.message);
        let place = finding.place.as_ref().expect("a place").text();
        assert_eq!(place, format!("Cargo.toml:{line}"));
    }
}

#[test]
fn a_package_names_its_reference_and_its_budget() {
    let read = |rest: &str| {
        let package = Package {
            files: vec![SourceFile {
                path: "Cargo.toml".into(),
                content: format!("{PACKAGE}{rest}"),
            }],
        };
        let checked = check(&package, &BTreeMap::new());
        let messages: Vec<String> = checked.findings.into_iter().map(|it| it.message).collect();
        (checked.wishes, messages)
    };
    let (wishes, messages) = read(
        "[package.metadata.wasm-runner]\nreference = \"naive\"\nbudget = { fuel = \"5 M\", \
         memory = \"64 KiB\", growth = 1, input = \"1 MiB\" }\n",
    );
    assert_eq!(messages, Vec::<String>::new());
    assert_eq!(wishes.reference.as_deref(), Some("naive"));
    let whole = CallBudget {
        fuel: Some(policies::Fuel(5_000_000)),
        memory: Some(policies::Bytes::kib(64)),
        growth: Some(1.0),
        input: Some(policies::Bytes::mib(1)),
    };
    assert_eq!(wishes.budget, whole);
    let budget = "[package.metadata.wasm-runner.budget]\n";
    let (wishes, messages) = read(&format!("{budget}fuel = 7\ngrowth = 1.5\n"));
    assert_eq!(messages, Vec::<String>::new());
    let (fuel, growth) = (Some(policies::Fuel(7)), Some(1.5));
    let few = CallBudget {
        fuel,
        growth,
        ..CallBudget::default()
    };
    assert_eq!(wishes.budget, few);
    for (written, part) in [
        (format!("{budget}fuel = -1\n"), "negative"),
        (format!("{budget}fuel = 0\n"), "no call does without"),
        (format!("{budget}memory = 65536\n"), "no text with a unit"),
        (
            format!("{budget}memory = \"65535 B\"\n"),
            "less than one page",
        ),
        (format!("{budget}memory = \"64 Kib\"\n"), "memory"),
        (format!("{budget}growth = \"linear\"\n"), "no number"),
        (format!("{budget}growth = 0.9\n"), "no exponent"),
        (format!("{budget}time = \"1 s\"\n"), "not known here"),
        (
            "[package.metadata.wasm-runner]\nbudget = 1\n".into(),
            "no table",
        ),
        (
            "[package.metadata.wasm-runner]\nreference = 1\n".into(),
            "no name",
        ),
        (
            "[package.metadata.wasm-runner]\nreference = \"\"\n".into(),
            "no name",
        ),
        (
            "[package.metadata.wasm-runner]\nrefrence = \"x\"\n".into(),
            "`reference`",
        ),
    ] {
        let (_, messages) = read(&written);
        let [message] = messages.as_slice() else {
            panic!("{written}: {messages:?}");
        };
        let said = message.contains(part) || part == "`reference`";
        assert!(said, "{written}: {message}");
    }
}
