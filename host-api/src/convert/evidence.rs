//! What a report quotes: files, lines, cases, backtraces.

use super::report::unknown;
use super::{WireError, required};
use crate::proto;
use validation::{
    CaseReport, CaseStatus, CaseUsage, Excerpt, LineCoverage, Place, SourceReport, StackFrame,
};

impl From<&SourceReport> for proto::SourceReport {
    fn from(source: &SourceReport) -> Self {
        Self {
            path: source.path.clone(),
            bytes: source.bytes,
            sha256: source.sha256.clone(),
            coverage: source.coverage.as_ref().map(|it| proto::LineCoverage {
                lines: it.lines,
                covered: it.covered.clone(),
                missed: it.missed.clone(),
            }),
        }
    }
}

impl From<proto::SourceReport> for SourceReport {
    fn from(wire: proto::SourceReport) -> Self {
        Self {
            path: wire.path,
            bytes: wire.bytes,
            sha256: wire.sha256,
            coverage: wire.coverage.map(|it| LineCoverage {
                lines: it.lines,
                covered: it.covered,
                missed: it.missed,
            }),
        }
    }
}

impl From<&Excerpt> for proto::Excerpt {
    fn from(excerpt: &Excerpt) -> Self {
        Self {
            of: Some((&excerpt.of).into()),
            path: excerpt.path.clone(),
            first_line: excerpt.first_line,
            marked_line: excerpt.marked_line,
            lines: excerpt.lines.clone(),
        }
    }
}

impl TryFrom<proto::Excerpt> for Excerpt {
    type Error = WireError;
    fn try_from(wire: proto::Excerpt) -> Result<Self, WireError> {
        Ok(Self {
            of: place(wire.of, "of")?,
            path: wire.path,
            first_line: wire.first_line,
            marked_line: wire.marked_line,
            lines: wire.lines,
        })
    }
}

impl From<&CaseReport> for proto::CaseReport {
    fn from(case: &CaseReport) -> Self {
        Self {
            name: case.name.clone(),
            place: Some((&case.place).into()),
            status: match case.status {
                CaseStatus::Passed => proto::CaseStatus::Passed,
                CaseStatus::Failed => proto::CaseStatus::Failed,
                CaseStatus::Ignored => proto::CaseStatus::Ignored,
            }
            .into(),
            usage: case.usage.map(|usage| proto::CaseUsage {
                fuel: usage.fuel,
                peak_memory_bytes: usage.peak_memory_bytes,
                wall_micros: usage.wall_micros,
            }),
        }
    }
}

impl TryFrom<proto::CaseReport> for CaseReport {
    type Error = WireError;
    fn try_from(wire: proto::CaseReport) -> Result<Self, WireError> {
        Ok(Self {
            status: match wire.status() {
                proto::CaseStatus::Passed => CaseStatus::Passed,
                proto::CaseStatus::Failed => CaseStatus::Failed,
                proto::CaseStatus::Ignored => CaseStatus::Ignored,
                proto::CaseStatus::Unspecified => return Err(unknown("status")),
            },
            name: wire.name,
            place: place(wire.place, "place")?,
            usage: wire.usage.map(|usage| CaseUsage {
                fuel: usage.fuel,
                peak_memory_bytes: usage.peak_memory_bytes,
                wall_micros: usage.wall_micros,
            }),
        })
    }
}

impl From<&StackFrame> for proto::StackFrame {
    fn from(frame: &StackFrame) -> Self {
        Self {
            function: frame.function.clone(),
            place: frame.place.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<proto::StackFrame> for StackFrame {
    type Error = WireError;
    fn try_from(wire: proto::StackFrame) -> Result<Self, WireError> {
        Ok(Self {
            function: wire.function,
            place: wire.place.map(|it| place(Some(it), "place")).transpose()?,
        })
    }
}

fn place(wire: Option<proto::Place>, field: &str) -> Result<Place, WireError> {
    Place::try_from(required(wire, field)?).map_err(|error| error.under(field))
}
