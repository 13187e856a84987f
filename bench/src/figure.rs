//! What a figure is, and how figures are shown.

use crate::stats::Summary;
use serde::Serialize;
use std::fmt::Write as _;

/// One comparison, measured.
#[derive(Debug, Serialize)]
pub(crate) struct Figure {
    pub(crate) name: &'static str,
    pub(crate) what: &'static str,
    pub(crate) beside: &'static str,
    /// Of `sides` and of the values in `parts`.
    pub(crate) unit: &'static str,
    /// Ours first.
    pub(crate) sides: Vec<Summary>,
    /// Ours over theirs; the median over all rounds, each of which ran both sides.
    pub(crate) ratio: f64,
    pub(crate) reach: Reach,
    pub(crate) met: bool,
    /// What else is worth knowing.
    pub(crate) notes: Vec<String>,
}

/// How far the ratio is to go.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Reach {
    AtMost(f64),
    AtLeast(f64),
}

impl Reach {
    pub(crate) fn met_by(self, value: f64) -> bool {
        match self {
            Self::AtMost(limit) => value <= limit,
            Self::AtLeast(limit) => value >= limit,
        }
    }
}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::AtMost(limit) => write!(f, "≤ {limit:.2}"),
            Self::AtLeast(limit) => write!(f, "≥ {limit:.2}"),
        }
    }
}

/// Everything that one run of the bench found.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) quick: bool,
    pub(crate) processors: usize,
    pub(crate) figures: Vec<Figure>,
}

impl Report {
    /// The table that people read.
    pub(crate) fn table(&self) -> String {
        let mut rows =
            vec![["figure", "side", "median", "p99", "ratio", "reach", "met"].map(str::to_owned)];
        for figure in &self.figures {
            for (index, side) in figure.sides.iter().enumerate() {
                let first = index == 0;
                let shown = |text: String| if first { text } else { String::new() };
                rows.push([
                    shown(figure.name.to_owned()),
                    side.name.clone(),
                    format!("{} {}", number(side.median), figure.unit),
                    number(side.p99),
                    shown(format!("{:.2}", figure.ratio)),
                    shown(figure.reach.to_string()),
                    shown(if figure.met { "yes" } else { "NO" }.to_owned()),
                ]);
            }
        }
        let mut text = columns(&rows);
        for figure in &self.figures {
            for note in &figure.notes {
                let _ = writeln!(text, "{}: {note}", figure.name);
            }
        }
        if self.quick {
            text.push_str("--quick: too few measurements to believe any of it\n");
        }
        text
    }
}

/// Three digits that matter.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let widths: Vec<usize> = (0..N)
        .map(|column| {
            let lengths = rows.iter().map(|row| row[column].chars().count());
            lengths.max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| format!("{cell:<width$}"))
            .collect();
        text.push_str(cells.join("  ").trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reach_includes_its_limit() {
        assert!(Reach::AtMost(0.4).met_by(0.4) && !Reach::AtMost(0.4).met_by(0.41));
        assert!(Reach::AtLeast(0.75).met_by(0.75) && !Reach::AtLeast(0.75).met_by(0.74));
        assert!(!Reach::AtMost(0.4).met_by(f64::NAN) && !Reach::AtLeast(0.4).met_by(f64::NAN));
    }

    #[test]
    fn the_table_names_what_is_not_met() {
        let report = Report {
            quick: true,
            processors: 2,
            figures: vec![Figure {
                name: "a",
                what: "ours",
                beside: "theirs",
                unit: "µs",
                sides: vec![
                    Summary::new("ours", vec![1234.0]),
                    Summary::new("theirs", vec![1.0]),
                ],
                ratio: 1234.0,
                reach: Reach::AtMost(1.0),
                met: false,
                notes: vec!["a note".into()],
            }],
        };
        let table = report.table();
        for words in ["1234 µs", "NO", "a: a note", "--quick"] {
            assert!(table.contains(words), "{words}: {table}");
        }
    }
}
