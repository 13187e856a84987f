//! What each rule means.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A rule in words.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    /// What is wrong, in a few words.
    pub(super) short: String,
    /// What the rule is for.
    pub(super) full: String,
    /// What to do.
    pub(super) help: String,
}

static RULES: LazyLock<BTreeMap<String, Rule>> = LazyLock::new(|| {
    toml::from_str(include_str!("rules.toml"))
        .expect("the rules are part of the program and are tested")
});

/// All rules, in order of their ids.
pub(super) fn all() -> &'static BTreeMap<String, Rule> {
    &RULES
}

/// One rule, if it is known here.
pub(super) fn get(id: &str) -> Option<&'static Rule> {
    RULES.get(id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    const STAGES: [&str; 7] = [
        "build", "inspect", "manifest", "test", "examples", "fuzz", "bench",
    ];

    /// Texts such as `"build/compile-error"` in a source.
    fn ids(source: &str) -> impl Iterator<Item = &str> {
        source.split('"').filter(|text| {
            let Some((stage, name)) = text.split_once('/') else {
                return false;
            };
            STAGES.contains(&stage)
                && !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'-')
        })
    }

    fn look(folder: &Path, missing: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            let for_tests = ["tests.rs", "unit.rs", "fixtures.rs", "example.rs"];
            if path.is_dir() {
                look(&path, missing);
            } else if path.extension() == Some("rs".as_ref())
                && (!for_tests.contains(&name.as_str()) || path.ends_with("stages/tests.rs"))
            {
                let source = std::fs::read_to_string(&path).expect("text");
                let source = source.split("#[cfg(test)]").next().unwrap_or_default();
                missing.extend(
                    ids(source)
                        .filter(|id| get(id).is_none())
                        .map(|id| format!("{id} ({})", path.display())),
                );
            }
        }
    }

    #[test]
    fn every_rule_of_the_sources_is_explained() {
        let mut missing = Vec::new();
        look(
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut missing,
        );
        assert!(
            missing.is_empty(),
            "rules.toml does not explain {}",
            missing.join(", ")
        );
    }

    #[test]
    fn every_rule_is_explained_in_whole_sentences() {
        assert!(all().len() > 50);
        for (id, rule) in all() {
            let stage = id.split('/').next().expect("a stage");
            assert!(STAGES.contains(&stage), "{id}");
            assert!(!rule.short.ends_with('.') && rule.short.len() < 80, "{id}");
            assert!(rule.full.ends_with('.') && rule.help.ends_with('.'), "{id}");
        }
    }
}
