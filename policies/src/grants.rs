//! Folders and hosts from text, and back.

use crate::{Access, DirectoryGrant, GuestPath, HostPath, NetworkGrant};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

/// Why a text is not a grant; says what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GrantError {
    /// A path with nothing in it.
    #[error("the path is empty: write a folder, or `*` to leave it open")]
    Empty,
    /// A NUL or another control character.
    #[error("`{0}` holds a control character: no path that people can read does")]
    Control(String),
    /// `.` or `..` in a path.
    #[error("`{0}` holds `.` or `..`: write the path that it leads to")]
    NotNormal(String),
    /// A guest path without `/` at its start.
    #[error("the guest path `{0}` does not start with `/`: write `/{0}`")]
    GuestNotAbsolute(String),
    /// A shell's word for the home folder.
    #[error("`{0}` starts with `~`, which only a shell expands: write the whole path")]
    Tilde(String),
    /// Not `host:port`.
    #[error("`{0}` is not a host and a port: write both, such as `api.example.com:443`")]
    NotHostAndPort(String),
    /// Neither a DNS name nor an address.
    #[error(
        "`{0}` is no host name: write letters, digits, `-` and `.`, `*` alone, or `*.` and a name"
    )]
    NotAHost(String),
    /// Port 0 or none.
    #[error("`{0}` is no port: write a number from 1 to 65535")]
    NotAPort(String),
}

impl GuestPath {
    /// An absolute path such as `/data`, or `*` to leave it open.
    ///
    /// # Errors
    /// When it is empty, relative, not normalised, or holds control characters.
    pub fn parse(text: &str) -> Result<Self, GrantError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let text = readable(text)?;
        let Some(below) = text.strip_prefix('/') else {
            return Err(GrantError::GuestNotAbsolute(text.to_owned()));
        };
        let parts: Vec<&str> = below.split('/').filter(|part| !part.is_empty()).collect();
        if parts.iter().any(|part| matches!(*part, "." | "..")) {
            return Err(GrantError::NotNormal(text.to_owned()));
        }
        Ok(Self::Path(format!("/{}", parts.join("/"))))
    }
}

impl HostPath {
    /// A path of the host, relative ones below `base`, or `*` to leave it open.
    ///
    /// # Errors
    /// When it is empty, holds `..` or control characters, or starts with `~`.
    pub fn parse(text: &str, base: &Path) -> Result<Self, GrantError> {
        if text == "*" {
            return Ok(Self::Any);
        }
        let text = readable(text)?;
        if text.starts_with('~') {
            return Err(GrantError::Tilde(text.to_owned()));
        }
        let path = Path::new(text);
        if path.components().any(|part| part == Component::ParentDir) {
            return Err(GrantError::NotNormal(text.to_owned()));
        }
        // Collecting the components drops `.`, double and trailing slashes.
        Ok(Self::Path(
            base.join(path).components().collect::<PathBuf>(),
        ))
    }
}

fn readable(text: &str) -> Result<&str, GrantError> {
    if text.is_empty() {
        return Err(GrantError::Empty);
    }
    if text.chars().any(char::is_control) {
        return Err(GrantError::Control(text.escape_debug().to_string()));
    }
    Ok(text)
}

impl FromStr for NetworkGrant {
    type Err = GrantError;

    fn from_str(text: &str) -> Result<Self, GrantError> {
        let Some((host, port)) = text.rsplit_once(':') else {
            return Err(GrantError::NotHostAndPort(text.escape_debug().to_string()));
        };
        let port = match port.parse::<u16>() {
            Ok(port) if port > 0 => port,
            _ => return Err(GrantError::NotAPort(port.escape_debug().to_string())),
        };
        // An IPv6 address stands in brackets, as in URLs.
        let bare = host
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .unwrap_or(host);
        let host = match bare.parse::<std::net::IpAddr>() {
            Ok(address) => address.to_string(),
            Err(_) if is_name(host) => host.to_ascii_lowercase(),
            Err(_) => return Err(GrantError::NotAHost(host.escape_debug().to_string())),
        };
        Ok(Self { host, port })
    }
}

/// RFC 1123 names of at most 253 characters, with `*` for the first label or the whole.
fn is_name(host: &str) -> bool {
    let name = match host.strip_prefix('*') {
        Some("") => return true,
        Some(rest) => match rest.strip_prefix('.') {
            Some(name) => name,
            None => return false,
        },
        None => host,
    };
    // All digits and dots would be a broken IPv4 address.
    name.len() <= 253
        && !name.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

impl fmt::Display for NetworkGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for HostPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Path(path) => path.display().fmt(f),
        }
    }
}

impl fmt::Display for GuestPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => f.write_str("*"),
            Self::Path(path) => f.write_str(path),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::ReadWrite => "read-write",
        })
    }
}

impl fmt::Display for DirectoryGrant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} as {} ({})", self.host, self.guest, self.access)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(text: &str) -> Result<NetworkGrant, GrantError> {
        text.parse()
    }

    #[test]
    fn hosts_are_names_or_addresses_with_a_port() {
        for good in [
            "api.example.com:443",
            "localhost:1",
            "10.0.0.1:65535",
            "[::1]:80",
            "*:443",
            "*.example.com:443",
        ] {
            assert_eq!(network(good).expect(good).to_string(), good);
        }
        assert_eq!(
            network("API.Example.com:443"),
            network("api.example.com:443")
        );
        for bad in [
            "",
            ":443",
            "example.com",
            "example.com:0",
            "example.com:65536",
            "a b:1",
            "a..b:1",
            "-a:1",
            "256.1.1.1:1",
            "a*b:1",
            "*a:1",
            "http://a:1",
            "a\0b:1",
            "a/b:1",
        ] {
            assert!(network(bad).is_err(), "{bad:?}");
        }
        let long = format!("{}:1", ["a".repeat(63).as_str(); 4].join("."));
        assert!(network(&long).is_err(), "255 characters are too many");
    }

    #[test]
    fn guest_paths_are_absolute_and_normal() {
        let path = |text: &str| GuestPath::Path(text.to_owned());
        assert_eq!(GuestPath::parse("/data"), Ok(path("/data")));
        assert_eq!(GuestPath::parse("//data//in/"), Ok(path("/data/in")));
        assert_eq!(GuestPath::parse("/"), Ok(path("/")));
        assert_eq!(GuestPath::parse("*"), Ok(GuestPath::Any));
        for bad in ["", "data", "/data/../etc", "/./data", "/da\0ta", "/da\nta"] {
            assert!(GuestPath::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn relative_host_paths_are_below_the_base() {
        let base = Path::new("/etc/policies");
        let path = |text: &str| Ok(HostPath::Path(PathBuf::from(text)));
        assert_eq!(HostPath::parse("data/", base), path("/etc/policies/data"));
        assert_eq!(HostPath::parse("/srv//data/.", base), path("/srv/data"));
        assert_eq!(HostPath::parse("*", base), Ok(HostPath::Any));
        for bad in ["", "../data", "/srv/../etc", "~/data", "/a\0b"] {
            assert!(HostPath::parse(bad, base).is_err(), "{bad:?}");
        }
    }
}
