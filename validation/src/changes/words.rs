//! What changed, in words: a line for each.

use super::{AddedAndRemoved, BehaviourChange, Changes, FigureChange, SourceChangeKind};

impl Changes {
    /// A line for each change, for people; what stands in a line may be the tool's words. The
    /// first says what it is compared with.
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("changes since {}", self.since)];
        let sources = self.sources.iter().flatten();
        lines.extend(sources.map(|source| {
            let what = match source.change {
                SourceChangeKind::Added => "is new",
                SourceChangeKind::Removed => "is gone",
                SourceChangeKind::Changed => "changed",
            };
            format!(
                "{} {what}: +{} -{} lines",
                source.path, source.lines_added, source.lines_removed
            )
        }));
        for (of, both) in [
            ("crates", &self.dependencies),
            ("asks for", &self.capabilities),
        ] {
            lines.extend(both.as_ref().and_then(|both| added(of, both)));
        }
        lines.extend(self.figures.iter().map(FigureChange::words));
        if self.compared_count > 0 {
            lines.push(self.compared_words());
        }
        lines.extend(self.behaviours.iter().map(BehaviourChange::words));
        lines
    }

    /// How many inputs were tried with both, and how many of them show a difference.
    pub(crate) fn compared_words(&self) -> String {
        let chance = match self.incomparable_count {
            0 => String::new(),
            some => format!("; {some} are left to chance"),
        };
        format!(
            "{} inputs tried with both: {} show a difference{chance}",
            self.compared_count, self.differing_count
        )
    }
}

fn added(of: &str, both: &AddedAndRemoved) -> Option<String> {
    let signed = |sign: &'static str, list: &[String]| {
        let signed = list.iter().map(move |it| format!("{sign} {it}"));
        signed.collect::<Vec<_>>()
    };
    let all = [signed("+", &both.added), signed("-", &both.removed)].concat();
    (!all.is_empty()).then(|| format!("{of}: {}", all.join(", ")))
}

impl FigureChange {
    /// Such as `median fuel: 1200 before, 2400 now (2.00 times)`.
    pub(crate) fn words(&self) -> String {
        let ratio = self.ratio();
        let ratio = ratio.map_or(String::new(), |ratio| format!(" ({ratio:.2} times)"));
        format!(
            "{}: {} before, {} now{ratio}",
            self.name.replace('_', " "),
            self.before,
            self.after
        )
    }
}

impl BehaviourChange {
    fn words(&self) -> String {
        format!(
            "{}: {} gave {} and gives {}",
            self.kind.words(),
            self.input,
            self.before,
            self.after
        )
    }
}
