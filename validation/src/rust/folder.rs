//! What lies in the folder that a build has for itself.

use super::layout::Package;
use crate::ValidationError;
use crate::own_folder::OwnFolder;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The cargo configuration of every tool build.
const CONFIG: &str = include_str!("../../../scripts/allowlist/build-config.toml");

/// A package laid out with all that cargo needs, seen by no other build. Removed with
/// everything in it when this is dropped.
pub(super) struct Folder(OwnFolder);

impl Folder {
    /// Blocks while it writes and copies: some tenths of a second.
    pub(super) fn lay_out(home: &Path, package: &Package) -> io::Result<Self> {
        let folder = Self(OwnFolder::make()?);
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

    /// All that belongs to the build.
    pub(super) fn root(&self) -> PathBuf {
        self.0.path()
    }

    /// The package's folder.
    pub(super) fn package(&self) -> PathBuf {
        self.root().join("package")
    }

    /// The home of cargo and of the build's user.
    pub(super) fn home(&self) -> PathBuf {
        self.root().join("home")
    }

    /// Where cargo puts what it makes.
    pub(super) fn target(&self) -> PathBuf {
        self.root().join("target")
    }

    /// Removes it on a thread that may block.
    ///
    /// # Errors
    /// When that thread could not do it.
    pub(super) async fn close(self) -> Result<(), ValidationError> {
        self.0.close().await
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
        let root = folder.root();
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
                    .join("work/package/Cargo.lock/only-this-test")
                    .exists()
            });
        assert!(!left);
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
