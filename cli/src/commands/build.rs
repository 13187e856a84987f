//! `wasm-runner build`: a proposal's module.

use super::block_on;
use crate::exit::Exit;
use crate::output::{BOLD, DIM, GOOD, out, print_findings, print_json, size, spinner, write_file};
use crate::problem::{Problem, file_problem};
use crate::{cancel, confine, proposal_source};
use runtime::Digest;
use serde_json::json;
use std::io::Write;
use std::path::{Path, PathBuf};
use validation::{BuildOptions, Form, Installation, ValidationError, build_with};

/// Builds a package or proposal into a WASI module or component, as validation would
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  wasm-runner build . && wasm-runner inspect target/word-count.wasm
  wasm-runner build --component .")]
pub(crate) struct Args {
    /// A package's folder, or a proposal as JSON
    #[arg(value_name = "FOLDER|FILE.json")]
    source: PathBuf,
    /// Where the module goes; by default NAME.wasm in the package's target/, or here for JSON
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Makes a component of it, whatever form the package chooses
    #[arg(long)]
    component: bool,
    /// As JSON: path, form, size, digest and findings
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    confine: confine::Args,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let proposal = proposal_source::read(&args.source)?;
    let installation = Installation::open(&Installation::locate())?;
    let built = block_on(async {
        let cancel = cancel::by_ctrl_c();
        let spinner = spinner(&format!("building {}", proposal.name));
        let step = |what: String| spinner.say(&what);
        let launcher = args.confine.launcher().await?;
        let mut options = BuildOptions::default();
        options.form = args.component.then_some(Form::Component);
        let (launcher, proposal) = (&*launcher, &proposal);
        anyhow::Ok(build_with(&options, &installation, launcher, proposal, &step, &cancel).await)
    })?;
    let built = match built {
        Err(ValidationError::Cancelled) => {
            return Err(Problem::new("the build was called off")
                .exit(Exit::Interrupted)
                .into());
        }
        other => other?,
    };
    let path = match &args.output {
        Some(path) => path.clone(),
        None => default_path(&args.source, &proposal.name)?,
    };
    if let Some(module) = &built.module {
        write_file(&path, module)?;
    }
    let digest = built.module.as_deref().map(Digest::of);
    if args.json {
        print_json(&json!({
            "path": built.module.is_some().then_some(&path),
            "form": built.form,
            "bytes": built.module.as_ref().map(Vec::len),
            "digest": digest,
            "findings": built.findings,
        }))?;
    } else {
        print_findings(&built.findings)?;
    }
    let Some((module, digest)) = built.module.as_ref().zip(digest) else {
        return Err(Problem::new(format!("{} does not build", proposal.name))
            .remedy("mend what the findings name")
            .into());
    };
    if !args.json {
        let (size, path) = (size(module.len() as u64), path.display());
        let form = built.form.as_str();
        writeln!(
            out(),
            "{GOOD}built{GOOD:#} {BOLD}{path}{BOLD:#} {DIM}{form}, {size}, sha256 {digest}{DIM:#}"
        )?;
    }
    Ok(Exit::Success)
}

/// A package's build products are in its `target/`, which is no part of its sources.
fn default_path(source: &Path, name: &str) -> Result<PathBuf, Problem> {
    let file = format!("{name}.wasm");
    if !source.is_dir() {
        return Ok(PathBuf::from(file));
    }
    let folder = source.join("target");
    std::fs::create_dir_all(&folder).map_err(|error| file_problem("made", &folder, error))?;
    Ok(folder.join(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_module_does_not_lie_among_the_sources() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = default_path(folder.path(), "n").expect("a place");
        assert_eq!(path, folder.path().join("target/n.wasm"));
        assert!(folder.path().join("target").is_dir());
        let path = default_path(Path::new("proposal.json"), "n").expect("a place");
        assert_eq!(path, Path::new("n.wasm"));
    }
}
