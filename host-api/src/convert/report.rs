//! Reports and findings.

use super::{WireError, from_wire_time, inner, list, non_empty, required, to_wire_time};
use crate::proto;
use serde_json::json;
use validation::{
    Budget, Changes, Confidence, ConfidenceFactor, Excerpt, Finding, Form, Place, ReportForm,
    Reproducer, Severity, SourceReport, StageKind, StageReport, StageStatus, ToolchainVersions,
    ValidationReport, Verdict,
};

impl From<&ValidationReport> for proto::ValidationReport {
    fn from(report: &ValidationReport) -> Self {
        let toolchain = &report.toolchain;
        Self {
            format: report.format,
            name: report.name.clone(),
            version: report.version.to_string(),
            proposal_digest: report.proposal_digest.clone(),
            artifact_digest: report.artifact_digest.clone().unwrap_or_default(),
            form: form(report.form).into(),
            toolchain: Some(proto::ToolchainVersions {
                wasm_runner: toolchain.wasm_runner.clone(),
                rustc: toolchain.rustc.clone(),
                cargo: toolchain.cargo.clone(),
                target: toolchain.target.clone(),
                wasmtime: toolchain.wasmtime.clone(),
            }),
            policy: Some((&report.policy.policy).into()),
            policy_explained: report.policy.explained.clone(),
            stages: report.stages.iter().map(Into::into).collect(),
            verdict: proto::Verdict::from(report.verdict).into(),
            confidence: Some(proto::Confidence {
                score: report.confidence.score,
                factors: report
                    .confidence
                    .factors
                    .iter()
                    .map(|factor| proto::confidence::Factor {
                        what: factor.what.clone(),
                        change: factor.change,
                        input: factor.input.clone(),
                        not_examined: factor.not_examined,
                    })
                    .collect(),
            }),
            reasons: report.reasons.clone(),
            started_at: report.started_at.map(to_wire_time),
            sources: report.sources.iter().map(Into::into).collect(),
            excerpts: report.excerpts.iter().map(Into::into).collect(),
            changes: report.changes.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<proto::ValidationReport> for ValidationReport {
    type Error = WireError;
    fn try_from(wire: proto::ValidationReport) -> Result<Self, WireError> {
        let verdict = required(verdict_from_wire(wire.verdict()), "verdict")?;
        let form = match wire.form() {
            proto::Form::Unspecified | proto::Form::Command => Form::Command,
            proto::Form::Component => Form::Component,
        };
        let toolchain = required(wire.toolchain, "toolchain")?;
        let toolchain = ToolchainVersions {
            wasm_runner: toolchain.wasm_runner,
            rustc: toolchain.rustc,
            cargo: toolchain.cargo,
            target: toolchain.target,
            wasmtime: toolchain.wasmtime,
        };
        let policy: policies::Policy = inner(wire.policy, "policy")?;
        let stages: Vec<StageReport> = list(wire.stages, "stages")?;
        let confidence = required(wire.confidence, "confidence")?;
        let confidence = Confidence {
            score: confidence.score,
            factors: confidence
                .factors
                .into_iter()
                .map(|factor| ConfidenceFactor {
                    what: factor.what,
                    change: factor.change,
                    input: factor.input,
                    not_examined: factor.not_examined,
                })
                .collect(),
        };
        let started_at = wire
            .started_at
            .map(|time| from_wire_time(Some(time), "started_at"))
            .transpose()?;
        let sources: Vec<SourceReport> = wire.sources.into_iter().map(Into::into).collect();
        let excerpts: Vec<Excerpt> = list(wire.excerpts, "excerpts")?;
        let changes = wire
            .changes
            .map(|changes| Changes::try_from(changes).map_err(|error| error.under("changes")));
        let changes = changes.transpose()?;
        // Only its own crate can make a report, so it is read from its JSON form here.
        serde_json::from_value(json!({
            "format": wire.format,
            "name": wire.name,
            "version": wire.version,
            "proposal_digest": wire.proposal_digest,
            "artifact_digest": non_empty(wire.artifact_digest),
            "form": form,
            "toolchain": toolchain,
            "policy": {"policy": policy, "explained": wire.policy_explained},
            "stages": stages,
            "verdict": verdict,
            "reasons": wire.reasons,
            "confidence": confidence,
            "started_at": started_at,
            "sources": sources,
            "excerpts": excerpts,
            "changes": changes,
        }))
        .map_err(|error| WireError::one("report", error.to_string()))
    }
}

fn form(form: Form) -> proto::Form {
    match form {
        Form::Command => proto::Form::Command,
        Form::Component => proto::Form::Component,
    }
}

impl From<&StageReport> for proto::StageReport {
    fn from(report: &StageReport) -> Self {
        Self {
            stage: proto::StageKind::from(report.stage).into(),
            status: match report.status {
                StageStatus::Passed => proto::StageStatus::Passed,
                StageStatus::Failed => proto::StageStatus::Failed,
                StageStatus::Skipped => proto::StageStatus::Skipped,
            }
            .into(),
            reason: report.reason.clone().unwrap_or_default(),
            duration_millis: report.duration_millis,
            metrics: report.metrics.clone().into_iter().collect(),
            findings: report.findings.iter().map(Into::into).collect(),
            cases: report.cases.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<proto::StageReport> for StageReport {
    type Error = WireError;
    fn try_from(wire: proto::StageReport) -> Result<Self, WireError> {
        Ok(Self {
            stage: stage_from_wire(wire.stage()).ok_or_else(|| unknown("stage"))?,
            status: match wire.status() {
                proto::StageStatus::Passed => StageStatus::Passed,
                proto::StageStatus::Failed => StageStatus::Failed,
                proto::StageStatus::Skipped => StageStatus::Skipped,
                proto::StageStatus::Unspecified => return Err(unknown("status")),
            },
            reason: non_empty(wire.reason),
            duration_millis: wire.duration_millis,
            metrics: wire.metrics.into_iter().collect(),
            findings: list(wire.findings, "findings")?,
            cases: list(wire.cases, "cases")?,
        })
    }
}

impl From<&Finding> for proto::Finding {
    fn from(finding: &Finding) -> Self {
        Self {
            rule: finding.rule.clone(),
            severity: match finding.severity {
                Severity::Note => proto::Severity::Note,
                Severity::Warning => proto::Severity::Warning,
                Severity::Error => proto::Severity::Error,
            }
            .into(),
            message: finding.message.clone(),
            place: finding.place.as_ref().map(Into::into),
            reproducer: finding
                .reproducer
                .as_ref()
                .map(|reproducer| proto::Reproducer {
                    args: reproducer.args.clone(),
                    input: reproducer.input.clone(),
                    seed: reproducer.seed,
                    fuel: reproducer.fuel,
                }),
            remedy: finding.remedy.clone(),
            backtrace: finding.backtrace.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<proto::Finding> for Finding {
    type Error = WireError;
    fn try_from(wire: proto::Finding) -> Result<Self, WireError> {
        Ok(Self {
            severity: match wire.severity() {
                proto::Severity::Note => Severity::Note,
                proto::Severity::Warning => Severity::Warning,
                proto::Severity::Error => Severity::Error,
                proto::Severity::Unspecified => return Err(unknown("severity")),
            },
            rule: wire.rule,
            message: wire.message,
            place: wire
                .place
                .map(|place| Place::try_from(place).map_err(|error| error.under("place")))
                .transpose()?,
            reproducer: wire.reproducer.map(|reproducer| Reproducer {
                args: reproducer.args,
                input: reproducer.input,
                seed: reproducer.seed,
                fuel: reproducer.fuel,
            }),
            remedy: wire.remedy,
            backtrace: list(wire.backtrace, "backtrace")?,
        })
    }
}

impl From<&Place> for proto::Place {
    fn from(place: &Place) -> Self {
        use proto::place::{File, Place as Wire};
        Self {
            place: Some(match place {
                Place::File { path, line, column } => Wire::File(File {
                    path: path.clone(),
                    line: *line,
                    column: *column,
                }),
                Place::Test { name } => Wire::Test(name.clone()),
                Place::Example { index } => Wire::Example(*index),
                Place::Module { item } => Wire::Module(item.clone()),
                Place::Manifest { pointer } => Wire::Manifest(pointer.clone()),
            }),
        }
    }
}

impl TryFrom<proto::Place> for Place {
    type Error = WireError;
    fn try_from(wire: proto::Place) -> Result<Self, WireError> {
        use proto::place::Place as Wire;
        Ok(match wire.place.ok_or_else(|| unknown("place"))? {
            Wire::File(file) => Self::File {
                path: file.path,
                line: file.line,
                column: file.column,
            },
            Wire::Test(name) => Self::Test { name },
            Wire::Example(index) => Self::Example { index },
            Wire::Module(item) => Self::Module { item },
            Wire::Manifest(pointer) => Self::Manifest { pointer },
        })
    }
}

impl From<Verdict> for proto::Verdict {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Passed => Self::Passed,
            Verdict::Failed => Self::Failed,
            Verdict::HumanReviewRequired => Self::HumanReviewRequired,
        }
    }
}

fn verdict_from_wire(wire: proto::Verdict) -> Option<Verdict> {
    match wire {
        proto::Verdict::Unspecified => None,
        proto::Verdict::Passed => Some(Verdict::Passed),
        proto::Verdict::Failed => Some(Verdict::Failed),
        proto::Verdict::HumanReviewRequired => Some(Verdict::HumanReviewRequired),
    }
}

impl From<StageKind> for proto::StageKind {
    fn from(stage: StageKind) -> Self {
        match stage {
            StageKind::Build => Self::Build,
            StageKind::Inspect => Self::Inspect,
            StageKind::Manifest => Self::Manifest,
            StageKind::Test => Self::Test,
            StageKind::Examples => Self::Examples,
            StageKind::Fuzz => Self::Fuzz,
            StageKind::Bench => Self::Bench,
            _ => Self::Unspecified,
        }
    }
}

impl proto::StageKind {
    /// The stage, unless it is one that this version does not know.
    pub fn known(self) -> Option<StageKind> {
        stage_from_wire(self)
    }
}

fn stage_from_wire(wire: proto::StageKind) -> Option<StageKind> {
    Some(match wire {
        proto::StageKind::Unspecified => return None,
        proto::StageKind::Build => StageKind::Build,
        proto::StageKind::Inspect => StageKind::Inspect,
        proto::StageKind::Manifest => StageKind::Manifest,
        proto::StageKind::Test => StageKind::Test,
        proto::StageKind::Examples => StageKind::Examples,
        proto::StageKind::Fuzz => StageKind::Fuzz,
        proto::StageKind::Bench => StageKind::Bench,
    })
}

/// The form that a request asks for, and what the agent's form may take.
pub(crate) fn wanted(
    request: &proto::RenderReportRequest,
) -> Result<(ReportForm, Budget), WireError> {
    let form = match request.form() {
        proto::ReportForm::Unspecified => None,
        proto::ReportForm::Json => Some(ReportForm::Json),
        proto::ReportForm::Sarif => Some(ReportForm::Sarif),
        proto::ReportForm::Junit => Some(ReportForm::Junit),
        proto::ReportForm::Html => Some(ReportForm::Html),
        proto::ReportForm::Agent => Some(ReportForm::Agent),
    };
    let form = form.ok_or_else(|| {
        WireError::one(
            "form",
            "it is missing, or there is no such form: give one of ReportForm",
        )
    })?;
    let budget = match request.budget_tokens {
        0 => Budget::default(),
        tokens => Budget::new(tokens).ok_or_else(|| {
            let (least, most) = (Budget::MIN, Budget::MAX);
            WireError::one(
                "budget_tokens",
                format!(
                    "{tokens} is no budget: give {least} to {most} tokens, or 0 for the default"
                ),
            )
        })?,
    };
    Ok((form, budget))
}

pub(super) fn unknown(field: &str) -> WireError {
    WireError::one(
        field,
        "it is missing, or not known here: use a newer client",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use policies::Policy;
    use validation::{CaseReport, CaseStatus, CaseUsage, StackFrame};

    const STAGES: [StageKind; 7] = [
        StageKind::Build,
        StageKind::Inspect,
        StageKind::Manifest,
        StageKind::Test,
        StageKind::Examples,
        StageKind::Fuzz,
        StageKind::Bench,
    ];

    fn places() -> Vec<Option<Place>> {
        vec![
            None,
            Some(Place::File {
                path: "src/main.rs".into(),
                line: Some(3),
                column: None,
            }),
            Some(Place::Test {
                name: "tests::one".into(),
            }),
            Some(Place::Example { index: 2 }),
            Some(Place::Module { item: "env".into() }),
            Some(Place::Manifest {
                pointer: "/name".into(),
            }),
        ]
    }

    fn cases() -> Vec<CaseReport> {
        let case = |status, usage| CaseReport {
            name: "case".into(),
            place: Place::Example { index: 1 },
            status,
            usage,
        };
        let usage = CaseUsage {
            fuel: 1,
            peak_memory_bytes: 2,
            wall_micros: 3,
        };
        vec![
            case(CaseStatus::Passed, Some(usage)),
            case(CaseStatus::Failed, Some(usage)),
            case(CaseStatus::Ignored, None),
        ]
    }

    fn report(verdict: Verdict, form: Form) -> ValidationReport {
        let severities = [Severity::Note, Severity::Warning, Severity::Error];
        let findings: Vec<Finding> = places()
            .into_iter()
            .zip(severities.into_iter().cycle())
            .map(|(place, severity)| Finding {
                rule: "test/failed".into(),
                severity,
                message: "m".into(),
                reproducer: place.as_ref().map(|_| Reproducer {
                    args: vec!["a".into()],
                    input: "i".into(),
                    seed: Some(1),
                    fuel: None,
                }),
                place,
                remedy: "r".into(),
                backtrace: vec![
                    StackFrame {
                        function: "f".into(),
                        place: Some(Place::Test { name: "t".into() }),
                    },
                    StackFrame {
                        function: "g".into(),
                        place: None,
                    },
                ],
            })
            .collect();
        let statuses = [
            StageStatus::Passed,
            StageStatus::Failed,
            StageStatus::Skipped,
        ];
        let stages: Vec<StageReport> = STAGES
            .into_iter()
            .zip(statuses.into_iter().cycle())
            .map(|(stage, status)| StageReport {
                stage,
                status,
                reason: (status == StageStatus::Skipped).then(|| "why".to_owned()),
                duration_millis: 12,
                metrics: [("tests_count".to_owned(), 3.5)].into(),
                findings: findings.clone(),
                cases: cases(),
            })
            .collect();
        serde_json::from_value(json!({
            "format": 1, "name": "n", "version": "1.0.0", "proposal_digest": "p",
            "artifact_digest": "a", "form": form,
            "toolchain": {"wasm_runner": "1", "rustc": "2", "cargo": "3", "target": "4", "wasmtime": "5"},
            "policy": {"policy": Policy::preset("workspace").unwrap(), "explained": ["one", "two"]},
            "stages": stages,
            "verdict": verdict,
            "confidence": {"score": 0.75, "factors": [{"what": "w", "change": -0.25, "input": "i", "not_examined": true}]},
            "reasons": ["r"],
            "started_at": "2026-01-02T03:04:05.678Z",
            "sources": [
                {"path": "a.rs", "bytes": 3, "sha256": "s"},
                {"path": "b.rs", "bytes": 4, "sha256": "t",
                    "coverage": {"lines": 9, "covered": [1, 2], "missed": [4]}},
            ],
            "excerpts": [{"of": {"kind": "test", "name": "t"}, "path": "a.rs", "first_line": 1,
                "marked_line": 2, "lines": ["x", "y"]}],
            "changes": changes(),
        }))
        .unwrap()
    }

    fn changes() -> serde_json::Value {
        let kinds = ["example", "fails", "answer", "answers"];
        let behaviours: Vec<_> = kinds
            .iter()
            .map(|kind| json!({"kind": kind, "input": "i", "before": "b", "after": "a"}))
            .collect();
        let sources: Vec<_> = ["added", "removed", "changed"]
            .iter()
            .map(|kind| json!({"path": "p", "change": kind, "lines_added": 1, "lines_removed": 2}))
            .collect();
        json!({
            "since": "1.0.0", "artifact_digest": "d", "sources": sources,
            "dependencies": {"added": ["serde 1"], "removed": []},
            "figures": [{"name": "median_fuel", "before": 1.5, "after": 3.0}],
            "compared_count": 9, "incomparable_count": 1, "differing_count": 4,
            "behaviours": behaviours,
        })
    }

    #[test]
    fn a_report_comes_back_whole() {
        for (verdict, form) in [
            (Verdict::Passed, Form::Command),
            (Verdict::Failed, Form::Component),
            (Verdict::HumanReviewRequired, Form::Command),
        ] {
            let report = report(verdict, form);
            let wire = proto::ValidationReport::from(&report);
            assert_eq!(ValidationReport::try_from(wire), Ok(report));
        }
    }

    #[test]
    fn what_is_not_known_is_named_with_its_path() {
        let mut wire = proto::ValidationReport::from(&report(Verdict::Passed, Form::Command));
        wire.stages[2].findings[1].severity = 99;
        let error = ValidationReport::try_from(wire).unwrap_err();
        assert_eq!(error.violations[0].field, "stages[2].findings[1].severity");
        let mut wire = proto::ValidationReport::from(&report(Verdict::Passed, Form::Command));
        wire.stages[1].cases[2].status = 99;
        let error = ValidationReport::try_from(wire).unwrap_err();
        assert_eq!(error.violations[0].field, "stages[1].cases[2].status");
        let mut wire = proto::ValidationReport::from(&report(Verdict::Passed, Form::Command));
        wire.excerpts[0].of = None;
        let error = ValidationReport::try_from(wire).unwrap_err();
        assert_eq!(error.violations[0].field, "excerpts[0].of");
    }
}
