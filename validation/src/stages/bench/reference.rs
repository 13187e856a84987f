//! Beside the second implementation that the proposal brings.

use super::beside::{Answer, Pair, Said, Side, short};
use super::inputs::{self, Input};
use super::{Context, EACH_ONCE};
use crate::stages::Found;
use crate::{Finding, Reproducer, ValidationError};
use runtime::Tool;
use std::time::Instant;

/// Inputs that are made small and shown.
const SHOWN: usize = 3;

/// Gives both the same inputs; one for which they do not do the same is an error, for one of the
/// two must be wrong.
pub(super) async fn compare(
    context: &Context<'_>,
    reference: &Tool,
    measured: &[Input],
    found: &mut Found,
) -> Result<(), ValidationError> {
    let side = |tool| Side {
        tool,
        fixtures: context.fixtures,
    };
    let pair = Pair {
        stage: context.stage,
        first: side(reference),
        second: side(context.tool),
        until: Instant::now() + EACH_ONCE,
    };
    let seed = context.stage.options.fuzz_seed;
    let inputs = inputs::to_compare(context.manifest, context.contract, measured, seed);
    let (mut compared, mut differing) = (0_u64, Vec::new());
    for input in &inputs {
        if !pair.has_time() {
            break;
        }
        match pair.say(&input.text).await? {
            Said::Nothing => {}
            // Slow is what a second implementation may be.
            Said::Same(both) | Said::Differs(_, both)
                if both
                    .answers
                    .iter()
                    .any(|it| matches!(it, Answer::CutOff(_))) => {}
            Said::Same(_) => compared += 1,
            Said::Differs(kind, _) => {
                compared += 1;
                differing.push((input, kind));
            }
        }
    }
    found.count("reference_compared_count", compared);
    found.count("reference_differing_count", differing.len() as u64);
    if compared == 0 {
        found.add(Finding::warning(
            "bench/reference-not-compared",
            "the second implementation could be compared for no input: each was cut off, or is answered by chance",
            "make the second implementation quick enough for the examples, and both independent of chance",
        ));
    }
    let mut shown: Vec<(String, [String; 2])> = Vec::new();
    for (input, kind) in &differing {
        if shown.len() >= SHOWN {
            break;
        }
        let small = pair.smaller(&input.text, *kind, context.contract).await?;
        if shown.iter().any(|(known, _)| *known == small) {
            continue;
        }
        if let Said::Differs(_, both) = pair.say(&small).await? {
            shown.push((small, both.answers.map(|it| it.words())));
        }
    }
    shown.sort_by_key(|(input, _)| input.len());
    let Some((smallest, _)) = shown.first() else {
        return Ok(());
    };
    let examples: Vec<String> = shown
        .iter()
        .map(|(input, [reference, tool])| {
            format!(
                "for {} it gives {tool}, and the other {reference}",
                short(input)
            )
        })
        .collect();
    let again = Reproducer {
        input: smallest.clone(),
        seed: Some(0),
        ..Reproducer::default()
    };
    let finding = Finding::error(
        "bench/reference-disagrees",
        format!(
            "for {} of {compared} inputs the tool and its second implementation do not do the same:\n{}",
            differing.len(),
            examples.join("\n")
        ),
        "one of the two is wrong: find out which by the description, mend it, and add the input as a test",
    );
    found.add(finding.again(again));
    Ok(())
}
