//! Capabilities as flags: folders, variables, clocks, randomness.

use crate::problem::{Problem, file_problem};
use policies::{
    Access, Clocks, DirectoryGrant, GrantError, GuestPath, HostPath, NetworkGrant, Random,
};
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

/// `HOST[::GUEST][:ro]`.
///
/// # Errors
/// When there is no such folder, or the guest can't see one at such a path.
pub(super) fn directory(text: &OsString) -> Result<DirectoryGrant, Problem> {
    let text = text.to_str().ok_or_else(|| {
        Problem::new(format!(
            "--dir {}: the path is not UTF-8 text",
            text.display()
        ))
        .remedy("a policy is text; give the folder another name, or a symbolic link to it")
    })?;
    let (paths, access) = match text.strip_suffix(":ro") {
        Some(paths) => (paths, Access::Read),
        None => (text, Access::ReadWrite),
    };
    let (host, guest) = match paths.split_once("::") {
        Some((host, guest)) => (host, guest.to_owned()),
        None => (paths, seen_as_given(paths)?),
    };
    // The folder itself, whatever links lead to it: a policy names it without `.` and `..`.
    let real = std::fs::canonicalize(host)
        .map_err(|error| file_problem("shown to the guest", Path::new(host), error))?;
    if !real.is_dir() {
        return Err(Problem::new(format!("--dir {host}: it is not a folder"))
            .remedy("give the folder that it is in"));
    }
    let wrong = |error| Problem::new(format!("--dir {text}")).because(error);
    let real = real.to_str().ok_or_else(|| {
        Problem::new(format!(
            "--dir {text}: it leads to a path that is not UTF-8 text"
        ))
    })?;
    Ok(DirectoryGrant {
        guest: guest_path(text, &guest)?,
        host: HostPath::parse(real, Path::new("/")).map_err(wrong)?,
        access,
    })
}

/// `HOST:PORT`.
///
/// # Errors
/// When it is not a host and a port, in the policy's own words.
pub(super) fn network(text: &str) -> Result<NetworkGrant, GrantError> {
    text.parse()
}

/// The guest's side of `--dir`.
///
/// # Errors
/// When no guest can see a folder there, or it ends in something that only looks like `:ro`.
pub(crate) fn guest_path(text: &str, guest: &str) -> Result<GuestPath, Problem> {
    // A guest's path may have a colon, but nobody gives it one; a wrong ending would pass for it.
    if let Some((_, ending)) = guest.rsplit_once(':') {
        return Err(Problem::new(format!(
            "--dir {text}: `:{}` is no kind of access",
            ending.escape_debug()
        ))
        .remedy(
            "write :ro at the end to let it only be read, or leave it out to let it be written too",
        ));
    }
    GuestPath::parse(guest).map_err(|error| Problem::new(format!("--dir {text}")).because(error))
}

/// Where the guest sees a folder that was given without a place: `data` as `/data`, because a
/// guest's relative paths start at `/`.
fn seen_as_given(host: &str) -> Result<String, Problem> {
    let mut path = PathBuf::from("/");
    for part in Path::new(host).components() {
        match part {
            Component::Normal(name) => path.push(name),
            Component::RootDir | Component::CurDir => {}
            Component::ParentDir | Component::Prefix(_) => {
                return Err(Problem::new(format!(
                    "--dir {host}: no guest can see a path with `..`"
                ))
                .remedy(format!("say where it is seen: --dir {host}::/data")));
            }
        }
    }
    Ok(path.to_string_lossy().into_owned())
}

/// `NAME=VALUE`, or `NAME` with the value that it has here.
///
/// # Errors
/// When it has no name, is not UTF-8 text, or is to be taken from here and is not set.
pub(crate) fn variable(text: &OsString) -> Result<(String, String), Problem> {
    let not_text = |what: &str| {
        Problem::new(format!(
            "--env {}: {what} is not UTF-8 text",
            text.display()
        ))
        .remedy("WASI guests receive text only; pass other bytes as input")
    };
    let given = text.to_str().ok_or_else(|| not_text("it"))?;
    let (name, value) = match given.split_once('=') {
        Some((name, value)) => (name, value.to_owned()),
        None => match std::env::var(given) {
            Ok(value) => (given, value),
            Err(std::env::VarError::NotPresent) => {
                return Err(Problem::new(format!("--env {given}: it is not set here"))
                    .remedy(format!("give its value: --env {given}=VALUE")));
            }
            Err(std::env::VarError::NotUnicode(_)) => return Err(not_text("its value here")),
        },
    };
    if name.is_empty() {
        return Err(
            Problem::new(format!("--env {given}: it has no name")).remedy("write --env NAME=VALUE")
        );
    }
    Ok((name.to_owned(), value))
}

/// The words of a policy's `clocks`.
pub(super) fn clocks(text: &str) -> Result<Clocks, String> {
    match text {
        "frozen" => Ok(Clocks::Frozen),
        "virtual" => Ok(Clocks::Virtual),
        "real" => Ok(Clocks::Real),
        _ => Err("write frozen, virtual or real".to_owned()),
    }
}

/// The words of a policy's `random`, and any seed.
pub(super) fn random(text: &str) -> Result<Random, String> {
    match text {
        "real" => Ok(Random::Real),
        "seeded" => Ok(Random::default()),
        seed => match seed.parse() {
            Ok(seed) => Ok(Random::Seeded(seed)),
            Err(_) => Err("write a seed (a number from 0 on) or real".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_seen_where_it_is_given_or_said() {
        let folder = tempfile::tempdir().expect("a folder");
        let host = folder.path().canonicalize().expect("there");
        let host = host.to_str().expect("text");
        let grant = |text: String| directory(&text.into()).expect("a folder");
        let at = |path: &str, access| DirectoryGrant {
            guest: GuestPath::Path(path.to_owned()),
            host: HostPath::Path(host.into()),
            access,
        };
        assert_eq!(
            grant(format!("{host}::/data")),
            at("/data", Access::ReadWrite)
        );
        assert_eq!(
            grant(format!("{host}::/data:ro")),
            at("/data", Access::Read)
        );
        assert_eq!(grant(format!("{host}:ro")), at(host, Access::Read));
        assert_eq!(grant(host.to_owned()), at(host, Access::ReadWrite));
        assert_eq!(seen_as_given("./data/").expect("plain"), "/data");
        assert_eq!(seen_as_given(".").expect("plain"), "/");
        assert!(seen_as_given("../data").is_err());
    }

    #[test]
    fn a_folder_that_is_none_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        assert!(directory(&file.path().into()).is_err());
        assert!(directory(&"/nonexistent/folder".into()).is_err());
        for text in [
            "/tmp::/data:rw",
            "/tmp::/data:RO",
            "/tmp::/data:ro:",
            "/tmp::/a:ro:ro",
        ] {
            let error = directory(&text.into()).expect_err(text);
            let remedy = error.remedy.expect("what to write");
            assert!(remedy.starts_with("write :ro"), "{remedy}");
        }
        assert!(
            directory(&"/tmp::data".into()).is_err(),
            "a guest path starts with a slash"
        );
    }

    #[test]
    fn a_variable_has_a_name_and_a_value() {
        let given = |text: &str| variable(&text.into());
        assert_eq!(
            given("A=b=c").expect("both"),
            ("A".to_owned(), "b=c".to_owned())
        );
        assert_eq!(given("A=").expect("empty"), ("A".to_owned(), String::new()));
        assert!(given("=b").is_err());
        assert!(given("WASM_RUNNER_NO_SUCH_VARIABLE").is_err());
    }

    #[test]
    fn clocks_and_randomness_have_a_policys_words() {
        assert_eq!(clocks("real"), Ok(Clocks::Real));
        assert!(clocks("wall").is_err());
        assert_eq!(random("7"), Ok(Random::Seeded(7)));
        assert_eq!(random("real"), Ok(Random::Real));
        assert!(random("-1").is_err());
    }
}
