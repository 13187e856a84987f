use super::*;
use serde_json::{Value, json};

fn places() -> Places {
    Places {
        package: "/tmp/b/package".into(),
        root: "/tmp/b".into(),
        vendor: "/home/vendor".into(),
        toolchain: vec!["/home/me/rust".into()],
    }
}

fn span(file: &str) -> Value {
    json!({
        "file_name": file, "byte_start": 0, "byte_end": 1, "line_start": 3, "line_end": 3,
        "column_start": 5, "column_end": 6, "is_primary": true, "text": [], "label": null,
        "suggested_replacement": null, "suggestion_applicability": null, "expansion": null
    })
}

fn message(level: &str, text: &str, spans: Value) -> String {
    let target = json!({
        "kind": ["bin"], "crate_types": ["bin"], "name": "t", "src_path": "/tmp/b/package/src/main.rs",
        "edition": "2024", "doc": true, "doctest": false, "test": true
    });
    json!({
        "reason": "compiler-message", "package_id": "path+file:///tmp/b/package#t@1.0.0",
        "manifest_path": "/tmp/b/package/Cargo.toml", "target": target,
        "message": {
            "message": text, "code": null, "level": level, "spans": spans, "children": [],
            "rendered": text
        }
    })
    .to_string()
}

fn read_all(lines: &[String], part: Part) -> Compiled {
    let output = Output {
        success: false,
        stdout: lines.join("\n").into_bytes(),
        stderr: Vec::new(),
        is_whole: true,
    };
    read(&output, &places(), part)
}

#[test]
fn an_error_has_its_place_and_the_compiler_s_text() {
    let said = "error: no\n --> /tmp/b/package/src/main.rs:3:5\n\u{1b}[2J";
    let line = message("error", said, json!([span("src/main.rs")]));
    let found = read_all(&[line.clone(), line.clone()], Part::Tool).findings;
    assert_eq!(found.len(), 1, "said twice, told once: {found:?}");
    assert_eq!(found[0].rule, "build/compile-error");
    assert_eq!(
        found[0].message,
        "error: no\n --> src/main.rs:3:5\n\\u{1b}[2J"
    );
    assert_eq!(
        found[0].place,
        Some(Place::File {
            path: "src/main.rs".into(),
            line: Some(3),
            column: Some(5)
        })
    );
    let in_tests = read_all(&[line], Part::Tests).findings;
    assert!(
        in_tests[0].message.starts_with("the tests do not compile"),
        "{in_tests:?}"
    );
}

#[test]
fn what_only_counts_is_left_out() {
    let lines = [
        message(
            "error",
            "error: aborting due to 3 previous errors",
            json!([]),
        ),
        message("warning", "warning: 3 warnings emitted", json!([])),
        message(
            "failure-note",
            "For more information about this error, …",
            json!([]),
        ),
    ];
    assert_eq!(read_all(&lines, Part::Tool).findings, []);
}

#[test]
fn the_first_twenty_are_kept_and_the_rest_counted() {
    let many = |count: usize, level: &str| -> Vec<String> {
        (0..count)
            .map(|n| message(level, &format!("{level} {n}"), json!([span("src/main.rs")])))
            .collect()
    };
    for (level, rule) in [
        ("error", "build/compile-error"),
        ("warning", "build/compiler-warning"),
    ] {
        assert_eq!(
            read_all(&many(MOST, level), Part::Tool).findings.len(),
            MOST
        );
        let found = read_all(&many(MOST + 2, level), Part::Tool).findings;
        assert_eq!(found.len(), MOST + 1);
        assert_eq!(found[MOST].rule, rule);
        assert_eq!(found[MOST].message, format!("… and 2 {level}s more"));
    }
}

#[test]
fn long_texts_are_cut_at_their_edge() {
    let whole = "x".repeat(MOST_TEXT);
    assert_eq!(cut(&whole), whole);
    assert_eq!(cut(&format!("{whole}y")), format!("{whole}… (cut)"));
    let odd = format!("{}é", "x".repeat(MOST_TEXT - 1));
    assert_eq!(cut(&odd), format!("{}… (cut)", "x".repeat(MOST_TEXT - 1)));
}

#[test]
fn nothing_is_quoted_from_files_that_are_not_the_author_s() {
    let mut expanded = span("src/main.rs");
    expanded["expansion"] = json!({
        "span": span("/etc/shadow"), "macro_decl_name": "m!", "def_site_span": null
    });
    for spans in [
        json!([span("/etc/shadow")]),
        json!([span("src/../../home/config.toml")]),
        json!([span("/usr/lib/rustlib/src/../../../../etc/shadow")]),
        json!([span("/home/vendor/../secret")]),
        json!([expanded]),
    ] {
        for level in ["error", "warning"] {
            let found =
                read_all(&[message(level, "root:secret", spans.clone())], Part::Tool).findings;
            assert_eq!(found.len(), 1);
            assert_eq!(found[0].rule, "build/reads-host-file", "{spans}");
            assert!(!found[0].message.contains("root:secret"), "{found:?}");
        }
    }
    for file in [
        "src/main.rs",
        "/tmp/b/package/src/main.rs",
        "/home/vendor/serde/src/lib.rs",
        "/tmp/b/target/release/build/serde/out/private.rs",
        "/rustc/0123/library/core/src/lib.rs",
        "/usr/lib/rustlib/src/rust/library/core/src/lib.rs",
        "<anon>",
    ] {
        let found = read_all(&[message("error", "text", json!([span(file)]))], Part::Tool).findings;
        assert_eq!(found[0].rule, "build/compile-error", "{file}");
    }
}

#[test]
fn no_message_tells_where_things_are_on_this_machine() {
    let said = "/home/me/rust/bin/rustc --crate-name x /home/vendor/serde failed";
    assert_eq!(
        places().plain(said),
        "toolchain/bin/rustc --crate-name x vendor/serde failed"
    );
}
