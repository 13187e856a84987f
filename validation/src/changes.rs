//! What changed since the version before.

mod words;

use crate::excerpts::files;
use crate::{CapabilityRequest, Manifest, Previous, ProposedTool};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What changed since the version that was active before, or that was named. Absent parts are not
/// known: of a module alone nobody knows from what it was built.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Changes {
    /// The version that it is compared with, or the beginning of its module's digest.
    pub since: String,
    /// SHA-256 of that version's module, in hex.
    pub artifact_digest: String,
    /// Files that are not what they were, by path.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sources: Option<Vec<SourceChange>>,
    /// Crates that it names, each with the version that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<AddedAndRemoved>,
    /// What it asks to touch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capabilities: Option<AddedAndRemoved>,
    /// Figures of both, measured side by side.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub figures: Vec<FigureChange>,
    /// Inputs that both were run with: the earlier version's examples, the new one's, values at
    /// the edges of the earlier input schema, and inputs that fuzzing kept; all of them such as
    /// the earlier schema allows.
    #[serde(default)]
    pub compared_count: u64,
    /// Of those, inputs for which the two can't be compared: the answer is left to chance.
    #[serde(default)]
    pub incomparable_count: u64,
    /// Of those that can be, inputs for which the two do not do the same.
    #[serde(default)]
    pub differing_count: u64,
    /// Some of them, made small, at most three of a kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub behaviours: Vec<BehaviourChange>,
}

/// One file that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SourceChange {
    /// Path in the proposal.
    pub path: String,
    /// What became of it.
    pub change: SourceChangeKind,
    /// Lines that were not there before, counted without regard to their order.
    pub lines_added: u64,
    /// Lines that are not there any more.
    pub lines_removed: u64,
}

/// What became of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceChangeKind {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It has another content.
    Changed,
}

/// What is new in a list, and what is gone from it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AddedAndRemoved {
    /// New.
    pub added: Vec<String>,
    /// Gone.
    pub removed: Vec<String>,
}

/// A figure of both versions.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FigureChange {
    /// Its name; the unit is the last part (`module_bytes`, `median_fuel`). Fuel and memory are
    /// the same each time; what ends in `micros` was measured with a clock.
    pub name: String,
    /// The earlier version's.
    pub before: f64,
    /// The new one's.
    pub after: f64,
}

impl FigureChange {
    /// How many times as much the new one is; none where the earlier one is nothing.
    pub fn ratio(&self) -> Option<f64> {
        (self.before > 0.0).then(|| self.after / self.before)
    }
}

/// An input for which the two versions do not do the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BehaviourChange {
    /// In which way.
    pub kind: BehaviourKind,
    /// The input, as JSON text; long ones are cut.
    pub input: String,
    /// What the earlier version does with it; long outputs are cut.
    pub before: String,
    /// What the new one does.
    pub after: String,
}

/// In which way two versions do not do the same.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum BehaviourKind {
    /// An example of the earlier version does not hold any more.
    Example,
    /// What was answered fails.
    Fails,
    /// The answer is another.
    Answer,
    /// What failed is answered.
    Answers,
}

impl BehaviourKind {
    /// All of them, the heaviest first.
    pub(crate) const ALL: [Self; 4] = [Self::Example, Self::Fails, Self::Answer, Self::Answers];

    /// In words, for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Example => "a released example",
            Self::Fails => "fails now",
            Self::Answer => "another answer",
            Self::Answers => "answered now",
        }
    }
}

/// What running both side by side gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Compared {
    /// What the earlier version says of itself.
    pub(crate) manifest: Option<Manifest>,
    pub(crate) figures: Vec<FigureChange>,
    pub(crate) compared: u64,
    pub(crate) incomparable: u64,
    pub(crate) differing: u64,
    pub(crate) behaviours: Vec<BehaviourChange>,
}

/// Figures and behaviours of one report; what a process that ran hostile code says is more than
/// that is dropped.
const MOST: usize = 64;
/// Bytes of a text among them.
const MOST_TEXT: usize = 4096;

impl Compared {
    /// The same within the bounds that hold for what is kept.
    pub(crate) fn bounded(mut self) -> Self {
        self.figures.truncate(MOST);
        self.figures
            .retain(|it| it.before.is_finite() && it.after.is_finite());
        self.behaviours.truncate(MOST);
        let cut = |text: &mut String| text.truncate(text.floor_char_boundary(MOST_TEXT));
        for figure in &mut self.figures {
            cut(&mut figure.name);
        }
        for behaviour in &mut self.behaviours {
            cut(&mut behaviour.input);
            cut(&mut behaviour.before);
            cut(&mut behaviour.after);
        }
        self
    }
}

/// All that changed: from the two proposals and manifests, and from what running them gave.
pub(crate) fn changes(
    previous: &Previous,
    proposal: &ProposedTool,
    manifest: Option<&Manifest>,
    compared: Option<Compared>,
) -> Changes {
    let compared = compared.unwrap_or_default().bounded();
    let asked = previous.manifest.as_ref().or(compared.manifest.as_ref());
    let capabilities = asked.zip(manifest).map(|(before, after)| {
        let words = |manifest: &Manifest| {
            let requests = manifest.capabilities.iter();
            requests.map(CapabilityRequest::what).collect()
        };
        added_and_removed(&words(before), &words(after))
    });
    let before = previous.proposal.as_ref();
    Changes {
        since: previous.label.clone(),
        artifact_digest: runtime::Digest::of(&previous.artifact).to_string(),
        sources: before.map(|before| sources(before, proposal)),
        dependencies: before
            .map(|before| added_and_removed(&dependencies(before), &dependencies(proposal))),
        capabilities,
        figures: compared.figures,
        compared_count: compared.compared,
        incomparable_count: compared.incomparable,
        differing_count: compared.differing,
        behaviours: compared.behaviours,
    }
}

fn added_and_removed(before: &BTreeSet<String>, after: &BTreeSet<String>) -> AddedAndRemoved {
    AddedAndRemoved {
        added: after.difference(before).cloned().collect(),
        removed: before.difference(after).cloned().collect(),
    }
}

fn sources(before: &ProposedTool, after: &ProposedTool) -> Vec<SourceChange> {
    let (before, after): (BTreeMap<_, _>, BTreeMap<_, _>) =
        (files(before).collect(), files(after).collect());
    let paths: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let changed = paths.into_iter().filter_map(|path| {
        let (one, other) = (before.get(path), after.get(path));
        let change = match (one, other) {
            (None, _) => SourceChangeKind::Added,
            (_, None) => SourceChangeKind::Removed,
            (one, other) if one == other => return None,
            _ => SourceChangeKind::Changed,
        };
        let text = |it: Option<&&str>| it.copied().unwrap_or_default().to_owned();
        let (one, other) = (text(one), text(other));
        Some(SourceChange {
            path: path.to_owned(),
            change,
            lines_added: missing(&other, &one),
            lines_removed: missing(&one, &other),
        })
    });
    changed.collect()
}

/// Lines of one text that another lacks. A line that stands there twice is two.
fn missing(of: &str, from: &str) -> u64 {
    let mut left: BTreeMap<&str, u64> = BTreeMap::new();
    for line in from.lines() {
        *left.entry(line).or_default() += 1;
    }
    let lacks = of.lines().filter(|line| match left.get_mut(line) {
        Some(count) if *count > 0 => {
            *count -= 1;
            false
        }
        _ => true,
    });
    lacks.count() as u64
}

/// The crates that a proposal names, in either of its forms.
fn dependencies(proposal: &ProposedTool) -> BTreeSet<String> {
    let mut named = BTreeSet::new();
    let manifest = proposal.files.iter().find(|file| file.path == "Cargo.toml");
    let Some(manifest) = manifest else {
        named.extend(proposal.dependencies.iter().cloned());
        return named;
    };
    let Ok(root) = manifest.content.parse::<toml::Table>() else {
        return named;
    };
    let mut tables = vec![&root];
    let targets = root.get("target").and_then(toml::Value::as_table);
    let targets = targets.into_iter().flat_map(toml::Table::values);
    tables.extend(targets.filter_map(toml::Value::as_table));
    for table in tables {
        let dependencies = table.get("dependencies").and_then(toml::Value::as_table);
        for (name, wanted) in dependencies.into_iter().flatten() {
            let version = wanted.as_str().or_else(|| wanted.get("version")?.as_str());
            let version = version.map_or(String::new(), |version| format!(" {version}"));
            named.insert(format!("{name}{version}"));
        }
    }
    named
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceFile;
    use crate::stages::example::proposal;

    fn package(cargo: &str, main: &str) -> ProposedTool {
        let mut tool = proposal();
        tool.source_code = String::new();
        for (path, content) in [("Cargo.toml", cargo), ("src/main.rs", main)] {
            tool.files.push(SourceFile {
                path: path.to_owned(),
                content: content.to_owned(),
            });
        }
        tool
    }

    #[test]
    fn files_are_told_by_name_with_the_lines_that_came_and_went() {
        let before = package("[package]\n", "a\nb\nb\nc\n");
        let mut after = package("[package]\n", "b\na\nd\nc\ne\n");
        after.files.push(SourceFile {
            path: "src/more.rs".to_owned(),
            content: "x\ny\n".to_owned(),
        });
        let told: Vec<_> = sources(&before, &after)
            .into_iter()
            .map(|it| (it.path, it.change, it.lines_added, it.lines_removed))
            .collect();
        let (main, more) = ("src/main.rs".to_owned(), "src/more.rs".to_owned());
        assert_eq!(
            told,
            [
                (main.clone(), SourceChangeKind::Changed, 2, 1),
                (more.clone(), SourceChangeKind::Added, 2, 0),
            ]
        );
        let back: Vec<_> = sources(&after, &before)
            .into_iter()
            .map(|it| (it.path, it.change, it.lines_added, it.lines_removed))
            .collect();
        assert_eq!(
            back,
            [
                (main, SourceChangeKind::Changed, 1, 2),
                (more, SourceChangeKind::Removed, 0, 2),
            ]
        );
        assert_eq!(sources(&after, &after), []);
    }

    #[test]
    fn dependencies_are_read_from_either_form_of_a_proposal() {
        let cargo = "[dependencies]\nserde = \"1\"\nregex = { version = \"1.2\", features = [] }\n\
            [target.'cfg(unix)'.dependencies]\ncsv = {}\n[dev-dependencies]\ninsta = \"1\"\n";
        let named = dependencies(&package(cargo, ""));
        assert_eq!(
            named.into_iter().collect::<Vec<_>>(),
            ["csv", "regex 1.2", "serde 1"]
        );
        let mut single = proposal();
        single.dependencies = vec!["serde".to_owned()];
        assert_eq!(dependencies(&single).len(), 1);
        assert!(dependencies(&package("[dependencies", "")).is_empty());
    }

    #[test]
    fn of_a_module_alone_nobody_knows_the_sources() {
        let previous = Previous::module(b"module".to_vec());
        let told = changes(&previous, &proposal(), None, None);
        assert!(told.since.starts_with("sha256:"));
        assert_eq!((&told.sources, &told.dependencies), (&None, &None));
        assert_eq!(told.capabilities, None);
    }

    #[test]
    fn what_the_confined_process_says_is_bounded() {
        let long = |length: usize| "é".repeat(length / 2);
        let behaviour = |length| BehaviourChange {
            kind: BehaviourKind::Fails,
            input: long(length),
            before: String::new(),
            after: String::new(),
        };
        let figure = |after| FigureChange {
            name: "n".to_owned(),
            before: 1.0,
            after,
        };
        let said = Compared {
            figures: vec![figure(f64::NAN), figure(2.0)],
            behaviours: vec![behaviour(MOST_TEXT + 2); MOST + 1],
            ..Compared::default()
        };
        let kept = said.bounded();
        assert_eq!(kept.figures, [figure(2.0)]);
        assert_eq!(kept.behaviours, vec![behaviour(MOST_TEXT); MOST]);
    }

    #[test]
    fn a_ratio_needs_something_to_compare_with() {
        let figure = |before, after| FigureChange {
            name: "n".to_owned(),
            before,
            after,
        };
        assert_eq!(figure(2.0, 3.0).ratio(), Some(1.5));
        assert_eq!(figure(0.0, 3.0).ratio(), None);
    }
}
