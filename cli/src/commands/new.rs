//! `wasm-runner new`: a package that builds, passes and can be changed from there.

use crate::exit::Exit;
use crate::output::{ACT, BOLD, DIM, GOOD, WARN, out};
use crate::problem::{Problem, file_problem};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use validation::Installation;

/// Writes the package of a new tool: a Rust function with types, examples and tests
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Example:
  wasm-runner new word-count && cd word-count && cargo test && wasm-runner validate .")]
pub(crate) struct Args {
    /// The tool's name: a lower-case letter, then letters, digits, `-` and `_`, 64 at most
    name: String,
    /// Where the package goes; by default a new folder of that name, here
    #[arg(long, value_name = "FOLDER")]
    path: Option<PathBuf>,
    /// Has it compiled to a component instead of a command
    #[arg(long)]
    component: bool,
}

macro_rules! template {
    ($path:literal) => {
        include_str!(concat!("../../../guest-sdk/rust/template/", $path))
    };
}

/// Path in the package, text. `{{name}}` and `{{vendor}}` are filled in.
const FILES: &[(&str, &str)] = &[
    ("Cargo.toml", template!("Cargo.toml")),
    ("src/main.rs", template!("src/main.rs")),
    ("README.md", template!("README.md")),
    // In the template under names that neither git nor cargo take for their own.
    (".gitignore", template!("gitignore")),
    (".cargo/config.toml", template!("cargo-config.toml")),
];

/// What chooses the component form, at the end of `Cargo.toml`.
const COMPONENT: &str = "
# Validation makes a component of it; without these lines, a command.
[package.metadata.wasm-runner]
form = \"component\"
";

/// Names that cargo keeps for itself, and those of the template's own dependencies.
const TAKEN: &[&str] = &[
    "alloc",
    "build",
    "core",
    "deps",
    "examples",
    "incremental",
    "proc-macro",
    "proc_macro",
    "schemars",
    "serde",
    "std",
    "test",
    "wasm-runner-sdk",
];

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    check_name(&args.name)?;
    let folder = args
        .path
        .clone()
        .unwrap_or_else(|| PathBuf::from(&args.name));
    check_folder(&folder)?;
    // Absolute: cargo would look for it below the package.
    let vendor = std::path::absolute(Installation::locate().join("vendor"))?;
    for (path, text) in FILES {
        let mut text = filled(text, &args.name, &vendor)?;
        if args.component && *path == "Cargo.toml" {
            text.push_str(COMPONENT);
        }
        write(&folder.join(path), &text)?;
    }
    say_next(&args.name, &folder, &vendor)?;
    Ok(Exit::Success)
}

fn check_name(name: &str) -> Result<(), Problem> {
    let rest_is_fine =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_');
    let shown = name.escape_debug();
    if !name.starts_with(|c: char| c.is_ascii_lowercase())
        || !name.chars().all(rest_is_fine)
        || name.len() > 64
    {
        return Err(Problem::new(format!("`{shown}` can't be the name of a tool")).remedy(
            "start with a lower-case letter and go on with letters, digits, `-` and `_`, 64 at most: word-count",
        ));
    }
    if TAKEN.contains(&name) {
        return Err(Problem::new(format!(
            "`{shown}` can't be the name of a tool: cargo uses it itself"
        ))
        .remedy(format!("choose another, such as {name}-tool")));
    }
    Ok(())
}

/// An existing package is never written over.
fn check_folder(folder: &Path) -> Result<(), Problem> {
    let occupied = |what| {
        Problem::new(format!("{} {what}", folder.display()))
            .remedy("choose another name, or another place with --path")
    };
    match fs::read_dir(folder) {
        Ok(entries) => match entries.count() {
            0 => Ok(()),
            _ => Err(occupied("exists and is not empty")),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::NotADirectory => {
            Err(occupied("is a file, or below one"))
        }
        Err(error) => Err(file_problem("used", folder, error)),
    }
}

fn filled(text: &str, name: &str, vendor: &Path) -> Result<String, Problem> {
    let vendor = vendor.to_str().ok_or_else(|| {
        Problem::new(format!(
            "{}: cargo's configuration can only name UTF-8 paths",
            vendor.display()
        ))
        .remedy("set WASM_RUNNER_HOME to another folder")
    })?;
    // Inside a TOML text in quotes.
    let vendor = vendor.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(text
        .replace("{{name}}", name)
        .replace("{{vendor}}", &vendor))
}

fn write(path: &Path, text: &str) -> Result<(), Problem> {
    let failed = |error| file_problem("written", path, error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

fn say_next(name: &str, folder: &Path, vendor: &Path) -> anyhow::Result<()> {
    let mut out = out();
    writeln!(
        out,
        "{GOOD}made{GOOD:#} {BOLD}{name}{BOLD:#} in {}",
        folder.display()
    )?;
    if !vendor.is_dir() {
        writeln!(
            out,
            "{WARN}note{WARN:#} the crates that tools may use are not here yet: {ACT}make setup{ACT:#} gets them, \
             `wasm-runner doctor` says what else is missing"
        )?;
    }
    let steps = [
        (format!("cd {}", shell_word(folder)), ""),
        ("cargo test".to_owned(), "its tests, natively"),
        (
            "wasm-runner validate .".to_owned(),
            "the verdict, from the sandbox",
        ),
        (
            "wasm-runner serve".to_owned(),
            "the service, in another terminal",
        ),
        (
            "wasm-runner proposal submit . --watch --activate".to_owned(),
            "the tool goes there",
        ),
        (
            format!("wasm-runner tool call {name} '{{\"text\": \"hello there\"}}'"),
            "and is called",
        ),
    ];
    writeln!(out, "Next:")?;
    let width = steps
        .iter()
        .map(|(command, _)| command.len())
        .max()
        .unwrap_or(0);
    for (command, meaning) in &steps {
        if meaning.is_empty() {
            writeln!(out, "  {ACT}{command}{ACT:#}")?;
        } else {
            let space = width - command.len();
            writeln!(
                out,
                "  {ACT}{command}{ACT:#}{:space$}  {DIM}# {meaning}{DIM:#}",
                ""
            )?;
        }
    }
    Ok(())
}

/// A path as a shell takes it for one word.
fn shell_word(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+@".contains(c);
    if text.chars().all(plain) {
        text
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_proposals() {
        for good in ["a", "word-count", "a_1", &"a".repeat(64)] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "A",
            "1a",
            "-a",
            "a b",
            "a/b",
            "..",
            "é",
            "a\0",
            "serde",
            "build",
            &"a".repeat(65),
        ] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn nothing_stays_to_be_filled_in() {
        for (path, text) in FILES {
            let text = filled(text, "word-count", Path::new("/a \"b\"/vendor")).expect("text");
            assert!(!text.contains("{{"), "{path}: {text}");
            if let Some(extension) = Path::new(path).extension()
                && extension == "toml"
            {
                text.parse::<toml::Table>().expect(path);
            }
        }
    }

    #[test]
    fn the_form_is_one_more_table() {
        let (_, manifest) = FILES[0];
        let manifest = filled(manifest, "word-count", Path::new("/v")).expect("text");
        let manifest = format!("{manifest}{COMPONENT}");
        let manifest: toml::Table = manifest.parse().expect("TOML");
        let form = &manifest["package"]["metadata"]["wasm-runner"]["form"];
        assert_eq!(form.as_str(), Some("component"));
    }

    #[test]
    fn a_path_is_one_word() {
        assert_eq!(shell_word(Path::new("a/b-c.d")), "a/b-c.d");
        assert_eq!(shell_word(Path::new("it's here")), "'it'\\''s here'");
    }
}
