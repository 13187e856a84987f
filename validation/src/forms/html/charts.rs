//! Pictures as inline SVG, without a script or a style of their own.

use super::super::text::{shortened, visible};
use crate::{CaseReport, CaseStatus, CaseUsage, LineCoverage, SourceReport, ValidationReport};
use maud::{Markup, html};
use std::fmt::Write as _;

/// Bars of one plot; beyond them the highest are shown.
const MOST_BARS: usize = 24;

/// The score as an arc.
pub(super) fn dial(score: f64) -> Markup {
    let score = if score.is_nan() {
        0.0
    } else {
        score.clamp(0.0, 1.0)
    };
    // Half a circle of radius 40 is this long.
    let length = 40.0 * std::f64::consts::PI;
    let dashes = format!("{:.1} {:.1}", length * score, length);
    html! {
        svg width="112" height="72" viewBox="0 0 112 72" role="img" aria-label={ "confidence " (format!("{score:.2}")) } {
            path class="track" d="M16 56 A40 40 0 0 1 96 56" stroke-width="10" {}
            @if score > 0.0 {
                path class="arc" d="M16 56 A40 40 0 0 1 96 56" stroke-width="10" stroke-dasharray=(dashes) {}
            }
            text class="score" x="56" y="52" text-anchor="middle" { (format!("{score:.2}")) }
            text x="56" y="68" text-anchor="middle" { "confidence" }
        }
    }
}

/// A contribution to the left or to the right of nothing.
pub(super) fn bar(change: f64) -> Markup {
    // Half a point fills one side.
    let width = if change.is_nan() {
        0.0
    } else {
        (change.abs() * 140.0).clamp(1.0, 70.0)
    };
    let (class, x) = if change < 0.0 {
        ("minus", 70.0 - width)
    } else {
        ("plus", 70.0)
    };
    html! {
        svg width="140" height="12" viewBox="0 0 140 12" aria-hidden="true" {
            line class="axis" x1="70" x2="70" y1="0" y2="12" {}
            rect class=(class) x=(format!("{x:.1}")) y="2" width=(format!("{width:.1}")) height="8" rx="1" {}
        }
    }
}

/// What tests and examples used: fuel and memory.
pub(super) fn resources(report: &ValidationReport) -> Markup {
    let ran: Vec<(&CaseReport, CaseUsage)> = report
        .stages
        .iter()
        .flat_map(|stage| &stage.cases)
        .filter_map(|case| Some((case, case.usage?)))
        .collect();
    html! {
        @if !ran.is_empty() {
            section {
                h2 { "What its runs used" }
                div class="plots" {
                    (plot("Fuel", &ran, |usage| usage.fuel, &fuel))
                    (plot("Memory at its most", &ran, |usage| usage.peak_memory_bytes, &bytes))
                }
            }
        }
    }
}

fn plot(
    title: &str,
    ran: &[(&CaseReport, CaseUsage)],
    figure: fn(&CaseUsage) -> u64,
    words: &dyn Fn(u64) -> String,
) -> Markup {
    let mut bars: Vec<(&CaseReport, u64)> = ran
        .iter()
        .map(|(case, usage)| (*case, figure(usage)))
        .collect();
    bars.sort_by_key(|(_, figure)| std::cmp::Reverse(*figure));
    let left = bars.len().saturating_sub(MOST_BARS);
    bars.truncate(MOST_BARS);
    let most = bars
        .iter()
        .map(|(_, figure)| *figure)
        .max()
        .unwrap_or(0)
        .max(1);
    let height = bars.len() * 18 + 4;
    html! {
        div {
            h3 { (title) }
            svg width="100%" height=(height) viewBox={ "0 0 420 " (height) } preserveAspectRatio="xMinYMin meet" role="img" aria-label=(title) {
                @for (index, (case, figure)) in bars.iter().enumerate() {
                    @let y = index * 18;
                    @let class = if case.status == CaseStatus::Failed { "failed" } else { "value" };
                    g {
                        title { (visible(&case.name)) ": " (words(*figure)) }
                        text class="name" x="0" y=(y + 13) { (visible(&shortened(&case.name, 28))) }
                        rect class=(class) x="190" y=(y + 4) width=(format!("{:.1}", share(*figure, most) * 150.0)) height="11" rx="1" {}
                        text x=(format!("{:.1}", 195.0 + share(*figure, most) * 150.0)) y=(y + 13) { (words(*figure)) }
                    }
                }
            }
            @if left > 0 { p class="dim" { "… and " (left) " with less" } }
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "the length of a bar")]
fn share(figure: u64, most: u64) -> f64 {
    (figure as f64 / most as f64).clamp(0.004, 1.0)
}

#[allow(clippy::cast_precision_loss, reason = "rounded for people")]
fn scaled(figure: u64, step: f64, units: &[&str]) -> String {
    let mut value = figure as f64;
    let mut units = units.iter();
    let mut unit = units.next().copied().unwrap_or_default();
    while value >= step {
        let Some(next) = units.next() else { break };
        value /= step;
        unit = next;
    }
    if unit.is_empty() || unit == "B" {
        format!("{figure} {unit}").trim_end().to_owned()
    } else {
        format!("{value:.1} {unit}")
    }
}

fn fuel(figure: u64) -> String {
    scaled(figure, 1000.0, &["", "k", "M", "G", "T"])
}

fn bytes(figure: u64) -> String {
    scaled(figure, 1024.0, &["B", "KiB", "MiB", "GiB", "TiB"])
}

/// A file as a strip, from its first line to its last.
pub(super) fn coverage(source: &SourceReport, coverage: &LineCoverage) -> Markup {
    let lines = f64::from(coverage.lines.max(1));
    let path = |numbers: &[u32]| {
        let mut path = String::new();
        for (first, last) in stretches(numbers, coverage.lines) {
            let from = f64::from(first - 1) / lines * 800.0;
            let width = f64::from(last - first + 1) / lines * 800.0;
            let _ = write!(path, "M{from:.2} 0h{width:.2}v18h-{width:.2}z");
        }
        path
    };
    let all = coverage.covered.len() + coverage.missed.len();
    let missed: Vec<String> = stretches(&coverage.missed, coverage.lines)
        .into_iter()
        .take(12)
        .map(|(first, last)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first}–{last}")
            }
        })
        .collect();
    html! {
        div class="covered" {
            h3 { code { (visible(&source.path)) } " " (coverage.covered.len()) " of " (all) " lines" }
            svg width="100%" height="18" viewBox="0 0 800 18" preserveAspectRatio="none" role="img" aria-label="lines that were reached" {
                rect class="none" x="0" y="0" width="800" height="18" {}
                path class="plus" d=(path(&coverage.covered)) {}
                path class="minus" d=(path(&coverage.missed)) {}
            }
            @if !missed.is_empty() { p class="dim" { "not reached: lines " (missed.join(", ")) } }
        }
    }
}

/// Lines that follow each other, as first and last; what is not in the file is left out.
fn stretches(numbers: &[u32], lines: u32) -> Vec<(u32, u32)> {
    let mut stretches: Vec<(u32, u32)> = Vec::new();
    for number in numbers
        .iter()
        .copied()
        .filter(|it| (1..=lines).contains(it))
    {
        match stretches.last_mut() {
            Some((_, last)) if number == last.saturating_add(1) => *last = number,
            Some((_, last)) if number <= *last => {}
            _ => stretches.push((number, number)),
        }
    }
    stretches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_follow_each_other_are_one_stretch_within_the_file() {
        assert_eq!(stretches(&[1, 2, 3, 5, 9, 8], 8), [(1, 3), (5, 5), (8, 8)]);
        assert_eq!(stretches(&[0, u32::MAX], 8), []);
    }

    #[test]
    fn figures_have_units() {
        assert_eq!(fuel(999), "999");
        assert_eq!(fuel(21_446), "21.4 k");
        assert_eq!(bytes(65_536), "64.0 KiB");
        assert_eq!(bytes(u64::MAX), "16777216.0 TiB");
    }
}
