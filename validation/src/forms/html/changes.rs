//! What changed since the version before, for a reviewer: what it may do more, what it does
//! otherwise, and what it costs.

use super::super::text::{shortened, visible};
use super::figure_words;
use crate::{
    AddedAndRemoved, BehaviourKind, Changes, FigureChange, SourceChange, SourceChangeKind,
    ValidationReport,
};
use maud::{Markup, html};

/// Files and list entries that are shown.
const MOST: usize = 60;
/// Characters of an input or output.
const MOST_TEXT: usize = 400;

pub(super) fn section(report: &ValidationReport) -> Markup {
    html! {
        @if let Some(changes) = &report.changes {
            section {
                h2 { "Changes since " (visible(&changes.since)) }
                (asked(changes))
                (behaviours(changes))
                (figures(&changes.figures))
                (sources(changes))
                p class="digest" { "compared with sha256:" (visible(&changes.artifact_digest)) }
            }
        }
    }
}

/// What it may touch, and of what it is made.
fn asked(changes: &Changes) -> Markup {
    html! {
        (added(&changes.capabilities, "It asks for ", "It asks no more for "))
        (added(&changes.dependencies, "New crate: ", "Without the crate "))
    }
}

fn added(both: &Option<AddedAndRemoved>, more: &str, less: &str) -> Markup {
    html! {
        @if let Some(both) = both {
            @if !both.added.is_empty() || !both.removed.is_empty() {
                ul {
                    @for one in both.added.iter().take(MOST) { li { (more) strong { (visible(one)) } } }
                    @for one in both.removed.iter().take(MOST) { li class="dim" { (less) (visible(one)) } }
                }
            }
        }
    }
}

fn behaviours(changes: &Changes) -> Markup {
    html! {
        @if changes.compared_count > 0 {
            p class="dim" { (changes.compared_words()) }
        }
        @for behaviour in &changes.behaviours {
            @let class = match behaviour.kind {
                BehaviourKind::Example | BehaviourKind::Fails => "warn",
                BehaviourKind::Answer | BehaviourKind::Answers => "dim",
            };
            div class={ "behaviour " (class) } {
                h3 { span class={ "badge " (class) } { (behaviour.kind.words()) } }
                pre class="input" { (visible(&shortened(&behaviour.input, MOST_TEXT))) }
                table class="metrics" {
                    tr { td { "before" } td { code { (visible(&shortened(&behaviour.before, MOST_TEXT))) } } }
                    tr { td { "now" } td { code { (visible(&shortened(&behaviour.after, MOST_TEXT))) } } }
                }
            }
        }
    }
}

fn figures(figures: &[FigureChange]) -> Markup {
    html! {
        @if !figures.is_empty() {
            table class="metrics" {
                @for figure in figures {
                    tr {
                        td { (visible(&figure.name.replace('_', " "))) }
                        td class="figure" { (figure_words(figure.before)) }
                        td class="figure" { (figure_words(figure.after)) }
                        td { (beside(figure)) }
                        td class="figure" { @if let Some(ratio) = figure.ratio() { (format!("{ratio:.2}")) " ×" } }
                    }
                }
            }
        }
    }
}

/// Two bars, before above now.
fn beside(figure: &FigureChange) -> Markup {
    let most = figure.before.max(figure.after);
    let width = |of: f64| {
        let share = if most > 0.0 { of / most } else { 0.0 };
        format!("{:.1}", share.clamp(0.0, 1.0) * 140.0)
    };
    html! {
        svg width="140" height="14" viewBox="0 0 140 14" aria-hidden="true" {
            rect class="none" x="0" y="1" width=(width(figure.before)) height="5" rx="1" {}
            rect class="value" x="0" y="8" width=(width(figure.after)) height="5" rx="1" {}
        }
    }
}

fn sources(changes: &Changes) -> Markup {
    let words = |source: &SourceChange| match source.change {
        SourceChangeKind::Added => "new",
        SourceChangeKind::Removed => "gone",
        SourceChangeKind::Changed => "changed",
    };
    html! {
        @match &changes.sources {
            None => p class="dim" { "From what the version before was built is not known." },
            Some(sources) if sources.is_empty() => p class="dim" { "The files are the same." },
            Some(sources) => table class="metrics" {
                @for source in sources.iter().take(MOST) {
                    tr {
                        td { (words(source)) }
                        td { code { (visible(&source.path)) } }
                        td class="figure" { "+" (source.lines_added) " −" (source.lines_removed) }
                    }
                }
            }
        }
    }
}
