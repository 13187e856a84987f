//! Changes, put in force one by one.

use super::Line;
use super::runs::{Case, Runs, Went, in_time};
use crate::ValidationError;
use crate::mutation::Change;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// A change that was tried.
pub(super) struct Tried {
    pub(super) change: Change,
    /// Whether a test reaches it.
    pub(super) by_tests: bool,
    /// How the first run went that did not go well; none if all did.
    pub(super) noticed: Option<Went>,
    /// Whether a test noticed, and not only an example.
    pub(super) test_noticed: Option<Went>,
}

/// What came of all.
#[derive(Default)]
pub(super) struct Outcome {
    /// How many changes a test or example reaches.
    pub(super) reached: usize,
    pub(super) tried: Vec<Tried>,
}

/// A change while its runs go on.
struct Trying {
    change: Change,
    number: u32,
    cases: VecDeque<usize>,
    by_tests: bool,
}

/// Tries changes until the budget is used up. Those are tried that something reaches, in an order
/// that the seed gives: one of each line first.
pub(super) async fn try_all(
    runs: &Runs<'_>,
    cases: &mut [Case],
    changes: Vec<(Change, u32)>,
    until: Instant,
) -> Result<Outcome, ValidationError> {
    cases.sort_by_key(Case::order);
    let reach = |number: u32| -> VecDeque<usize> {
        let cases = cases.iter().enumerate();
        let those = cases.filter(|(_, case)| case.held && case.changes.contains(&number));
        those.map(|(at, _)| at).collect()
    };
    let options = runs.context.stage.options;
    let chosen = chosen(changes, options.mutation_seed);
    let mut waiting: VecDeque<Trying> = chosen
        .into_iter()
        .map(|(change, number)| {
            let cases_of_it = reach(number);
            Trying {
                change,
                number,
                by_tests: cases_of_it.iter().any(|at| cases[*at].is_test()),
                cases: cases_of_it,
            }
        })
        .filter(|trying| !trying.cases.is_empty())
        .collect();
    let mut outcome = Outcome {
        reached: waiting.len(),
        tried: Vec::new(),
    };
    if let Some(most) = options.mutants {
        waiting.truncate(usize::try_from(most).unwrap_or(usize::MAX));
    }
    let mut running = JoinSet::new();
    let stop = runs.context.stage.until;
    loop {
        // A few are tried on a busy machine too: the verdict should not depend on that.
        let until = match outcome.tried.len() {
            0..LEAST => (until + GRACE).min(stop),
            _ => until,
        };
        while running.len() < options.parallel_runs.max(1)
            && Instant::now() < until
            && let Some(mut trying) = waiting.pop_front()
        {
            let Some(at) = trying.cases.pop_front() else {
                continue;
            };
            let number = trying.number;
            runs.begin(&mut running, (trying, at), &cases[at], number)
                .await?;
        }
        let Some(((mut trying, at), ended)) = in_time(&mut running, until).await? else {
            break;
        };
        runs.context.stage.go_on()?;
        let went = runs.went(&cases[at], &ended);
        let is_noticed = went != Went::Well;
        if !is_noticed && let Some(at) = trying.cases.pop_front() {
            let number = trying.number;
            runs.begin(&mut running, (trying, at), &cases[at], number)
                .await?;
            continue;
        }
        let by_test = is_noticed && cases[at].is_test();
        outcome.tried.push(Tried {
            change: trying.change,
            by_tests: trying.by_tests,
            noticed: is_noticed.then_some(went),
            test_noticed: by_test.then_some(went),
        });
    }
    // In the order of the sources, whichever was done first.
    outcome
        .tried
        .sort_by(|one, other| one.change.cmp(&other.change));
    Ok(outcome)
}

/// So many are tried within the time and this much more.
const LEAST: usize = 12;
const GRACE: Duration = Duration::from_secs(5);

/// Changes of one line that are tried at most: more say little of other lines.
const MOST_OF_A_LINE: usize = 3;

/// A change with its place in the order, and its number.
type Ranked = ([u8; 32], Change, u32);

/// The order in which changes are tried.
fn chosen(changes: Vec<(Change, u32)>, seed: u64) -> Vec<(Change, u32)> {
    let mut lines: BTreeMap<Line, Vec<Ranked>> = BTreeMap::new();
    for (change, number) in changes {
        let mut hash = Sha256::new();
        hash.update(seed.to_le_bytes());
        hash.update(format!("{change:?}"));
        let line = (change.position.file, change.position.line);
        let rank = hash.finalize().into();
        lines.entry(line).or_default().push((rank, change, number));
    }
    let mut ranked = Vec::new();
    for (_, mut line) in lines {
        line.sort_by_key(|it| it.0);
        let line = line.into_iter().take(MOST_OF_A_LINE).enumerate();
        ranked.extend(line.map(|(round, (rank, change, number))| (round, rank, change, number)));
    }
    ranked.sort_by_key(|(round, rank, _, _)| (*round, *rank));
    ranked
        .into_iter()
        .map(|(_, _, change, number)| (change, number))
        .collect()
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::mutation::{Kind, Position};

    fn changes() -> Vec<(Change, u32)> {
        let on = |line, kind| Change {
            position: Position {
                file: 0,
                line,
                column: 5,
            },
            kind,
        };
        let kinds = [
            Kind::Edge,
            Kind::Equality,
            Kind::Condition,
            Kind::Assignment,
        ];
        let all = (1..=20).flat_map(|line| kinds.clone().map(|kind| on(line, kind)));
        all.zip(1..).collect()
    }

    #[test]
    fn the_same_seed_gives_the_same_order_and_each_line_comes_first_once() {
        let order = chosen(changes(), 7);
        assert_eq!(order, chosen(changes(), 7));
        let mut turned = changes();
        turned.reverse();
        assert_eq!(
            order,
            chosen(turned, 7),
            "the order of the changes is no matter"
        );
        assert_ne!(order, chosen(changes(), 8));
        assert_eq!(order.len(), 20 * MOST_OF_A_LINE);
        let mut first: Vec<u32> = order[..20].iter().map(|it| it.0.position.line).collect();
        first.sort_unstable();
        assert_eq!(first, (1..=20).collect::<Vec<u32>>());
    }
}
