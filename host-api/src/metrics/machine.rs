//! What the operating system says of the process and its disk.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long what was counted in the folder of compiled code is believed.
const BELIEVED: Duration = Duration::from_secs(30);
/// The most entries of that folder that are looked at.
const MOST_ENTRIES: usize = 100_000;

/// The process as `/proc` shows it. What can't be read is not there.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Process {
    pub(super) cpu_seconds: f64,
    pub(super) children_cpu_seconds: f64,
    pub(super) threads: f64,
    pub(super) virtual_bytes: f64,
    pub(super) resident_bytes: f64,
    /// Since the machine's start.
    started_seconds: f64,
}

impl Process {
    pub(super) fn now() -> Option<Self> {
        Self::parse(
            &fs::read_to_string("/proc/self/stat").ok()?,
            rustix::param::clock_ticks_per_second(),
            rustix::param::page_size(),
        )
    }

    /// From the text of `/proc/PID/stat` (proc_pid_stat(5)). The name of the program, in
    /// parentheses, may hold anything, parentheses and spaces too.
    #[allow(clippy::cast_precision_loss, reason = "floating point is what is told")]
    fn parse(text: &str, ticks: u64, page: usize) -> Option<Self> {
        let (_, rest) = text.rsplit_once(')')?;
        let fields: Vec<&str> = rest.split_ascii_whitespace().collect();
        // Counted from 1 with the first two cut off.
        let field = |number: usize| fields.get(number - 3)?.parse::<f64>().ok();
        let ticks = ticks as f64;
        Some(Self {
            cpu_seconds: (field(14)? + field(15)?) / ticks,
            children_cpu_seconds: (field(16)? + field(17)?) / ticks,
            threads: field(20)?,
            started_seconds: field(22)? / ticks,
            virtual_bytes: field(23)?,
            resident_bytes: field(24)? * page as f64,
        })
    }

    /// When it began, in seconds since 1970.
    pub(super) fn start_time(&self) -> Option<f64> {
        let text = fs::read_to_string("/proc/stat").ok()?;
        let boot = text.lines().find_map(|line| line.strip_prefix("btime "))?;
        Some(boot.trim().parse::<f64>().ok()? + self.started_seconds)
    }
}

/// Files and sockets that are open.
pub(super) fn open_files() -> Option<usize> {
    // One of them is the folder that is read.
    Some(
        fs::read_dir("/proc/self/fd")
            .ok()?
            .count()
            .saturating_sub(1),
    )
}

/// Files and sockets that may be open; none where there is no limit.
pub(super) fn most_open_files() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Nofile).current
}

/// Child processes that have not ended; none where the kernel does not list them.
pub(super) fn children() -> Option<usize> {
    let mut count = 0;
    for task in fs::read_dir("/proc/self/task").ok()?.flatten() {
        let Ok(text) = fs::read_to_string(task.path().join("children")) else {
            // The thread ended just now, or the kernel has no such file at all.
            if task.path().exists() {
                return None;
            }
            continue;
        };
        count += text.split_ascii_whitespace().count();
    }
    Some(count)
}

/// Size of a file system, and room that is left in it, in bytes.
pub(super) fn filesystem(folder: &Path) -> Option<(u64, u64)> {
    let at = rustix::fs::statvfs(folder).ok()?;
    Some((
        at.f_blocks.saturating_mul(at.f_frsize),
        at.f_bavail.saturating_mul(at.f_frsize),
    ))
}

/// Bytes of a database and of the files that SQLite keeps beside it.
pub(super) fn database(file: &Path) -> u64 {
    ["", "-wal", "-shm"]
        .into_iter()
        .filter_map(|end| {
            let mut name = file.as_os_str().to_owned();
            name.push(end);
            fs::metadata(name).ok()
        })
        .map(|metadata| metadata.len())
        .sum()
}

/// A folder whose files are counted now and then.
#[derive(Debug)]
pub(crate) struct Counted {
    folder: PathBuf,
    last: Mutex<Option<(Instant, u64)>>,
}

impl Counted {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            last: Mutex::new(None),
        }
    }

    /// Bytes of the files in it, as of half a minute ago at most.
    pub(super) fn bytes(&self) -> u64 {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, bytes)) = *last
            && at.elapsed() < BELIEVED
        {
            return bytes;
        }
        let entries = fs::read_dir(&self.folder).into_iter().flatten();
        let bytes = entries
            .take(MOST_ENTRIES)
            .flatten()
            .filter_map(|entry| entry.metadata().ok())
            .filter(fs::Metadata::is_file)
            .map(|metadata| metadata.len())
            .sum();
        *last = Some((Instant::now(), bytes));
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_programs_name_can_not_shift_the_fields() {
        let mut fields: Vec<String> = (3..=52).map(|number| number.to_string()).collect();
        fields[0] = "S".to_owned();
        let text = format!("42 (wasm) 1 2 (x) {}", fields.join(" "));
        let process = Process::parse(&text, 10, 4096).expect("understood");
        assert_eq!(
            process,
            Process {
                cpu_seconds: 2.9,
                children_cpu_seconds: 3.3,
                threads: 20.0,
                virtual_bytes: 23.0,
                resident_bytes: 24.0 * 4096.0,
                started_seconds: 2.2,
            }
        );
        assert_eq!(Process::parse("42 (wasm) S 1", 10, 4096), None);
    }

    #[test]
    fn this_process_has_used_memory_and_files() {
        let process = Process::now().expect("Linux");
        assert!(process.resident_bytes > 100_000.0 && process.threads >= 1.0);
        assert!(process.start_time().expect("Linux") > 1.7e9);
        assert!(open_files().expect("Linux") >= 3);
        let (size, available) = filesystem(Path::new("/")).expect("there is one");
        assert!(size > 0 && available <= size);
    }

    #[test]
    fn a_database_is_counted_with_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kbi.sqlite");
        assert_eq!(database(&file), 0);
        fs::write(&file, [0; 100]).unwrap();
        fs::write(folder.path().join("kbi.sqlite-wal"), [0; 23]).unwrap();
        assert_eq!(database(&file), 123);
        let counted = Counted::new(folder.path().to_owned());
        assert_eq!(counted.bytes(), 123);
        fs::write(&file, []).unwrap();
        assert_eq!(counted.bytes(), 123, "believed for a while");
    }
}
