//! The builder for Rust: a package is laid out, checked, and built by cargo without a network.

mod cargo;
mod layout;
mod messages;
mod package;

use crate::builder::{BuildContext, Built, TestProgram};
use crate::{Finding, ProposedTool, Severity, ValidationError};
use cargo::{Cargo, Ended};

pub(crate) async fn build(
    context: &BuildContext<'_>,
    proposal: &ProposedTool,
) -> Result<Built, ValidationError> {
    let mut built = Built::default();
    let package = match layout::package(proposal) {
        Ok(package) => package,
        Err(finding) => {
            built.findings.push(finding);
            return Ok(built);
        }
    };
    // Everything that could run code of the proposal's while it is built is refused before
    // cargo sees the package.
    built
        .findings
        .extend(package::check(&package, &context.installation.allowed));
    if has_errors(&built.findings) {
        return Ok(built);
    }

    (context.step)("laying the package out".to_owned());
    let cargo = Cargo::prepare(context, &package).await?;
    (context.step)("resolving dependencies".to_owned());
    match cargo.metadata(context.cancel).await? {
        Ended::Done(output) => built.findings.extend(package::check_resolved(&output)),
        Ended::TimedOut => built.findings.push(timed_out("resolving its dependencies")),
    }
    if has_errors(&built.findings) {
        return Ok(built);
    }

    (context.step)("compiling".to_owned());
    let started = std::time::Instant::now();
    let Ended::Done(output) = cargo.build(context.cancel).await? else {
        built.findings.push(timed_out("compiling it"));
        return Ok(built);
    };
    let compiled = messages::read(&output);
    built.findings.extend(compiled.findings);
    if !output.success {
        if !has_errors(&built.findings) {
            built.findings.push(messages::unexplained(&output));
        }
        return Ok(built);
    }
    match compiled.programs.as_slice() {
        [(_, path)] => built.module = Some(cargo.read(path).await?),
        programs => {
            let names: Vec<&str> = programs.iter().map(|(name, _)| name.as_str()).collect();
            built.findings.push(Finding {
                rule: "build/no-binary".into(),
                severity: Severity::Error,
                message: format!(
                    "a tool is one program, and the package has {}: {}",
                    names.len(),
                    names.join(", ")
                ),
                place: None,
                reproducer: None,
                remedy: "have one src/main.rs, and no other [[bin]]".into(),
            });
            return Ok(built);
        }
    }
    built.metrics.insert(
        "compile_millis".into(),
        started.elapsed().as_secs_f64() * 1000.0,
    );

    (context.step)("compiling the tests".to_owned());
    let Ended::Done(output) = cargo.test(context.cancel).await? else {
        built.findings.push(timed_out("compiling its tests"));
        return Ok(built);
    };
    let compiled = messages::read(&output);
    if !output.success {
        // What the build said already is not said twice.
        for finding in compiled.findings {
            if !built.findings.contains(&finding) {
                built.findings.push(finding);
            }
        }
        if !has_errors(&built.findings) {
            built.findings.push(messages::unexplained(&output));
        }
        return Ok(built);
    }
    for (name, path) in compiled.test_programs {
        let module = cargo.read(&path).await?;
        built.tests.push(TestProgram { name, module });
    }
    Ok(built)
}

fn has_errors(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}

fn timed_out(what: &str) -> Finding {
    Finding {
        rule: "build/timeout".into(),
        severity: Severity::Error,
        message: format!("{what} took longer than {} s", cargo::TIME_LIMIT.as_secs()),
        place: None,
        reproducer: None,
        remedy: "make the sources smaller, or avoid what makes the compiler slow (large constants, deep generics and macros)".into(),
    }
}
