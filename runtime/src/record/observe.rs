//! What a run looked at and changed, for finding the least that it needs.

use policies::{DirectoryGrant, GuestPath, HostPath};
use std::collections::BTreeMap;

/// What a run asked of its outside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Observed {
    /// How often it read a clock.
    pub clock_readings: u64,
    /// How often it waited for a clock or a stream.
    pub waits: u64,
    /// How often it asked for random bytes.
    pub random_requests: u64,
    /// Whether it looked at its environment, which preview 1 gives whole.
    pub environment: bool,
    /// Bytes that count as written to files (`limits.file_bytes`).
    pub file_bytes: u64,
    /// What it did in folders that it was granted, at most [`Observed::MAX_PATHS`].
    pub paths: BTreeMap<ObservedPath, Touch>,
    /// Whether there were more paths.
    pub more_paths: bool,
}

/// A path in a granted folder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObservedPath {
    /// The grant, by its place in the policy.
    pub grant: usize,
    /// The path below that folder; empty for the folder itself.
    pub path: String,
}

/// What was done with a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// It was opened as a folder, or listed.
    pub folder: bool,
    /// Something was made, written, renamed or deleted, or it was opened for that.
    pub changed: bool,
}

impl Observed {
    /// Paths that are kept.
    pub const MAX_PATHS: usize = 4096;

    fn touch(&mut self, place: &ObservedPath, touch: Touch) {
        if !self.paths.contains_key(place) && self.paths.len() >= Self::MAX_PATHS {
            self.more_paths = true;
            return;
        }
        let known = self.paths.entry(place.clone()).or_default();
        known.folder |= touch.folder;
        known.changed |= touch.changed;
    }
}

/// Follows a run's descriptors.
#[derive(Default)]
pub(super) struct Observer {
    pub(super) observed: Observed,
    open: BTreeMap<i32, ObservedPath>,
}

/// `oflags`, `rights` and the layout of arguments of wasi_snapshot_preview1.witx.
const CREATE: i64 = 1;
const DIRECTORY: i64 = 2;
const TRUNCATE: i64 = 8;
const MAY_WRITE: i64 = 1 << 6;
const SUCCESS: i32 = 0;

impl Observer {
    /// The folders that a run begins with: wasmtime-wasi numbers them from 3 on.
    pub(super) fn begin(&mut self, directories: &[DirectoryGrant]) {
        let granted = directories.iter().enumerate();
        let opened = granted.filter(|(_, one)| {
            matches!(
                (&one.host, &one.guest),
                (HostPath::Path(_), GuestPath::Path(_))
            )
        });
        for (fd, (grant, _)) in (3..).zip(opened) {
            let path = String::new();
            self.open.insert(fd, ObservedPath { grant, path });
        }
    }

    pub(super) fn asked(&mut self, function: &str) {
        let observed = &mut self.observed;
        match function {
            "clock_time_get" => observed.clock_readings += 1,
            "poll_oneoff" => observed.waits += 1,
            "random_get" => observed.random_requests += 1,
            "environ_get" => observed.environment = true,
            _ => {}
        }
    }

    pub(super) fn answered(
        &mut self,
        function: &str,
        arguments: &[i64],
        memory: &[u8],
        errno: i32,
    ) {
        let word = |index: usize| arguments.get(index).copied().unwrap_or_default();
        let done = errno == SUCCESS;
        let looked = Touch::default();
        let changed = Touch {
            changed: done,
            ..looked
        };
        let mut at = |fd: usize, path: usize, touch: Touch| {
            let place = self.place(word(fd), memory, word(path), word(path + 1));
            if let Some(place) = &place {
                self.observed.touch(place, touch);
            }
            place
        };
        match function {
            "path_open" => {
                let touch = Touch {
                    folder: done && word(4) & DIRECTORY != 0,
                    changed: done
                        && (word(4) & (CREATE | TRUNCATE) != 0
                            || (word(5) & MAY_WRITE != 0 && word(4) & DIRECTORY == 0)),
                };
                if let Some(place) = at(0, 2, touch)
                    && done
                    && let Some(fd) = u32_at(memory, word(8))
                {
                    self.open.insert(fd.cast_signed(), place);
                }
            }
            "path_filestat_get" => drop(at(0, 2, looked)),
            "path_readlink" => drop(at(0, 1, looked)),
            "path_filestat_set_times" => drop(at(0, 2, changed)),
            "path_create_directory" | "path_remove_directory" | "path_unlink_file" => {
                drop(at(0, 1, changed));
            }
            "path_symlink" => drop(at(2, 3, changed)),
            "path_rename" => {
                at(0, 1, changed);
                at(3, 4, changed);
            }
            "path_link" => {
                at(0, 2, changed);
                at(4, 5, changed);
            }
            "fd_readdir" => {
                if let Some(place) = fd(word(0)).and_then(|fd| self.open.get(&fd)) {
                    let folder = Touch {
                        folder: true,
                        ..looked
                    };
                    self.observed.touch(place, folder);
                }
            }
            "fd_close" if done => drop(fd(word(0)).and_then(|fd| self.open.remove(&fd))),
            "fd_renumber" if done => {
                if let (Some(from), Some(to)) = (fd(word(0)), fd(word(1)))
                    && from != to
                {
                    match self.open.remove(&from) {
                        Some(place) => self.open.insert(to, place),
                        None => self.open.remove(&to),
                    };
                }
            }
            _ => {}
        }
    }

    /// Where a path leads below its grant; `None` where it leads out, which is denied.
    fn place(&self, from: i64, memory: &[u8], path: i64, length: i64) -> Option<ObservedPath> {
        let base = self.open.get(&fd(from)?)?;
        let at = usize::try_from(path).ok()?;
        let bytes = memory.get(at..at.checked_add(usize::try_from(length).ok()?)?)?;
        let path = std::str::from_utf8(bytes).ok()?;
        if path.starts_with('/') {
            return None;
        }
        let mut parts: Vec<&str> = base.path.split('/').filter(|it| !it.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => drop(parts.pop()?),
                name => parts.push(name),
            }
        }
        Some(ObservedPath {
            grant: base.grant,
            path: parts.join("/"),
        })
    }
}

fn fd(argument: i64) -> Option<i32> {
    i32::try_from(argument).ok()
}

fn u32_at(memory: &[u8], at: i64) -> Option<u32> {
    let at = usize::try_from(at).ok()?;
    let bytes = memory.get(at..at.checked_add(4)?)?;
    Some(u32::from_le_bytes(bytes.try_into().ok()?))
}
