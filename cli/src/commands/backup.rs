//! `wasm-runner backup` and `wasm-runner restore`.

use crate::exit::Exit;
use crate::output::{out, print_json, size};
use crate::problem::Problem;
use serde_json::json;
use std::io::Write;
use std::num::NonZeroU32;
use std::path::PathBuf;
use validation::Installation;

/// Writes a copy of the knowledge base, also while a service goes on
///
/// Proposals, modules, reports, decisions, events: all that was answered before this began is in
/// the one file, which is read back before it gets its name. Not in it are the keys
/// (`installation.key`, whose loss only costs compilation, and the installation's
/// `attestation.key`, which others may know by its public half: keep a copy where secrets are) and
/// the folders that tools write to.
#[derive(clap::Args, Debug)]
pub(crate) struct BackupArgs {
    /// The new file
    #[arg(required_unless_present = "into", conflicts_with = "into")]
    file: Option<PathBuf>,
    /// A folder of backups, in which this becomes the newest, instead of a file
    #[arg(long, value_name = "FOLDER")]
    into: Option<PathBuf>,
    /// So many backups stay in that folder; the oldest go
    #[arg(
        long,
        value_name = "COUNT",
        conflicts_with = "file",
        default_value = "14"
    )]
    keep: NonZeroU32,
    /// The service's data folder; by default `state` in the installation's folder
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

/// Puts a backup into a data folder that no service has
///
/// The backup is read through first; a damaged one changes nothing.
#[derive(clap::Args, Debug)]
pub(crate) struct RestoreArgs {
    /// What `wasm-runner backup` wrote; of a folder of backups, the newest
    file: PathBuf,
    /// The service's data folder; by default `state` in the installation's folder
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Also where there is a knowledge base; that one is kept beside it under another name
    #[arg(long)]
    replace: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn folder(given: Option<&PathBuf>) -> PathBuf {
    let default = || Installation::locate().join("state");
    given.cloned().unwrap_or_else(default)
}

pub(crate) fn backup(args: &BackupArgs) -> anyhow::Result<Exit> {
    let data_dir = folder(args.data_dir.as_ref());
    let failed = |error| Problem::told(error, "there is no backup");
    let (file, written, removed) = match (&args.file, &args.into) {
        (_, Some(into)) => {
            let made = host_api::back_up_into(&data_dir, into, args.keep).map_err(failed)?;
            (made.file, made.contents, made.removed)
        }
        (Some(file), None) => {
            let written = host_api::back_up(&data_dir, file).map_err(failed)?;
            (file.clone(), written, Vec::new())
        }
        // The command line has one of them.
        (None, None) => return Err(Problem::new("no file was named").into()),
    };
    if args.json {
        print_json(&json!({ "file": file, "contents": written, "removed": removed }))?;
        return Ok(Exit::Success);
    }
    let mut out = out();
    writeln!(
        out,
        "{}: {}, {} tool versions ({} active), up to event {}; read back whole",
        file.display(),
        size(written.bytes),
        written.versions,
        written.active,
        written.last_event
    )?;
    for old in removed {
        writeln!(out, "{} was removed", old.display())?;
    }
    Ok(Exit::Success)
}

pub(crate) fn restore(args: &RestoreArgs) -> anyhow::Result<Exit> {
    let folder = folder(args.data_dir.as_ref());
    let restored = host_api::restore(&args.file, &folder, args.replace)
        .map_err(|error| Problem::told(error, "nothing was restored"))?;
    if args.json {
        print_json(&restored)?;
        return Ok(Exit::Success);
    }
    let mut out = out();
    let contents = &restored.contents;
    writeln!(
        out,
        "{} now has {} tool versions ({} active), up to event {}; read back whole",
        folder.display(),
        contents.versions,
        contents.active,
        contents.last_event
    )?;
    if let Some(aside) = &restored.set_aside {
        writeln!(out, "what was there before is {}", aside.display())?;
    }
    Ok(Exit::Success)
}
