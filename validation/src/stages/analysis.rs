//! What the code and the constants show, as findings.

use super::Found;
use crate::analysis::{Analysis, secrets};
use crate::{Finding, Place, ProposedTool};

/// Judges what [`crate::analyse()`] saw.
pub(crate) fn judge(found: &mut Found, analysis: &Analysis) {
    let figures = [
        ("code_bytes", analysis.code_bytes),
        ("reachable_functions_count", analysis.reachable),
        ("dead_functions_count", analysis.dead),
        (
            "reachable_imports_count",
            analysis.reachable_imports.len() as u64,
        ),
        ("indirect_calls_count", analysis.indirect_calls),
        ("recursive_groups_count", analysis.recursive_groups),
    ];
    for (name, figure) in figures {
        found.count(name, figure);
    }
    if let Some((_, bytes)) = analysis.largest.first() {
        found.count("largest_function_bytes", *bytes);
    }
    for name in &analysis.endless {
        let finding = Finding::warning(
            "inspect/endless-loop",
            format!(
                "`{name}` has a loop that nothing ends: no way leads out of it and it calls nothing"
            ),
            "give the loop a condition that ends it; a call that comes there runs until its limit",
        );
        found.add(finding.at(Place::Module { item: name.clone() }));
    }
    for name in &analysis.idle_exports {
        let shown = crate::finding::presentable(name);
        let finding = Finding::note(
            "inspect/dead-export",
            format!("the function `{shown}` is exported, and no host calls it"),
            "remove the export; a tool is called by `_start` alone",
        );
        found.add(finding.at(Place::Module { item: shown }));
    }
}

/// Keys, tokens and passwords in what the author wrote, and those of the module's data that
/// stand in none of it. Reports are read by many: what is found is not repeated there.
pub(crate) fn look_for_secrets(found: &mut Found, proposal: &ProposedTool, module: &[u8]) {
    let single = [
        ("src/main.rs", &proposal.source_code),
        ("src/tests.rs", &proposal.test_code),
        ("README.md", &proposal.documentation),
    ];
    let files = proposal
        .files
        .iter()
        .map(|file| (file.path.as_str(), &file.content));
    let mut told: Vec<String> = Vec::new();
    for (path, text) in single.into_iter().chain(files) {
        for secret in secrets(text.as_bytes()) {
            let before = text.as_bytes()[..secret.at].split(|byte| *byte == b'\n');
            let line = before.count();
            let place = Place::File {
                path: path.to_owned(),
                line: u32::try_from(line).ok(),
                column: None,
            };
            found.add(finding(secret.kind, &secret.shown).at(place));
            told.push(secret.shown);
        }
    }
    for secret in secrets(module) {
        if !told.contains(&secret.shown) {
            let place = Place::Module {
                item: format!("byte {}", secret.at),
            };
            found.add(finding(secret.kind, &secret.shown).at(place));
        }
    }
}

fn finding(kind: &str, shown: &str) -> Finding {
    Finding::warning(
        "inspect/secret",
        format!("{kind} stands here (`{shown}`): whoever reads the tool has it"),
        "remove it, take it back where it was given out, and have the value come with each call",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proposal(source: &str) -> ProposedTool {
        serde_json::from_value(serde_json::json!({
            "name": "a", "version": "1.0.0", "language": "rust", "source_code": source,
        }))
        .expect("a proposal")
    }

    #[test]
    fn a_secret_is_told_once_with_its_line() {
        let key = ["AKIA", "ABCDEFGHIJKLMNOP"].concat();
        let source = format!("fn main() {{\n    let key = \"{key}\";\n}}\n");
        let mut found = Found::default();
        look_for_secrets(&mut found, &proposal(&source), key.as_bytes());
        let [one] = found.findings.as_slice() else {
            panic!("{:?}", found.findings);
        };
        assert_eq!(
            one.place,
            Some(Place::File {
                path: "src/main.rs".to_owned(),
                line: Some(2),
                column: None
            })
        );
        assert!(!one.message.contains(&key), "{}", one.message);
    }

    #[test]
    fn a_secret_put_together_by_the_compiler_is_found_in_the_data() {
        let key = ["AKIA", "ABCDEFGHIJKLMNOP"].concat();
        let source = r#"const KEY: &str = concat!("AKIA", "ABCDEFGHIJKLMNOP");"#;
        let mut found = Found::default();
        look_for_secrets(&mut found, &proposal(source), format!("..{key}").as_bytes());
        assert_eq!(
            found.findings[0].place,
            Some(Place::Module {
                item: "byte 2".to_owned()
            })
        );
    }
}
