//! What the machine itself gives.

use super::{Check, State};
use isolation::{Isolation, Launcher, LocalLauncher};
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// The service writes here; what does not exist yet is made at its start.
pub(super) fn data_dir(path: &Path) -> Check {
    let name = "state folder";
    let shown = path.display();
    let existing = path
        .ancestors()
        .find(|folder| folder.exists())
        .unwrap_or(Path::new("."));
    let existing = if existing.as_os_str().is_empty() {
        Path::new(".")
    } else {
        existing
    };
    match tempfile::Builder::new()
        .prefix(".wasm-runner-doctor-")
        .tempfile_in(existing)
    {
        Ok(_) if existing == path => Check::new(name, State::Ok, format!("{shown} may be written")),
        Ok(_) => Check::new(
            name,
            State::Ok,
            format!("{shown} will be made at the first start"),
        ),
        Err(error) => Check::new(
            name,
            State::Missing,
            format!("{} can't be written: {error}", existing.display()),
        )
        .remedy("give the service another with --data-dir, or mend the folder's owner and mode"),
    }
}

/// Whoever else can read the key could make the service run their machine code.
pub(super) fn key(path: &Path) -> Check {
    let name = "installation key";
    match fs::metadata(path) {
        Ok(metadata) if !others_may(&metadata) => {
            Check::new(name, State::Ok, format!("{} is ours alone", path.display()))
        }
        Ok(metadata) => Check::new(
            name,
            State::Missing,
            format!(
                "others may use {} (mode {:o})",
                path.display(),
                metadata.permissions().mode() & 0o777
            ),
        )
        .remedy(format!(
            "rm {}: the next start makes a new one",
            path.display()
        )),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Check::new(name, State::Ok, "will be made at the first start")
        }
        Err(error) => Check::new(
            name,
            State::Missing,
            format!("{} can't be looked at: {error}", path.display()),
        )
        .remedy("run as the user that the service runs as"),
    }
}

fn others_may(metadata: &fs::Metadata) -> bool {
    metadata.permissions().mode() & 0o077 != 0
}

/// Runs the smallest module there is.
pub(super) fn sandbox() -> Check {
    /// `(module (memory (export "memory") 1) (func (export "_start")))`
    const SMALLEST: &str = r#"(module (memory (export "memory") 1) (func (export "_start")))"#;
    let name = "sandbox";
    let policy = policies::Policy::default();
    let ran = (|| {
        let sandbox = runtime::Sandbox::new(&runtime::SandboxConfig::default())?;
        let tool = sandbox.load(&wat::parse_str(SMALLEST)?, &policy.limits)?;
        crate::commands::block_on(async { Ok(tool.run(runtime::Call::new(policy)).await) })
    })();
    match ran {
        Ok(execution) if execution.outcome == runtime::Outcome::Success => Check::new(
            name,
            State::Ok,
            format!("wasmtime {} runs modules here", runtime::WASMTIME_VERSION),
        ),
        Ok(execution) => {
            let outcome = execution.outcome.kind().as_str();
            Check::new(
                name,
                State::Missing,
                format!("the smallest module ended as {outcome}"),
            )
        }
        Err(error) => Check::new(name, State::Missing, format!("{error:#}")).remedy(
            "ulimit -v unlimited (the sandbox reserves address space, which costs no memory)",
        ),
    }
}

/// Only for a tool author's plain `cargo test`: builds use the installation's own toolchain.
pub(super) fn native_cargo() -> Check {
    let name = "cargo on the path";
    match Command::new("cargo").arg("--version").output() {
        Ok(output) if output.status.success() => Check::new(
            name,
            State::Ok,
            String::from_utf8_lossy(&output.stdout).trim(),
        ),
        _ => Check::new(
            name,
            State::Note,
            "none: `cargo test` in a tool's package needs it, validation does not",
        )
        .remedy("install Rust with rustup (https://rustup.rs)"),
    }
}

/// From Linux 6.7 on the kernel tells which pages a run touched: half the time of a short call.
pub(super) fn pagemap_scan() -> Check {
    let name = "pagemap scan";
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let release = release.trim();
    if at_least(release, (6, 7)) {
        Check::new(
            name,
            State::Ok,
            format!("Linux {release} tells which memory a run touched"),
        )
    } else {
        Check::new(
            name,
            State::Note,
            format!("not in Linux {release}: short calls take about twice as long"),
        )
        .remedy("use Linux 6.7 or later where that matters")
    }
}

fn at_least(release: &str, least: (u32, u32)) -> bool {
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= least
}

/// What keeps a proposal's build and trial runs from the rest of the machine: each part tried.
pub(super) fn isolation() -> Vec<Check> {
    let name = "isolation";
    let holds = crate::commands::block_on(async {
        let program = std::env::current_exe()?;
        let launcher = LocalLauncher::new(&program, Isolation::BestEffort).await?;
        Ok(launcher.holds().clone())
    });
    let holds = match holds {
        Ok(holds) => holds,
        Err(error) => return vec![Check::new(name, State::Missing, format!("{error:#}"))],
    };
    let mut checks: Vec<Check> = holds
        .parts
        .iter()
        .map(|part| {
            let from = part.keeps_from;
            if part.holds {
                let detail = format!("keeps builds and trial runs from {from}");
                Check::new(part.name, State::Ok, detail)
            } else {
                let detail = format!("can't keep builds and trial runs from {from} here");
                Check::new(part.name, State::Missing, detail)
                    .remedy(format!("give the machine what it needs: {}", part.needs))
            }
        })
        .collect();
    checks.extend(holds.failure.map(|failure| {
        Check::new(name, State::Missing, failure)
            .remedy("mend the above, or go on with less: --isolation best-effort")
    }));
    checks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kernels_are_compared_by_number() {
        assert!(at_least("6.7.0-1-amd64", (6, 7)));
        assert!(at_least("6.18.44", (6, 7)));
        assert!(at_least("10.0", (6, 7)));
        assert!(!at_least("6.1.0-18-amd64", (6, 7)));
        assert!(!at_least("", (6, 7)));
    }

    #[test]
    fn a_key_that_others_can_read_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("installation.key");
        assert!(key(&path).state == State::Ok, "there is none yet");
        fs::write(&path, [0; 32]).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).expect("set");
        assert!(key(&path).state == State::Missing);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
        assert!(key(&path).state == State::Ok);
    }

    #[test]
    fn a_state_folder_may_be_made_later() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(data_dir(&folder.path().join("a/b")).state == State::Ok);
        assert!(data_dir(folder.path()).state == State::Ok);
        assert_eq!(
            fs::read_dir(folder.path()).expect("listed").count(),
            0,
            "it leaves nothing"
        );
        assert!(data_dir(Path::new("/proc/nothing")).state == State::Missing);
    }
}
