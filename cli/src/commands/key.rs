//! `wasm-runner key` and `wasm-runner cache`: compiled code and what it is signed with.

use crate::exit::Exit;
use crate::output::{out, print_json, size};
use crate::problem::Problem;
use clap::Subcommand;
use host_api::ServerConfig;
use policies::Bytes;
use serde_json::json;
use std::io::Write;
use std::path::PathBuf;
use validation::Installation;

/// Shows and renews the key that compiled code is signed with
#[derive(clap::Args, Debug)]
pub(crate) struct KeyArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Subcommand, Debug)]
enum KeyCommand {
    /// Prints the key's fingerprint; never the key
    Show(Place),
    Rotate(Rotate),
}

/// Makes a new key in place of the old one
///
/// Compiled code that the old key signed is not loaded any more; it is compiled again when its
/// tool is needed. Cut off at any moment, this leaves one of the two keys whole. A service that
/// is running goes on with the old key until its next start.
#[derive(clap::Args, Debug)]
struct Rotate {
    /// Signs what the old key signed with the new one, instead of having it compiled again: not
    /// where somebody else may have had the old key
    #[arg(long)]
    re_sign: bool,
    #[command(flatten)]
    place: Place,
}

/// Looks after the compiled code on disk
#[derive(clap::Args, Debug)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    command: CacheCommand,
}

#[derive(Subcommand, Debug)]
enum CacheCommand {
    Sweep(Sweep),
}

/// Removes code that the present key did not sign, then what was not used for longest
///
/// A service does the same at its start, and keeps what its active tools need; so while one has
/// the data folder, this does nothing.
#[derive(clap::Args, Debug)]
struct Sweep {
    /// What all compiled code together may hold: "4 GiB"
    #[arg(long, value_name = "SIZE", default_value_t = ServerConfig::CODE_CACHE)]
    code_cache: Bytes,
    #[command(flatten)]
    place: Place,
}

#[derive(clap::Args, Debug)]
struct Place {
    /// The service's data folder; by default `state` in the installation's folder
    #[arg(long, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Place {
    fn data_dir(&self) -> PathBuf {
        let default = || Installation::locate().join("state");
        self.data_dir.clone().unwrap_or_else(default)
    }
}

pub(crate) fn key(args: &KeyArgs) -> anyhow::Result<Exit> {
    match &args.command {
        KeyCommand::Show(place) => show(place)?,
        KeyCommand::Rotate(args) => rotate(args)?,
    }
    Ok(Exit::Success)
}

fn show(place: &Place) -> anyhow::Result<()> {
    let data_dir = place.data_dir();
    let shown = host_api::key_fingerprint(&data_dir)
        .map_err(|error| Problem::told(error, "the key can't be read"))?;
    if place.json {
        return print_json(&json!({ "fingerprint": shown }));
    }
    let Some(fingerprint) = shown else {
        let what = format!("{} has no key yet", data_dir.display());
        let remedy = "start the service once, or run `wasm-runner key rotate`";
        return Err(Problem::new(what).remedy(remedy).into());
    };
    writeln!(out(), "{fingerprint}")?;
    Ok(())
}

fn rotate(args: &Rotate) -> anyhow::Result<()> {
    let done = host_api::rotate_key(&args.place.data_dir(), args.re_sign)
        .map_err(|error| Problem::told(error, "the key can't be renewed"))?;
    if args.place.json {
        return print_json(&done);
    }
    let mut out = out();
    match &done.old {
        Some(old) => writeln!(out, "{old} is now {}", done.new)?,
        None => writeln!(out, "there was no key; it is now {}", done.new)?,
    }
    if args.re_sign {
        writeln!(out, "signed again: {}", done.signed_again)?;
    }
    writeln!(
        out,
        "a service that is running takes it up at its next start"
    )?;
    Ok(())
}

pub(crate) fn cache(args: &CacheArgs) -> anyhow::Result<Exit> {
    let CacheCommand::Sweep(args) = &args.command;
    let swept = host_api::sweep_cache(&args.place.data_dir(), args.code_cache)
        .map_err(|error| Problem::told(error, "the compiled code can't be swept"))?;
    if args.place.json {
        print_json(&swept)?;
        return Ok(Exit::Success);
    }
    writeln!(
        out(),
        "removed {} ({} not signed with this key, {} beyond the limit); kept {} in {} entries",
        size(swept.removed_bytes),
        swept.unsigned,
        swept.unused,
        size(swept.kept_bytes),
        swept.kept
    )?;
    Ok(Exit::Success)
}
