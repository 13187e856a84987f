//! Which files the compiler read, by its own account.
//!
//! Whatever macro named it, a file that went into a crate stands in the list of dependencies
//! that the compiler writes beside it (in the form of a makefile).

use super::sources::within;
use std::path::{Path, PathBuf};

/// Files of a dependency list that lie outside the package; paths that are not absolute are
/// seen from the package's folder.
pub(super) fn outside(list: &str, package: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = list
        .lines()
        // Environment variables that were read are comments.
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(": ").map(|(_, files)| files))
        .flat_map(files)
        .filter(|file| !within(&package.join(file)).is_some_and(|file| file.starts_with(package)))
        .collect();
    found.sort();
    found.dedup();
    found
}

/// Names are parted by spaces; a space of a name's own has a backslash before it.
fn files(line: &str) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut name = String::new();
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\\' if chars.peek() == Some(&' ') => {
                name.push(' ');
                chars.next();
            }
            ' ' if name.is_empty() => {}
            ' ' => files.push(PathBuf::from(std::mem::take(&mut name))),
            c => name.push(c),
        }
    }
    if !name.is_empty() {
        files.push(PathBuf::from(name));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(list: &str) -> Vec<String> {
        let found = outside(list, Path::new("/build/package"));
        found
            .iter()
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn files_of_the_package_are_its_own() {
        let list = "/build/target/x.d: src/main.rs /build/package/src/a.rs src/../README.md src/with\\ space.rs\n\nsrc/main.rs:\n/etc/hosts:\n\n# env-dep:PATH=/usr/bin: /etc\n";
        assert_eq!(found(list), Vec::<String>::new());
    }

    #[test]
    fn all_others_are_named_once() {
        let list = "/build/target/x.d: src/main.rs /etc/host\\ name src/../../home/config.toml /build/package2/x\n/build/target/x.wasm: /etc/host\\ name ../../../../../../x\n";
        assert_eq!(
            found(list),
            [
                "/build/package2/x",
                "/etc/host name",
                "../../../../../../x",
                "src/../../home/config.toml",
            ]
        );
    }
}
