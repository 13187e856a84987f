//! `wasm-runner verify`: whether attestations of a module hold.

use crate::exit::Exit;
use crate::output::{BAD, BOLD, DIM, GOOD, WARN, harmless, out, print_json};
use crate::problem::{Problem, file_problem};
use serde_json::json;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use validation::{
    AttestationKey, AttestationPublicKey, AttestedResult, Installation, MAX_BUNDLE_BYTES, Verified,
    verify_attestations,
};

/// A module longer than this is none that was attested: 1 GiB.
const MAX_MODULE_BYTES: u64 = 1 << 30;

/// Verifies who vouches for a module, and for what
///
/// Every attestation of the file must be signed by the key, be about this very module, and be of
/// a kind that is known: the result of a validation, or the provenance of a build. Ends with 0
/// only if they hold and the module passed: 10 when they hold and say that it failed, 11 that a
/// person decides, 13 when they do not hold.
#[derive(clap::Args, Debug)]
#[command(after_help = "\
Examples:
  wasm-runner validate . --attest tool.intoto.jsonl
  wasm-runner verify target/tool.wasm --attestation tool.intoto.jsonl
  wasm-runner verify --print-key > installation.pub
  wasm-runner verify tool.wasm --attestation tool.intoto.jsonl --key installation.pub")]
pub(crate) struct Args {
    /// The module
    #[arg(value_name = "ARTIFACT", required_unless_present = "print_key")]
    artifact: Option<PathBuf>,
    /// The attestations: DSSE envelopes, one a line
    #[arg(long, value_name = "FILE", required_unless_present = "print_key")]
    attestation: Option<PathBuf>,
    /// The public key of who is trusted, as PEM
    #[arg(long, value_name = "PUBKEY", conflicts_with = "installation")]
    key: Option<PathBuf>,
    /// Trusts this installation's own key (the default without --key)
    #[arg(long)]
    installation: bool,
    /// Prints this installation's public key, which others verify with, and does no more
    #[arg(long, conflicts_with_all = ["artifact", "attestation", "key", "installation", "json"])]
    print_key: bool,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(args: &Args) -> anyhow::Result<Exit> {
    let (Some(artifact), Some(attestation)) = (&args.artifact, &args.attestation) else {
        out().write_all(own_key()?.public().to_pem().as_bytes())?;
        return Ok(Exit::Success);
    };
    let key = match &args.key {
        Some(path) => AttestationPublicKey::load(path).map_err(told)?,
        None => known_key()?.public(),
    };
    let module = read(artifact, MAX_MODULE_BYTES)?;
    let bundle = read(attestation, MAX_BUNDLE_BYTES)?;
    let verified = verify_attestations(&bundle, &module, &key).map_err(|error| {
        Problem::new(format!(
            "{} does not vouch for {}",
            attestation.display(),
            artifact.display()
        ))
        .because(error)
        .remedy(
            "do not trust the module on its word: get module and attestations again from who \
             built it, and see that --key is that installation's (`wasm-runner verify --print-key` \
             there)",
        )
        .exit(Exit::NotVerified)
    })?;
    if args.json {
        print_json(&json!({
            "result": verified.result,
            "subject": verified.subject,
            "digest": { "sha256": verified.digest },
            "key": key.id(),
            "builder": verified.builder,
            "passed_tests": verified.passed_tests,
            "failed_tests": verified.failed_tests,
            "warned_tests": verified.warned_tests,
            "predicates": verified.predicates,
        }))?;
    } else {
        print(&verified, &key)?;
    }
    Ok(match verified.result {
        AttestedResult::Passed => Exit::Success,
        AttestedResult::Warned => Exit::ReviewRequired,
        AttestedResult::Failed => Exit::VerdictFailed,
    })
}

/// This installation's key; made if there is none.
pub(crate) fn own_key() -> anyhow::Result<AttestationKey> {
    Ok(AttestationKey::load_or_create(&key_path()).map_err(told)?)
}

fn key_path() -> PathBuf {
    Installation::locate().join(AttestationKey::FILE)
}

/// The same, which must be there: what it did not sign, a new one does not verify.
fn known_key() -> anyhow::Result<AttestationKey> {
    let path = key_path();
    let key = AttestationKey::load(&path).map_err(told)?;
    key.ok_or_else(|| {
        Problem::new(format!(
            "this installation has no attestation key ({}), so it signed nothing",
            path.display()
        ))
        .remedy("give the public key of the installation that signed: --key PUBKEY")
        .into()
    })
}

fn told(error: validation::KeyError) -> Problem {
    Problem::told(error, "the key can't be used")
}

fn read(path: &Path, most: u64) -> anyhow::Result<Vec<u8>> {
    let failed = |error| file_problem("read", path, error);
    let mut bytes = Vec::new();
    // One byte more: what is too long must not pass for its beginning.
    File::open(path)
        .and_then(|file| file.take(most + 1).read_to_end(&mut bytes))
        .map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(Problem::new(format!(
            "{} is longer than {most} bytes, which is more than it may have",
            path.display()
        ))
        .remedy("see that it is the right file")
        .into());
    }
    Ok(bytes)
}

fn print(verified: &Verified, key: &AttestationPublicKey) -> anyhow::Result<()> {
    let mut out = out();
    let (style, words) = match verified.result {
        AttestedResult::Passed => (GOOD, "passed"),
        AttestedResult::Warned => (WARN, "a person decides"),
        AttestedResult::Failed => (BAD, "failed"),
    };
    let subject = harmless(&verified.subject);
    writeln!(out, "{BOLD}{subject}{BOLD:#}  {style}{words}{style:#}")?;
    writeln!(out, "  sha256:{}", verified.digest)?;
    writeln!(out, "  signed by key {}", key.id())?;
    match &verified.builder {
        Some(builder) => writeln!(out, "  built by {}", harmless(builder))?,
        None => writeln!(
            out,
            "  {WARN}no provenance{WARN:#}: who built it is not said"
        )?,
    }
    writeln!(out, "  {} tests and examples passed", verified.passed_tests)?;
    for (word, list) in [
        ("failed", &verified.failed_tests),
        ("warning", &verified.warned_tests),
    ] {
        for what in list {
            writeln!(
                out,
                "  {DIM}{word}{DIM:#}  {}",
                harmless(what).replace('\n', " ")
            )?;
        }
    }
    Ok(())
}
