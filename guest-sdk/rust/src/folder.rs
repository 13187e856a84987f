//! Folders that the caller binds.

use std::ffi::OsString;
use std::path::PathBuf;

/// Where a folder of the manifest is: `folder("/data").join("a.csv")`.
///
/// On WASI that is the guest path itself, which the caller binds to a folder of the host.
/// Natively, under `cargo test` and `cargo run`, it is the package's folder of that name below
/// `fixtures`: `fixtures/data` here. What a native run writes there stays there; validation's
/// runs have a copy each.
pub fn folder(guest: &str) -> PathBuf {
    if cfg!(target_os = "wasi") {
        return PathBuf::from(guest);
    }
    // Set by cargo for tests and `cargo run`; a program started by hand is in its package.
    fixture(std::env::var_os("CARGO_MANIFEST_DIR"), guest)
}

fn fixture(package: Option<OsString>, guest: &str) -> PathBuf {
    PathBuf::from(package.unwrap_or_default())
        .join("fixtures")
        .join(guest.trim_start_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn natively_a_folder_is_a_fixture_of_the_package() {
        let package = Some(OsString::from("/p"));
        assert_eq!(
            fixture(package, "/data/in"),
            PathBuf::from("/p/fixtures/data/in")
        );
        assert_eq!(fixture(None, "/data"), PathBuf::from("fixtures/data"));
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        assert_eq!(folder("/data"), here.join("fixtures/data"));
    }
}
