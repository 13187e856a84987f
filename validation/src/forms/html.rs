//! One page that needs nothing else: no script, no file, no network.
//!
//! The page's policy allows its one style sheet, by digest, and nothing besides: what a tool
//! might get past the escaping would still not be run, loaded or styled.

mod changes;
mod charts;
mod style;

use super::rules;
use super::text::{millis, shortened, visible};
use crate::{
    CaseStatus, Excerpt, Finding, Reproducer, Severity, SourceReport, StageReport, StageStatus,
    ValidationReport, Verdict,
};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::fmt::Write as _;

/// Characters of a message or an input that are shown; the whole is in the JSON form.
const MOST_TEXT: usize = 4000;

pub(super) fn render(report: &ValidationReport) -> String {
    let title = format!(
        "{} {}: {}",
        visible(&report.name),
        report.version,
        verdict_words(report)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(style::policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                title { (title) }
                style { (PreEscaped(style::STYLE)) }
            }
            body {
                (head(report))
                main {
                    (stages(report))
                    (findings(report))
                    (changes::section(report))
                    (confidence(report))
                    (not_examined(report))
                    (charts::resources(report))
                    (coverage(report))
                    (metrics(report))
                    (policy(report))
                }
                (foot(report))
            }
        }
    };
    page.into_string()
}

fn verdict_words(report: &ValidationReport) -> &'static str {
    match report.verdict {
        Verdict::Passed => "passed",
        Verdict::Failed => "failed",
        Verdict::HumanReviewRequired => "a person decides",
    }
}

fn verdict_class(report: &ValidationReport) -> &'static str {
    match report.verdict {
        Verdict::Passed => "good",
        Verdict::Failed => "bad",
        Verdict::HumanReviewRequired => "warn",
    }
}

fn count(report: &ValidationReport, severity: Severity) -> usize {
    let findings = report.findings();
    findings
        .filter(|finding| finding.severity == severity)
        .count()
}

fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

fn head(report: &ValidationReport) -> Markup {
    let class = verdict_class(report);
    html! {
        header class=(class) {
            div class="headline" {
                div {
                    h1 { (visible(&report.name)) " " span class="version" { (report.version) } }
                    p class="verdict" {
                        span class={ "badge " (class) } { (verdict_words(report)) }
                        span class="counts" {
                            (counted(count(report, Severity::Error), "error")) ", "
                            (counted(count(report, Severity::Warning), "warning")) ", "
                            (counted(count(report, Severity::Note), "note"))
                        }
                    }
                }
                (charts::dial(report.confidence.score))
            }
            @if !report.reasons.is_empty() {
                ul class="reasons" {
                    @for reason in &report.reasons { li { (visible(reason)) } }
                }
            }
        }
    }
}

fn status_words(status: StageStatus) -> (&'static str, &'static str) {
    match status {
        StageStatus::Passed => ("good", "passed"),
        StageStatus::Failed => ("bad", "failed"),
        StageStatus::Skipped => ("dim", "not examined"),
    }
}

fn stages(report: &ValidationReport) -> Markup {
    html! {
        section {
            h2 { "Stages" }
            ol class="stages" {
                @for stage in &report.stages {
                    @let (class, words) = status_words(stage.status);
                    li class=(class) {
                        strong { (stage.stage.as_str()) }
                        span { (words) }
                        @if stage.status != StageStatus::Skipped {
                            small { (millis(stage.duration_millis)) (cases(stage)) }
                        }
                    }
                }
            }
        }
    }
}

/// How many of its cases passed.
fn cases(stage: &StageReport) -> String {
    if stage.cases.is_empty() {
        return String::new();
    }
    let passed = stage
        .cases
        .iter()
        .filter(|case| case.status == CaseStatus::Passed);
    format!(" · {}/{}", passed.count(), stage.cases.len())
}

fn findings(report: &ValidationReport) -> Markup {
    let mut findings: Vec<&Finding> = report.findings().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    html! {
        section {
            h2 { "Findings" }
            @if findings.is_empty() { p class="dim" { "There are none." } }
            @for finding in findings { (one_finding(report, finding)) }
        }
    }
}

fn one_finding(report: &ValidationReport, finding: &Finding) -> Markup {
    let (class, severity) = match finding.severity {
        Severity::Error => ("bad", "error"),
        Severity::Warning => ("warn", "warning"),
        Severity::Note => ("dim", "note"),
    };
    let rule = rules::get(&finding.rule);
    html! {
        article class=(class) {
            h3 {
                span class={ "badge " (class) } { (severity) }
                " " code { (visible(&finding.rule)) }
                @if let Some(place) = &finding.place { " " span class="place" { (visible(&place.text())) } }
            }
            @if let Some(rule) = rule { p class="rule" { (rule.full) } }
            pre class="message" { (visible(&shortened(&finding.message, MOST_TEXT))) }
            @if let Some(excerpt) = report.excerpt(finding) { (source(excerpt)) }
            @if !finding.remedy.is_empty() {
                p class="remedy" { strong { "To do: " } (visible(&finding.remedy)) }
            }
            @if let Some(again) = finding.reproducer.as_ref().filter(|it| **it != Reproducer::default()) {
                (reproducer(again))
            }
            @if !finding.backtrace.is_empty() {
                details {
                    summary { "Backtrace" }
                    ol class="frames" {
                        @for frame in &finding.backtrace {
                            li {
                                code { (visible(&frame.function)) }
                                @if let Some(place) = &frame.place { " " span class="place" { (visible(&place.text())) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn source(excerpt: &Excerpt) -> Markup {
    html! {
        figure class="source" {
            figcaption { (visible(&excerpt.path)) }
            table {
                @for (line, number) in excerpt.lines.iter().zip(excerpt.first_line..) {
                    tr class=[(number == excerpt.marked_line).then_some("marked")] {
                        th scope="row" { (number) }
                        td { code { (visible(line)) } }
                    }
                }
            }
        }
    }
}

fn reproducer(again: &Reproducer) -> Markup {
    let mut how = Vec::new();
    if !again.args.is_empty() {
        how.push(format!("arguments: {}", again.args.join(" ")));
    }
    how.extend(again.seed.map(|seed| format!("seed {seed}")));
    how.extend(
        again
            .fuel
            .map(|fuel| format!("fuel {}", policies::Fuel(fuel))),
    );
    html! {
        details open[!again.input.is_empty()] {
            summary { "To see it again" }
            p { (visible(&how.join(" · "))) }
            @if !again.input.is_empty() {
                pre class="input" { (visible(&shortened(&again.input, MOST_TEXT))) }
            }
        }
    }
}

fn confidence(report: &ValidationReport) -> Markup {
    html! {
        section {
            h2 { "Confidence " small { (format!("{:.2}", report.confidence.score)) } }
            p class="dim" { "What speaks for the tool, and what against it; the score is the sum, between 0 and 1." }
            table class="factors" {
                @for factor in &report.confidence.factors {
                    tr class=[factor.not_examined.then_some("dim")] {
                        td class="figure" { (format!("{:+.2}", factor.change)) }
                        td class="bar" { (charts::bar(factor.change)) }
                        td { (visible(&factor.what)) }
                    }
                }
            }
        }
    }
}

fn not_examined(report: &ValidationReport) -> Markup {
    let skipped: Vec<&StageReport> = report
        .stages
        .iter()
        .filter(|stage| stage.status == StageStatus::Skipped)
        .collect();
    let unseen: Vec<&str> = report
        .confidence
        .factors
        .iter()
        .filter(|factor| factor.not_examined)
        .map(|factor| {
            factor
                .what
                .strip_prefix("not examined: ")
                .unwrap_or(&factor.what)
        })
        .collect();
    html! {
        section {
            h2 { "Not examined" }
            @if skipped.is_empty() && unseen.is_empty() {
                p class="dim" { "Everything that this version can examine was." }
            } @else {
                ul {
                    @for stage in skipped {
                        li {
                            strong { (stage.stage.as_str()) } ": "
                            (visible(stage.reason.as_deref().unwrap_or("no reason was given")))
                        }
                    }
                    @for what in unseen { li { (visible(what)) } }
                }
            }
        }
    }
}

fn coverage(report: &ValidationReport) -> Markup {
    let measured: Vec<(&SourceReport, &crate::LineCoverage)> = report
        .sources
        .iter()
        .filter_map(|source| Some((source, source.coverage.as_ref()?)))
        .collect();
    html! {
        @if !measured.is_empty() {
            section {
                h2 { "Coverage" }
                p class="dim" { "Each file from its first line to its last: reached by its tests and examples, or not." }
                @for (source, coverage) in measured { (charts::coverage(source, coverage)) }
            }
        }
    }
}

fn metrics(report: &ValidationReport) -> Markup {
    html! {
        section {
            details {
                summary { h2 { "Figures" } }
                table class="metrics" {
                    @for stage in &report.stages {
                        @for (name, figure) in &stage.metrics {
                            tr {
                                td { (stage.stage.as_str()) }
                                td { (visible(&name.replace('_', " "))) }
                                td class="figure" { (figure_words(*figure)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Whole numbers in groups of three, others to three digits.
fn figure_words(figure: f64) -> String {
    if figure.fract() != 0.0 || figure.abs() >= 1e15 {
        return format!("{figure:.3e}").replace("e0", "");
    }
    let digits = format!("{:.0}", figure.abs());
    let mut text = String::new();
    if figure < 0.0 {
        text.push('−');
    }
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{a0}');
        }
        text.push(digit);
    }
    text
}

fn policy(report: &ValidationReport) -> Markup {
    html! {
        section {
            details {
                summary { h2 { "What it may do" } }
                ul { @for line in &report.policy.explained { li { (visible(line)) } } }
            }
        }
    }
}

fn foot(report: &ValidationReport) -> Markup {
    let versions = &report.toolchain;
    let mut made = format!("wasm-runner {}", versions.wasm_runner);
    for version in [&versions.rustc, &versions.cargo] {
        if !version.is_empty() {
            let _ = write!(made, " · {version}");
        }
    }
    let _ = write!(
        made,
        " · {} · wasmtime {}",
        versions.target, versions.wasmtime
    );
    html! {
        footer {
            p { (visible(&made)) @if let Some(started) = report.started_at { " · " time { (started.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()) } } }
            p class="digest" { "proposal sha256:" (visible(&report.proposal_digest)) }
            @if let Some(digest) = &report.artifact_digest {
                p class="digest" { "module sha256:" (visible(digest)) }
            }
        }
    }
}
