//! The folder that a build has for itself.

use super::layout::Package;
use crate::ValidationError;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// What the folders of builds begin with, in the system's folder for temporary files.
const PREFIX: &str = "wasm-runner-build-";
/// The file in each whose lock says that its build goes on. A lock ends with its process,
/// however that ends.
const LOCK: &str = "lock";
/// How often, and after which pause, a folder is tried to be removed: a compiler that was
/// killed may still end its last write.
const REMOVAL: (u32, Duration) = (100, Duration::from_millis(20));

/// How long a folder may be without its lock: the two are made one right after the other.
const UNLOCKED: Duration = Duration::from_mins(1);

/// The cargo configuration of every tool build.
const CONFIG: &str = include_str!("../../../scripts/allowlist/build-config.toml");

/// A package laid out with all that cargo needs, seen by no other build. Removed with
/// everything in it when this is dropped.
pub(super) struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Blocks while it writes and copies: some tenths of a second.
    pub(super) fn lay_out(home: &Path, package: &Package) -> io::Result<Self> {
        let place = std::env::temp_dir();
        remove_left_over(&place);
        let made = tempfile::Builder::new().prefix(PREFIX).tempdir_in(&place)?;
        // As cargo and the compiler will call it.
        let root = made.path().canonicalize()?;
        let folder = Self {
            _lock: lock(&root)?,
            root,
        };
        // From here on the folder is this type's to remove.
        let _ = made.keep();
        folder.write(home, package)?;
        Ok(folder)
    }

    fn write(&self, home: &Path, package: &Package) -> io::Result<()> {
        for file in &package.files {
            let path = self.package().join(&file.path);
            if let Some(parent) = path.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(path, &file.content)?;
        }
        fs::copy(
            home.join("allowlist.lock"),
            self.package().join("Cargo.lock"),
        )?;
        fs::create_dir(self.home())?;
        fs::write(
            self.home().join("config.toml"),
            config(&home.join("vendor"))?,
        )?;
        // A copy of its own, times kept: no build can poison the next, and cargo takes the
        // crates compiled ahead for what it compiled itself.
        let copied = copying(&home.join("warm"), &self.target()).output()?;
        if copied.status.success() {
            Ok(())
        } else {
            Err(io::Error::other(
                String::from_utf8_lossy(&copied.stderr).into_owned(),
            ))
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The package's folder.
    pub(super) fn package(&self) -> PathBuf {
        self.root.join("package")
    }

    /// The home of cargo and of the build's user.
    pub(super) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// Where cargo puts what it makes.
    pub(super) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Removes it on a thread that may block.
    ///
    /// # Errors
    /// When that thread could not do it.
    pub(super) async fn close(self) -> Result<(), ValidationError> {
        tokio::task::spawn_blocking(move || drop(self))
            .await
            .map_err(ValidationError::machine("removing the build's folder"))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for _ in 0..REMOVAL.0 {
            match remove(&self.root) {
                Ok(()) => return,
                Err(error) if error.kind() == io::ErrorKind::NotFound => return,
                Err(_) => std::thread::sleep(REMOVAL.1),
            }
        }
        tracing::warn!(folder = %self.root.display(), "the build's folder could not be removed");
    }
}

/// Copies a folder as it is. Ctrl-C goes to all of a terminal's processes, and a copy that it
/// ended would look like a disk that is full: so this one is in a group of its own, and whoever
/// called the build off is heard right after it.
fn copying(from: &Path, to: &Path) -> Command {
    let mut command = Command::new("cp");
    command
        .args([OsStr::new("-a"), OsStr::new("--reflink=auto")])
        .args([from.as_os_str(), to.as_os_str()])
        .process_group(0);
    command
}

/// Removes a build's folder with everything in it, its lock last: where this is cut off, the
/// next build still finds it.
fn remove(root: &Path) -> io::Result<()> {
    empty(root)?;
    fs::remove_dir_all(root)
}

/// Removes everything but the lock.
fn empty(root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_name() == LOCK {
            continue;
        }
        if entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// The lock file appears under its name only once it is locked: nobody can find it free.
fn lock(root: &Path) -> io::Result<File> {
    let unlocked = root.join(".lock");
    let file = File::create(&unlocked)?;
    file.lock()?;
    fs::rename(unlocked, root.join(LOCK))?;
    Ok(file)
}

/// Removes the folders of builds whose process was killed.
fn remove_left_over(place: &Path) {
    for entry in fs::read_dir(place).into_iter().flatten().flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.file_type().is_ok_and(|kind| kind.is_dir());
        let is_left = || match File::open(entry.path().join(LOCK)) {
            Ok(file) => file.try_lock().is_ok(),
            // Ended before it had one, or in the middle of being removed.
            Err(error) => error.kind() == io::ErrorKind::NotFound && is_old(&entry),
        };
        if is_ours && is_left() {
            // Another process may be at the same work: whoever comes first.
            let _ = remove(&entry.path());
        }
    }
}

/// Whether it is longer ago that it was made or changed than a build takes to get its lock.
fn is_old(entry: &fs::DirEntry) -> bool {
    let changed = entry.metadata().and_then(|metadata| metadata.modified());
    changed.is_ok_and(|at| at.elapsed().is_ok_and(|age| age > UNLOCKED))
}

fn config(vendor: &Path) -> io::Result<String> {
    let vendor = vendor.to_str().ok_or_else(|| {
        io::Error::other(format!(
            "cargo can't be told of {}, which is not UTF-8",
            vendor.display()
        ))
    })?;
    // The file has the name between quotes.
    let escaped = vendor.replace('\\', "\\\\").replace('"', "\\\"");
    Ok(CONFIG.replace("@VENDOR@", &escaped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceFile;

    fn home() -> tempfile::TempDir {
        let home = tempfile::tempdir().expect("a folder");
        fs::create_dir_all(home.path().join("warm/release")).expect("a folder");
        fs::write(home.path().join("warm/release/x.rlib"), "x").expect("written");
        fs::write(home.path().join("allowlist.lock"), "lock").expect("written");
        home
    }

    #[test]
    fn a_folder_has_all_that_cargo_needs_and_goes_with_its_build() {
        let home = home();
        let package = Package {
            files: vec![SourceFile {
                path: "src/main.rs".into(),
                content: "fn main() {}".into(),
            }],
        };
        let folder = Folder::lay_out(home.path(), &package).expect("laid out");
        let root = folder.root().to_owned();
        for (path, content) in [
            ("package/src/main.rs", "fn main() {}"),
            ("package/Cargo.lock", "lock"),
            ("target/release/x.rlib", "x"),
        ] {
            assert_eq!(fs::read_to_string(root.join(path)).expect(path), content);
        }
        let config = fs::read_to_string(root.join("home/config.toml")).expect("a configuration");
        let config: toml::Table = config.parse().expect("TOML");
        assert_eq!(
            config["source"]["wasm-runner"]["directory"].as_str(),
            home.path().join("vendor").to_str()
        );
        drop(folder);
        assert!(!root.exists());
    }

    #[test]
    fn a_folder_that_can_t_be_laid_out_is_not_left() {
        let home = home();
        let package = Package {
            // A folder where the lock file goes: nothing that a checked proposal has.
            files: vec![SourceFile {
                path: "Cargo.lock/only-this-test".into(),
                content: String::new(),
            }],
        };
        assert!(Folder::lay_out(home.path(), &package).is_err());
        let left = fs::read_dir(std::env::temp_dir())
            .expect("a folder")
            .flatten()
            .any(|entry| {
                entry
                    .path()
                    .join("package/Cargo.lock/only-this-test")
                    .exists()
            });
        assert!(!left);
    }

    #[test]
    fn left_over_folders_go_and_those_in_use_stay() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = |name: &str| {
            let path = place.path().join(name);
            fs::create_dir(&path).expect("a folder");
            path
        };
        let (left, used) = (
            folder("wasm-runner-build-left"),
            folder("wasm-runner-build-used"),
        );
        let (young, foreign) = (folder("wasm-runner-build-young"), folder("other"));
        drop(lock(&left).expect("locked"));
        drop(lock(&foreign).expect("locked"));
        let _held = lock(&used).expect("locked");
        // One whose removal was cut off after its lock was gone.
        let half = folder("wasm-runner-build-half");
        let before = std::time::SystemTime::now() - UNLOCKED - Duration::from_secs(1);
        File::open(&half)
            .and_then(|folder| folder.set_modified(before))
            .expect("made old");
        remove_left_over(place.path());
        assert!(!left.exists() && !half.exists());
        assert!(used.exists() && young.exists() && foreign.exists());
    }

    #[test]
    fn a_removal_that_was_cut_off_is_taken_up() {
        let place = tempfile::tempdir().expect("a folder");
        let root = place.path().join("wasm-runner-build-cut");
        fs::create_dir_all(root.join("target/release")).expect("a folder");
        fs::write(root.join("a"), "a").expect("written");
        drop(lock(&root).expect("locked"));
        // As far as it may come before its process is killed.
        empty(&root).expect("emptied");
        assert!(!root.join("target").exists() && root.join(LOCK).exists());
        remove_left_over(place.path());
        assert!(!root.exists());
    }

    #[test]
    fn the_copy_does_not_hear_the_terminals_ctrl_c() {
        let (from, to) = (
            tempfile::tempdir().expect("one"),
            tempfile::tempdir().expect("two"),
        );
        // A pipe that nobody writes keeps `cp` at its work.
        let pipe = from.path().join("pipe");
        let mkfifo = Command::new("mkfifo").arg(&pipe).status();
        assert!(mkfifo.expect("mkfifo is there").success());
        let mut command = copying(&pipe, &to.path().join("copy"));
        let mut child = command.arg("--copy-contents").spawn().expect("cp starts");
        let group = |id: Option<u32>| {
            let pid =
                id.map(|id| rustix::process::Pid::from_raw(id.cast_signed()).expect("a process"));
            rustix::process::getpgid(pid).expect("it runs")
        };
        let (ours, theirs) = (group(None), group(Some(child.id())));
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        assert_ne!(ours, theirs);
    }

    #[test]
    fn a_folder_s_name_can_t_add_to_the_configuration() {
        let odd = "/a\"]\n[env]\nX = \"\\x";
        // A line break can't be written between simple quotes: cargo refuses the file.
        assert!(
            config(Path::new(odd))
                .expect("text")
                .parse::<toml::Table>()
                .is_err()
        );
        let odd = "/a\"b\\c";
        let config: toml::Table = config(Path::new(odd)).expect("text").parse().expect("TOML");
        assert_eq!(
            config["source"]["wasm-runner"]["directory"].as_str(),
            Some(odd)
        );
    }
}
