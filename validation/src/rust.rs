//! The builder for Rust: a package is laid out, checked, and built by cargo without a network.

mod cargo;
mod dependencies;
mod folder;
mod inputs;
mod layout;
mod lints;
mod messages;
mod package;
mod resolved;
mod sources;

use crate::builder::{BuildContext, Built, Measured, TestProgram};
use crate::{Finding, ProposedTool, Severity, ValidationError};
use cargo::{Cargo, Ended, Output};
use messages::{Compiled, Part};
use std::path::{Path, PathBuf};
use std::time::Instant;

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
    let checked = package::check(&package, &context.installation.allowed);
    built.findings.extend(checked.findings);
    built.form = checked.wishes.form;
    built.budget = checked.wishes.budget;
    let reference = checked.wishes.reference;
    if has_errors(&built.findings) {
        return Ok(built);
    }
    (context.step)("laying the package out".to_owned());
    let cargo = Cargo::prepare(context, package).await?;
    let result = run(context, &cargo, reference.as_deref(), &mut built).await;
    cargo.close().await?;
    result.map(|()| built)
}

/// Calls cargo step by step, until all is done or a finding forbids to go on.
async fn run(
    context: &BuildContext<'_>,
    cargo: &Cargo<'_>,
    reference: Option<&str>,
    built: &mut Built,
) -> Result<(), ValidationError> {
    let places = cargo.places();
    (context.step)("resolving dependencies".to_owned());
    let Some(output) = in_time(
        cargo.metadata(context.cancel).await?,
        "resolving its dependencies",
        context,
        built,
    ) else {
        return Ok(());
    };
    let allowed = &context.installation.allowed;
    built
        .findings
        .extend(resolved::check(&output, &places, allowed));
    if has_errors(&built.findings) {
        return Ok(());
    }
    let metadata = resolved::read(&output);
    let package = metadata
        .as_ref()
        .and_then(|it| Some(it.root_package()?.name.to_string()));
    if let Some(metadata) = metadata {
        let advisories = context.installation.advisories.as_deref();
        built
            .findings
            .extend(dependencies::check(&metadata, advisories));
    }

    (context.step)("compiling".to_owned());
    let started = Instant::now();
    let Some(output) = in_time(
        cargo.build(context.cancel).await?,
        "compiling it",
        context,
        built,
    ) else {
        return Ok(());
    };
    let Some(compiled) = settle(&output, cargo, Part::Tool, built).await? else {
        return Ok(());
    };
    let is_reference = |(name, _): &&(String, PathBuf)| Some(name.as_str()) == reference;
    let (second, tool): (Vec<_>, Vec<_>) = compiled.programs.iter().partition(is_reference);
    let [(_, path)] = tool.as_slice() else {
        built.findings.push(no_binary(&compiled, reference));
        return Ok(());
    };
    if let Some(name) = reference {
        built.reference = match second.as_slice() {
            [(_, path)] => cargo.module(path).await?,
            _ => None,
        };
        if built.reference.is_none() {
            built.findings.push(no_reference(name));
        }
    }
    built.module = cargo.module(path).await?;
    if built.module.is_none() {
        built.findings.push(not_a_module(path));
        return Ok(());
    }
    built
        .metrics
        .insert("compile_millis".into(), millis(started));

    (context.step)("compiling the tests".to_owned());
    if !cargo.lints() {
        built.findings.push(lints::not_there());
    }
    let started = Instant::now();
    let Some(output) = in_time(
        cargo.test(context.cancel).await?,
        "compiling its tests",
        context,
        built,
    ) else {
        return Ok(());
    };
    let Some(compiled) = settle(&output, cargo, Part::Tests, built).await? else {
        return Ok(());
    };
    for (name, path) in compiled.test_programs {
        match cargo.module(&path).await? {
            Some(module) => built.tests.push(TestProgram { name, module }),
            None => built.findings.push(not_a_module(&path)),
        }
    }
    built
        .metrics
        .insert("compile_tests_millis".into(), millis(started));
    if context.measured
        && let Some(package) = package
        && !has_errors(&built.findings)
    {
        measure(context, cargo, &package, reference, built).await?;
    }
    Ok(())
}

/// Compiles all once more, to be looked into. What could be compiled before and can't be now is
/// no fault of the proposal's: it is not looked into then.
async fn measure(
    context: &BuildContext<'_>,
    cargo: &Cargo<'_>,
    package: &str,
    reference: Option<&str>,
    built: &mut Built,
) -> Result<(), ValidationError> {
    (context.step)("compiling it to be looked into".to_owned());
    let started = Instant::now();
    let Ended::Done(output) = cargo.measured(package, context.cancel).await? else {
        return Ok(());
    };
    let places = cargo.places();
    let compiled = messages::read(&output, &places, Part::Tests);
    let programs = compiled.programs.iter();
    let mut tools = programs.filter(|(name, _)| Some(name.as_str()) != reference);
    let Some((_, path)) = tools.next() else {
        return Ok(());
    };
    let Some(module) = cargo.module(path).await?.filter(|_| output.success) else {
        return Ok(());
    };
    let mut measured = Measured {
        root: places.package.to_string_lossy().into_owned(),
        module,
        tests: Vec::new(),
    };
    for (name, path) in compiled.test_programs {
        let Some(module) = cargo.module(&path).await? else {
            return Ok(());
        };
        measured.tests.push(TestProgram { name, module });
    }
    built.measured = Some(measured);
    built
        .metrics
        .insert("compile_measured_millis".into(), millis(started));
    Ok(())
}

/// Cargo named a file that it did not make, or one larger than any module may be.
fn not_a_module(path: &Path) -> Finding {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Finding::error(
        "build/no-module",
        format!("{name}, which the build says it made, is no plain file of at most 256 MiB"),
        "make the constants of the sources smaller",
    )
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}

/// What cargo said, unless it took too long.
fn in_time(
    ended: Ended,
    doing: &str,
    context: &BuildContext<'_>,
    built: &mut Built,
) -> Option<Output> {
    match ended {
        Ended::Done(output) => Some(output),
        Ended::Killed(how) => {
            built.findings.push(Finding::error(
                "build/process-ended",
                format!("{doing} was cut off: the process {how}"),
                "make the sources smaller, or avoid what makes the compiler take much memory or disk (large constants, deep generics and macros)",
            ));
            None
        }
        Ended::TimedOut => {
            built.findings.push(Finding::error(
                "build/timeout",
                format!("{doing} took longer than {:?}", context.time_limit),
                "make the sources smaller, or avoid what makes the compiler slow (large constants, deep generics and macros)",
            ));
            None
        }
    }
}

/// Takes over the findings of a compilation; none when it gave nothing that can be used.
async fn settle(
    output: &Output,
    cargo: &Cargo<'_>,
    part: Part,
    built: &mut Built,
) -> Result<Option<Compiled>, ValidationError> {
    let places = cargo.places();
    let mut compiled = messages::read(output, &places, part);
    let mut found = std::mem::take(&mut compiled.findings);
    if !output.is_whole {
        found.push(messages::too_much_said());
    } else if !output.success && !has_errors(&found) {
        found.push(messages::unexplained(output, &places));
    }
    for list in &compiled.lists {
        // Only some of what cargo names has a list: a program has one, and in it are the files
        // of the package's library too.
        let Some(list) = cargo.list(list).await? else {
            continue;
        };
        let list = String::from_utf8_lossy(&list);
        let outside = inputs::outside(&list, &places.package);
        let ours = cargo.lint_config();
        let outside = outside.iter().filter(|file| **file != ours);
        found.extend(outside.map(|file| messages::host_file(file)));
    }
    // What was said of the tool is not said again of its tests.
    for finding in found {
        let is_told = built.findings.contains(&finding);
        let is_for_the_tests = part == Part::Tests
            && finding.severity != Severity::Error
            && !finding.rule.starts_with("build/lint");
        if !is_told && !is_for_the_tests {
            built.findings.push(finding);
        }
    }
    if has_errors(&built.findings) {
        // What was made of a file of the host's goes nowhere.
        if part == Part::Tests
            && built
                .findings
                .iter()
                .any(|f| f.rule == "build/reads-host-file")
        {
            built.module = None;
        }
        return Ok(None);
    }
    Ok(Some(compiled))
}

/// The package names a second implementation that it does not have.
fn no_reference(name: &str) -> Finding {
    Finding::error(
        "build/no-reference",
        format!("the package names `{name}` as its second implementation, and has no such program"),
        "add a [[bin]] of that name with a path of its own, or remove `reference`",
    )
}

fn no_binary(compiled: &Compiled, reference: Option<&str>) -> Finding {
    let names = |list: &[String]| {
        if list.is_empty() {
            "none".to_owned()
        } else {
            list.join(", ")
        }
    };
    let programs: Vec<String> = compiled
        .programs
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    Finding::error(
        "build/no-binary",
        format!(
            "a tool is one program; this package has these programs: {}; and these libraries: {}",
            names(&programs),
            names(&compiled.others)
        ),
        match reference {
            None => "have one src/main.rs, and no other [[bin]] nor src/bin",
            Some(_) => {
                "have one src/main.rs, and no other [[bin]] but the one that `reference` names"
            }
        },
    )
}

fn has_errors(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}
