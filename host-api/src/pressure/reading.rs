//! What control groups say of memory.

use std::fs;
use std::path::{Path, PathBuf};

/// Where control groups of version 2 are: alone, or beside those of version 1.
const ROOTS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/// What was read once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reading {
    /// Bytes that the fullest group holds, without what the kernel drops first.
    pub(super) used: Option<u64>,
    /// Bytes that it may hold.
    pub(super) limit: Option<u64>,
    /// Hundredths of a percent of the last 10 s in which some process stalled on memory.
    pub(super) stalled: u32,
}

impl Reading {
    /// Whether at least so many percent are used.
    pub(super) fn fills(&self, percent: u8) -> bool {
        let (Some(used), Some(limit)) = (self.used, self.limit) else {
            return false;
        };
        u128::from(used) * 100 >= u128::from(limit) * u128::from(percent)
    }

    /// Whether processes stalled for at least so many percent.
    pub(super) fn stalls(&self, percent: u8) -> bool {
        // No time at all is no stall, whatever the threshold.
        self.stalled > 0 && self.stalled >= u32::from(percent) * 100
    }

    /// For people.
    pub(super) fn stalled_percent(&self) -> f64 {
        f64::from(self.stalled) / 100.0
    }
}

/// The control groups that count: one, or the process's own and those around it.
#[derive(Debug)]
pub(super) struct Groups(Vec<PathBuf>);

impl Groups {
    pub(super) fn find(named: Option<&Path>) -> Self {
        if let Some(folder) = named {
            return Self(vec![folder.to_owned()]);
        }
        let text = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
        let Some(path) = own_path(&text) else {
            return Self(Vec::new());
        };
        let root = ROOTS
            .map(Path::new)
            .into_iter()
            .find(|root| root.join("cgroup.procs").exists());
        let Some(root) = root else {
            return Self(Vec::new());
        };
        let own = root.join(path.trim_start_matches('/'));
        let around = own
            .ancestors()
            .take_while(|folder| folder.starts_with(root));
        Self(around.map(Path::to_owned).collect())
    }

    /// Reads them. What is not there, or can't be understood, is as if there were no limit.
    pub(super) fn read(&self) -> Reading {
        let mut fullest = Reading::default();
        for group in &self.0 {
            if let Some((used, limit)) = memory(group) {
                let fuller = match (fullest.used, fullest.limit) {
                    (Some(most), Some(of)) => {
                        u128::from(used) * u128::from(of) > u128::from(most) * u128::from(limit)
                    }
                    _ => true,
                };
                if fuller {
                    (fullest.used, fullest.limit) = (Some(used), Some(limit));
                }
            }
        }
        // Stalls of the whole machine are the machine's matter: those of our own group count.
        let own = self.0.first();
        let text = own.and_then(|group| fs::read_to_string(group.join("memory.pressure")).ok());
        fullest.stalled = text.as_deref().and_then(stalled).unwrap_or(0);
        fullest
    }
}

/// The path in `/proc/self/cgroup` of version 2.
fn own_path(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("0::"))
}

/// Bytes used and limit of a group that has one.
fn memory(group: &Path) -> Option<(u64, u64)> {
    let number = |name: &str| {
        let text = fs::read_to_string(group.join(name)).ok()?;
        text.trim().parse::<u64>().ok()
    };
    // `max` is no number: there is no limit.
    let limit = number("memory.max").filter(|limit| *limit > 0)?;
    let current = number("memory.current")?;
    let stat = fs::read_to_string(group.join("memory.stat")).unwrap_or_default();
    let dropped = stat.lines().find_map(|line| {
        let bytes = line.strip_prefix("inactive_file ")?;
        bytes.trim().parse::<u64>().ok()
    });
    Some((current.saturating_sub(dropped.unwrap_or(0)), limit))
}

/// Hundredths of a percent, of `some avg10=1.23 avg60=… total=…`.
fn stalled(text: &str) -> Option<u32> {
    let some = text.lines().find_map(|line| line.strip_prefix("some "))?;
    let average = some
        .split_ascii_whitespace()
        .find_map(|field| field.strip_prefix("avg10="))?;
    let (whole, part) = average.split_once('.')?;
    let hundredths = format!("{part:0<2}");
    let whole: u32 = whole.parse().ok()?;
    whole
        .checked_mul(100)?
        .checked_add(hundredths.get(..2)?.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(folder: &Path, current: &str, max: &str, stat: &str, pressure: &str) {
        fs::create_dir_all(folder).unwrap();
        for (name, text) in [
            ("memory.current", current),
            ("memory.max", max),
            ("memory.stat", stat),
            ("memory.pressure", pressure),
        ] {
            fs::write(folder.join(name), text).unwrap();
        }
    }

    const CALM: &str = "some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n\
                        full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";

    #[test]
    fn files_that_can_be_dropped_are_not_used() {
        let root = tempfile::tempdir().unwrap();
        let stat = "anon 100\ninactive_file 300\nactive_file 50\n";
        group(root.path(), "1000\n", "2000\n", stat, CALM);
        let reading = Groups::find(Some(root.path())).read();
        assert_eq!((reading.used, reading.limit), (Some(700), Some(2000)));
        assert!(reading.fills(35) && !reading.fills(36));
    }

    #[test]
    fn what_has_no_limit_or_is_not_there_is_never_full() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(
            Groups::find(Some(&root.path().join("gone"))).read(),
            Reading::default()
        );
        for (current, max) in [("1000", "max"), ("many", "2000"), ("5", "0"), ("", "")] {
            group(root.path(), current, max, "", CALM);
            let reading = Groups::find(Some(root.path())).read();
            assert_eq!(reading.limit, None, "{current} of {max}");
            assert!(!reading.fills(1));
        }
    }

    #[test]
    fn of_groups_around_each_other_the_fullest_counts() {
        let root = tempfile::tempdir().unwrap();
        let own = root.path().join("own");
        group(root.path(), "900", "1000", "", "");
        group(&own, "100", "1000", "", CALM);
        let groups = Groups(vec![own, root.path().to_owned()]);
        assert_eq!(groups.read().used, Some(900));
    }

    #[test]
    fn stalls_are_read_to_the_hundredth() {
        for (text, expected) in [
            ("some avg10=0.00 avg60=9.00\nfull avg10=8.00", Some(0)),
            ("some avg10=19.99 avg60=0.00\n", Some(1999)),
            ("some avg10=20.00 total=1\n", Some(2000)),
            ("some avg10=100.00\n", Some(10_000)),
            ("some avg10=4.5\n", Some(450)),
            ("full avg10=50.00\n", None),
            ("some avg10=x.y\n", None),
            ("", None),
        ] {
            assert_eq!(stalled(text), expected, "{text:?}");
        }
    }

    #[test]
    fn the_own_group_is_that_of_version_2() {
        let hybrid = "4:memory:/a\n1:name=systemd:/b\n0::/system.slice/x.service\n";
        assert_eq!(own_path(hybrid), Some("/system.slice/x.service"));
        assert_eq!(own_path("4:memory:/a\n"), None);
    }
}
