//! Beside the version that was there before.

use super::beside::{Answer, Both, Pair, Said, Side, short};
use super::figures::Spread;
use super::inputs::{self, Input, Origin};
use super::{Context, EACH_ONCE, Earlier};
use crate::changes::Compared;
use crate::stages::Found;
use crate::stages::fixtures::Fixtures;
use crate::stages::manifest::granted;
use crate::{
    BehaviourChange, BehaviourKind, Contract, FigureChange, Finding, Manifest, Reproducer,
    Severity, ValidationError,
};
use policies::{Bytes, Fuel};
use semver::Version;
use std::time::Instant;

/// Behaviours of one kind that are made small and shown.
const SHOWN: usize = 3;
/// From how many times the work or memory on it is worth a word, and from how many a person
/// should look.
const MORE: (f64, f64) = (1.5, 5.0);
/// Less than this is no difference worth a word, whatever the ratio: units of fuel, and bytes.
const LEAST: (u64, u64) = (100_000, 1 << 20);

/// Gives both the same inputs: what they do with them, and what it costs.
pub(super) async fn compare(
    context: &Context<'_>,
    earlier: &Earlier,
    measured: &[Input],
    found: &mut Found,
) -> Result<Compared, ValidationError> {
    let first = earlier.manifest.as_ref().unwrap_or(context.manifest);
    let old_contract = Contract::new(first).ok();
    let contract = old_contract.as_ref().unwrap_or(context.contract);
    let capabilities = &first.capabilities;
    let grant = granted(context.proposal, capabilities, context.ceiling);
    // The files that stand in for folders are the proposal's, so that both read the same.
    let fixtures = Fixtures::new(context.proposal, capabilities, &grant);
    let pair = Pair {
        stage: context.stage,
        first: Side {
            tool: &earlier.tool,
            fixtures: &fixtures,
        },
        second: Side {
            tool: context.tool,
            fixtures: context.fixtures,
        },
        until: Instant::now() + EACH_ONCE,
    };
    let seed = context.stage.options.fuzz_seed;
    let inputs = inputs::to_compare(first, contract, measured, seed);
    let mut compared = Compared {
        manifest: earlier.manifest.clone(),
        ..Compared::default()
    };
    let mut usage = Vec::new();
    let mut differing: Vec<(BehaviourKind, &Input)> = Vec::new();
    for input in &inputs {
        if !pair.has_time() {
            break;
        }
        compared.compared += 1;
        match pair.say(&input.text).await? {
            Said::Nothing => compared.incomparable += 1,
            Said::Same(both) => usage.push(both.usage),
            Said::Differs(kind, both) => {
                if kind == BehaviourKind::Answer {
                    usage.push(both.usage);
                }
                let is_released = earlier.manifest.is_some() && held(first, input, &both);
                let kind = if is_released {
                    BehaviourKind::Example
                } else {
                    kind
                };
                differing.push((kind, input));
            }
        }
    }
    compared.differing = differing.len() as u64;
    found.count("compared_count", compared.compared);
    found.count("differing_count", compared.differing);
    compared.figures = figures(context, earlier, &usage);
    let breaking = breaks(earlier.version.as_ref(), &context.proposal.version);
    for kind in BehaviourKind::ALL {
        let those: Vec<&Input> = differing
            .iter()
            .filter(|(found, _)| *found == kind)
            .map(|(_, input)| *input)
            .collect();
        if those.is_empty() {
            continue;
        }
        let shown = shown(&pair, contract, kind, &those).await?;
        found.add(tell(context, earlier, kind, those.len(), &shown, breaking));
        compared.behaviours.extend(shown.into_iter().map(|it| {
            let input = short(&it.input);
            BehaviourChange { input, ..it }
        }));
    }
    costs(earlier, &compared.figures, found);
    Ok(compared)
}

/// Whether the input is an example that held in the earlier version.
fn held(first: &Manifest, input: &Input, both: &Both) -> bool {
    let Origin::Example(index) = input.origin else {
        return false;
    };
    let refuses = first
        .examples
        .get(index)
        .is_some_and(|it| it.error.is_some());
    refuses != matches!(both.answers[0], Answer::Gives(_))
}

/// A few of one kind; made-up inputs are made small.
async fn shown(
    pair: &Pair<'_>,
    contract: &Contract,
    kind: BehaviourKind,
    inputs: &[&Input],
) -> Result<Vec<BehaviourChange>, ValidationError> {
    let mut shown: Vec<BehaviourChange> = Vec::new();
    for input in inputs {
        if shown.len() >= SHOWN {
            break;
        }
        let text = match input.origin {
            Origin::Example(_) => input.text.clone(),
            Origin::Made => pair.smaller(&input.text, kind, contract).await?,
        };
        if shown.iter().any(|known| known.input == text) {
            continue;
        }
        if let Said::Differs(_, both) = pair.say(&text).await? {
            let [before, after] = both.answers.map(|it| it.words());
            shown.push(BehaviourChange {
                kind,
                input: text,
                before,
                after,
            });
        }
    }
    if kind != BehaviourKind::Example {
        shown.sort_by_key(|it| it.input.len());
    }
    Ok(shown)
}

/// One finding for all of a kind. A version that breaks by its number may do other things; one
/// that does not, should have a person look when it takes something away.
fn tell(
    context: &Context<'_>,
    earlier: &Earlier,
    kind: BehaviourKind,
    count: usize,
    shown: &[BehaviourChange],
    breaking: bool,
) -> Finding {
    let label = &earlier.label;
    let (rule, what, remedy) = match kind {
        BehaviourKind::Example => (
            "bench/changed-example",
            "released examples do not give what they gave",
            "keep what was released, or raise the version so that it says that it breaks (semver) and say in the description what changed",
        ),
        BehaviourKind::Fails => (
            "bench/newly-fails",
            "inputs that were answered fail now",
            "answer what was answered, or raise the version so that it says that it breaks (semver)",
        ),
        BehaviourKind::Answer => (
            "bench/changed-answer",
            "inputs have another answer",
            "see that each difference is meant, and say so in the description",
        ),
        BehaviourKind::Answers => (
            "bench/newly-answers",
            "inputs that failed are answered now",
            "nothing to mend if that is what the new version is for",
        ),
    };
    let examples: Vec<String> = shown
        .iter()
        .map(|it| {
            let forbids = serde_json::from_str(&it.input)
                .is_ok_and(|value| !context.contract.allows_input(&value));
            let forbids = if forbids {
                " (the new input schema forbids it)"
            } else {
                ""
            };
            format!(
                "{} gave {} and gives {}{forbids}",
                short(&it.input),
                it.before,
                it.after
            )
        })
        .collect();
    let message = format!("since {label}, {count} {what}:\n{}", examples.join("\n"));
    let mut finding = Finding::note(rule, message, remedy);
    let takes_away = matches!(kind, BehaviourKind::Example | BehaviourKind::Fails);
    if takes_away && !breaking {
        finding.severity = Severity::Warning;
    }
    match shown.first() {
        Some(smallest) => finding.again(Reproducer {
            input: smallest.input.clone(),
            seed: Some(0),
            ..Reproducer::default()
        }),
        None => finding,
    }
}

/// Whether the new version's number says that it breaks with the earlier one.
fn breaks(before: Option<&Version>, after: &Version) -> bool {
    before.is_some_and(|before| {
        let compatible = match (after.major, after.minor) {
            (0, 0) => (before.major, before.minor, before.patch) == (0, 0, after.patch),
            (0, minor) => (before.major, before.minor) == (0, minor),
            (major, _) => before.major == major,
        };
        after > before && !compatible
    })
}

/// Sizes, and what the inputs cost that both answered or both refused.
#[allow(clippy::cast_precision_loss, reason = "figures for people")]
fn figures(
    context: &Context<'_>,
    earlier: &Earlier,
    usage: &[[runtime::Usage; 2]],
) -> Vec<FigureChange> {
    let change = |name: &str, before: u64, after: u64| FigureChange {
        name: name.to_owned(),
        before: before as f64,
        after: after as f64,
    };
    let mut figures = vec![change(
        "module_bytes",
        earlier.size as u64,
        context.size as u64,
    )];
    if usage.is_empty() {
        return figures;
    }
    let spread = |side: usize, figure: fn(&runtime::Usage) -> u64| {
        Spread::of(usage.iter().map(|both| figure(&both[side])).collect())
    };
    for (name, figure) in [
        (FUEL, (|it| it.fuel) as fn(&runtime::Usage) -> u64),
        (MEMORY, |it| it.peak_memory),
    ] {
        let (before, after) = (spread(0, figure), spread(1, figure));
        figures.push(change(
            &format!("median_{name}"),
            before.median,
            after.median,
        ));
        figures.push(change(&format!("most_{name}"), before.most, after.most));
    }
    figures
}

const FUEL: &str = "fuel";
const MEMORY: &str = "memory_bytes";

/// A word on calls that cost much more than they did.
fn costs(earlier: &Earlier, figures: &[FigureChange], found: &mut Found) {
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "they were whole and not negative"
    )]
    let whole = |figure: f64| figure as u64;
    for (rule, name, least, what) in [
        ("bench/more-work", format!("median_{FUEL}"), LEAST.0, "fuel"),
        (
            "bench/more-memory",
            format!("median_{MEMORY}"),
            LEAST.1,
            "memory",
        ),
    ] {
        let Some(figure) = figures.iter().find(|it| it.name == name) else {
            continue;
        };
        let (before, after) = (whole(figure.before), whole(figure.after));
        let Some(ratio) = figure.ratio().filter(|it| *it >= MORE.0) else {
            continue;
        };
        if after.saturating_sub(before) < least {
            continue;
        }
        let amount = |figure: u64| match name.ends_with(FUEL) {
            true => Fuel(figure).to_string(),
            false => Bytes(figure).to_string(),
        };
        let message = format!(
            "the same inputs take {ratio:.1} times the {what} that they took in {}: {} instead of {}, in the median",
            earlier.label,
            amount(after),
            amount(before)
        );
        let remedy =
            "see that this is what the new version's work is worth; else do less for each call";
        let mut finding = Finding::note(rule, message, remedy);
        if ratio >= MORE.1 {
            finding.severity = Severity::Warning;
        }
        found.add(finding);
    }
}

#[cfg(test)]
mod tests {
    use super::super::beside::relation;
    use super::*;
    use serde_json::json;

    #[test]
    fn a_version_breaks_by_its_number() {
        for (before, after, expected) in [
            ("1.2.3", "1.2.4", false),
            ("1.2.3", "1.9.0", false),
            ("1.2.3", "2.0.0", true),
            ("2.0.0", "1.9.0", false),
            ("0.1.9", "0.2.0", true),
            ("0.1.0", "0.1.9", false),
            ("0.0.1", "0.0.2", true),
            ("0.9.0", "1.0.0", true),
            ("1.0.0-rc.1", "1.0.0", false),
        ] {
            let read = |text: &str| text.parse::<Version>().expect("a version");
            let told = breaks(Some(&read(before)), &read(after));
            assert_eq!(told, expected, "{before} {after}");
        }
        assert!(!breaks(None, &Version::new(9, 0, 0)));
    }

    #[test]
    fn two_ways_to_fail_are_one_thing_to_a_caller() {
        let gives = |value| Answer::Gives(value);
        let refuses = || Answer::Refuses("no".to_owned());
        let breaks = || Answer::Breaks("traps".to_owned());
        for (first, second, expected) in [
            (gives(json!(3)), gives(json!(3.0)), None),
            (
                gives(json!(3)),
                gives(json!(4)),
                Some(BehaviourKind::Answer),
            ),
            (gives(json!(3)), refuses(), Some(BehaviourKind::Fails)),
            (gives(json!(3)), breaks(), Some(BehaviourKind::Fails)),
            (refuses(), gives(json!(3)), Some(BehaviourKind::Answers)),
            (refuses(), Answer::Refuses("other".to_owned()), None),
            (refuses(), breaks(), None),
        ] {
            assert_eq!(relation(&first, &second), expected, "{first:?} {second:?}");
        }
    }
}
