//! Which parts of the ring hold on this machine: each is tried from inside.

use crate::{Ended, Job, LaunchError, Launcher, Program, Resources, SYSTEM_LIBRARIES};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The role that tries.
pub(crate) const ROLE: &str = "probe";

/// What a probe may use, which is next to nothing.
const RESOURCES: Resources = Resources {
    addresses: None,
    memory: 256 << 20,
    processor_seconds: 10,
    processes: 8,
    open_files: 64,
    file_size: 1 << 20,
    disk: 1 << 20,
    files: 16,
};

/// What the part is called by which the kernel limits what a job writes.
const DISK_LIMIT: &str = "disk limit";

/// Which parts of the ring hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holds {
    /// Each part, as found by trying.
    pub parts: Vec<Part>,
    /// Why a job could not be confined with all of them, in the system's words.
    pub failure: Option<String>,
}

/// A part of the ring, tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is.
    pub name: &'static str,
    /// What it keeps a job from.
    pub keeps_from: &'static str,
    /// Whether it does.
    pub holds: bool,
    /// What the machine needs for it.
    pub needs: &'static str,
}

impl Holds {
    /// Whether the kernel limits what a job writes.
    pub(crate) fn limits_disk(&self) -> bool {
        self.parts
            .iter()
            .any(|part| part.name == DISK_LIMIT && part.holds)
    }

    /// What is missing, in words; empty when everything holds.
    pub fn lacking(&self) -> Vec<String> {
        let mut lacking: Vec<String> = self.failure.clone().into_iter().collect();
        let mut by_need: Vec<(&str, Vec<&str>)> = Vec::new();
        for part in self.parts.iter().filter(|part| !part.holds) {
            match by_need.iter_mut().find(|(needs, _)| *needs == part.needs) {
                Some((_, names)) => names.push(part.name),
                None => by_need.push((part.needs, vec![part.name])),
            }
        }
        lacking.extend(
            by_need
                .into_iter()
                .map(|(needs, names)| format!("{} (needs {needs})", names.join(", "))),
        );
        lacking
    }
}

/// What was seen from inside.
#[derive(Debug, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "each is a thing tried")]
struct Seen {
    /// The file of the machine's is not there at all.
    hidden: bool,
    /// It can't be opened.
    closed: bool,
    /// A folder that is there but was not named can't be listed.
    landlock: bool,
    /// No socket can be made.
    no_sockets: bool,
    /// There is no way out by network but the loopback's.
    no_interfaces: bool,
    /// Only processes of the job's own are seen.
    alone: bool,
    /// No privilege can be got back.
    no_privileges: bool,
    /// A filter of system calls is set.
    seccomp: bool,
    /// Processes are limited.
    processes_limited: bool,
    /// What is written is.
    disk_limited: bool,
}

/// A part's name, what it keeps from, what it needs, and how it is seen to hold.
type Row = (&'static str, &'static str, &'static str, fn(&Seen) -> bool);

const NAMESPACES: &str = "user namespaces, or a service that is started by root: see `sysctl user.max_user_namespaces` and, in a container, its security profile";

const PARTS: [Row; 8] = [
    ("mount namespace", "seeing files", NAMESPACES, |seen| {
        seen.hidden && seen.closed
    }),
    ("network namespace", "the network", NAMESPACES, |seen| {
        seen.no_interfaces
    }),
    ("process namespace", "other processes", NAMESPACES, |seen| {
        seen.alone
    }),
    (
        "process limit",
        "starting ever more processes",
        NAMESPACES,
        |seen| seen.processes_limited,
    ),
    (
        DISK_LIMIT,
        "filling the machine's disk",
        "overlays in namespaces: Linux 5.11 or newer with CONFIG_OVERLAY_FS (`grep overlay /proc/filesystems`), and a folder for temporary files that can lie below one",
        |seen| seen.disk_limited,
    ),
    (
        "Landlock",
        "opening files that were not named",
        "Linux 5.13 or newer with `landlock` among the security modules (`cat /sys/kernel/security/lsm`)",
        |seen| seen.landlock && seen.closed,
    ),
    (
        "seccomp",
        "system calls that it does not need",
        "a kernel with CONFIG_SECCOMP_FILTER on x86_64 or aarch64",
        |seen| seen.seccomp && seen.no_sockets,
    ),
    (
        "no new privileges",
        "becoming another user",
        "Linux",
        |seen| seen.no_privileges,
    ),
];

/// Tries each part.
pub(crate) async fn run(launcher: &impl Launcher) -> Result<Holds, LaunchError> {
    // Anyone may read it: nothing but the ring keeps the probe from it.
    let secret = tempfile::Builder::new()
        .prefix("wasm-runner-probe-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile()?;
    let folder = tempfile::Builder::new()
        .prefix("wasm-runner-probe-")
        .tempdir()?;
    let writes = folder.path().canonicalize()?;
    let mut running = launcher.launch(&Job {
        program: Program::Role(ROLE.to_owned()),
        arguments: vec![secret.path().as_os_str().to_owned(), writes.clone().into()],
        environment: BTreeMap::new(),
        folder: PathBuf::from("/"),
        reads: SYSTEM_LIBRARIES.iter().map(PathBuf::from).collect(),
        writes: vec![writes],
        scratch: 1 << 20,
        sees_processes: true,
        resources: RESOURCES,
    })?;
    let (out, err) = (running.stdout.take(), running.stderr.take());
    let (out, err, ended) = tokio::join!(text(out), text(err), running.wait());
    let ended = ended?;
    let seen: Option<Seen> = serde_json::from_str(&out).ok();
    let failure = (ended != Ended::Exited(0) || seen.is_none())
        .then(|| format!("{} (the probe {ended})", err.trim()));
    let parts = PARTS.map(|(name, keeps_from, needs, how)| Part {
        name,
        keeps_from,
        holds: seen.as_ref().is_some_and(how),
        needs,
    });
    Ok(Holds {
        parts: parts.to_vec(),
        failure,
    })
}

async fn text(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let _ = stream.take(64 * 1024).read_to_end(&mut bytes).await;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The probe itself.
pub(crate) fn inside(arguments: Vec<OsString>) -> ExitCode {
    let mut arguments = arguments.into_iter().map(PathBuf::from);
    let (Some(secret), Some(folder)) = (arguments.next(), arguments.next()) else {
        return ExitCode::FAILURE;
    };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let mut lines = status.lines();
        lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
    };
    let opened = std::fs::File::open(&secret);
    let limit = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NPROC);
    let seen = Seen {
        hidden: matches!(&opened, Err(error) if error.kind() == io::ErrorKind::NotFound),
        closed: opened.is_err(),
        landlock: std::fs::read_dir("/").is_err(),
        no_sockets: std::net::TcpListener::bind("127.0.0.1:0").is_err()
            && std::net::UdpSocket::bind("127.0.0.1:0").is_err()
            && std::os::unix::net::UnixDatagram::unbound().is_err(),
        no_interfaces: interfaces().is_ok_and(|all| all.iter().all(|name| name == "lo")),
        alone: processes().is_ok_and(|all| all <= 2),
        no_privileges: field("NoNewPrivs") == Some("1")
            && field("CapEff").is_some_and(|all| all.trim_matches('0').is_empty())
            && field("CapPrm").is_some_and(|all| all.trim_matches('0').is_empty()),
        seccomp: field("Seccomp") == Some("2"),
        disk_limited: is_limited(&folder),
        processes_limited: limit.is_ok_and(|(soft, _)| soft <= RESOURCES.processes),
    };
    match serde_json::to_string(&seen) {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether no more can be written to a folder than there is room for.
fn is_limited(folder: &Path) -> bool {
    let part = vec![1; usize::try_from(RESOURCES.disk).unwrap_or(usize::MAX) / 4 * 3];
    let write = |name: &str| std::fs::write(folder.join(name), &part);
    let limited = write("fits").is_ok()
        && write("does-not").is_err_and(|error| error.kind() == io::ErrorKind::StorageFull);
    // So that nothing of it is put back.
    let removed = ["fits", "does-not"].map(|name| std::fs::remove_file(folder.join(name)));
    limited && removed.iter().all(Result::is_ok)
}

/// Names of the network's interfaces, as the kernel lists them.
fn interfaces() -> io::Result<Vec<String>> {
    let text = std::fs::read_to_string("/proc/self/net/dev")?;
    let names = text.lines().filter_map(|line| line.split_once(':'));
    Ok(names.map(|(name, _)| name.trim().to_owned()).collect())
}

/// How many processes are seen.
fn processes() -> io::Result<usize> {
    let all = std::fs::read_dir(Path::new("/proc"))?.flatten();
    Ok(all
        .filter(|entry| {
            let name = entry.file_name();
            name.as_encoded_bytes().iter().all(u8::is_ascii_digit)
        })
        .count())
}
