//! Folders for tests and examples: private copies of the proposal's own files.

use crate::{CapabilityRequest, ProposedTool, ValidationError};
use policies::{GuestPath, HostPath, Policy};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const DOING: &str = "laying fixtures out";

/// What the folders of a tool hold when one of its tests or examples begins.
#[derive(Clone)]
pub(crate) struct Fixtures {
    grant: Policy,
    /// For each directory of the grant, the files in it: path and content.
    folders: Arc<Vec<Vec<(PathBuf, String)>>>,
}

/// The folders of one run; removed when it is dropped.
pub(crate) struct Bound {
    /// The grant, its folders bound to the copies.
    pub(crate) policy: Policy,
    _folder: Option<tempfile::TempDir>,
}

impl Fixtures {
    pub(crate) fn new(
        proposal: &ProposedTool,
        capabilities: &[CapabilityRequest],
        grant: &Policy,
    ) -> Self {
        let directories = &grant.capabilities.directories;
        let folders = directories
            .iter()
            .map(|bound| match fixture(capabilities, &bound.guest) {
                Some(fixture) => files(proposal, fixture),
                None => Vec::new(),
            })
            .collect();
        Self {
            grant: grant.clone(),
            folders: Arc::new(folders),
        }
    }

    /// As [`Fixtures::bind`], for who may wait.
    pub(crate) fn bind_now(&self) -> io::Result<Bound> {
        let mut policy = self.grant.clone();
        if self.folders.is_empty() {
            return Ok(Bound {
                policy,
                _folder: None,
            });
        }
        let folder = copy(&self.folders)?;
        for (index, bound) in policy.capabilities.directories.iter_mut().enumerate() {
            bound.host = HostPath::Path(folder.path().join(index.to_string()));
        }
        Ok(Bound {
            policy,
            _folder: Some(folder),
        })
    }

    /// Makes a copy for one run, so that no run sees what another wrote.
    pub(crate) async fn bind(&self) -> Result<Bound, ValidationError> {
        let fixtures = self.clone();
        let bound = if self.folders.is_empty() {
            fixtures.bind_now()
        } else {
            tokio::task::spawn_blocking(move || fixtures.bind_now())
                .await
                .map_err(ValidationError::machine(DOING))?
        };
        bound.map_err(ValidationError::machine(DOING))
    }
}

/// The folder of the proposal that stands in for a guest's.
fn fixture<'a>(capabilities: &'a [CapabilityRequest], guest: &GuestPath) -> Option<&'a str> {
    capabilities.iter().find_map(|request| match request {
        CapabilityRequest::Directory {
            guest: asked,
            fixture: Some(fixture),
            ..
        } if GuestPath::parse(asked).as_ref() == Ok(guest) => Some(fixture.as_str()),
        _ => None,
    })
}

/// The proposal's files below a folder of it, without that folder's name.
pub(crate) fn files(proposal: &ProposedTool, folder: &str) -> Vec<(PathBuf, String)> {
    let prefix = format!("{}/", folder.trim_end_matches('/'));
    let below = proposal.files.iter().filter_map(|file| {
        // The proposal's check saw to it that no path leads out.
        let path = file.path.strip_prefix(&prefix)?;
        Some((PathBuf::from(path), file.content.clone()))
    });
    below.collect()
}

fn copy(folders: &[Vec<(PathBuf, String)>]) -> io::Result<tempfile::TempDir> {
    let root = tempfile::Builder::new()
        .prefix("wasm-runner-fixtures-")
        .tempdir()?;
    for (index, files) in folders.iter().enumerate() {
        let folder = root.path().join(index.to_string());
        std::fs::create_dir(&folder)?;
        for (path, content) in files {
            write(&folder.join(path), content)?;
        }
    }
    Ok(root)
}

fn write(path: &Path, content: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    std::fs::write(path, content)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SourceFile;
    use policies::{Access, DirectoryGrant};

    #[tokio::test]
    async fn each_run_has_a_copy_of_its_own() {
        let mut proposal = crate::stages::example::proposal();
        for path in ["fixtures/a/x/y.txt", "fixtures/ab/no.txt", "src/main.rs"] {
            proposal.files.push(SourceFile {
                path: path.to_owned(),
                content: path.to_owned(),
            });
        }
        let request = |guest: &str, fixture: Option<&str>| CapabilityRequest::Directory {
            guest: guest.to_owned(),
            access: Access::Read,
            reason: "r".to_owned(),
            fixture: fixture.map(str::to_owned),
        };
        let requests = [
            request("/data/", Some("fixtures/a/")),
            request("/new", None),
        ];
        let mut grant = Policy::default();
        for guest in ["/data", "/new"] {
            grant.capabilities.directories.push(DirectoryGrant {
                guest: GuestPath::Path(guest.to_owned()),
                host: HostPath::Any,
                access: Access::Read,
            });
        }
        let fixtures = Fixtures::new(&proposal, &requests, &grant);
        let one = fixtures.bind().await.expect("room on the disk");
        let two = fixtures.bind().await.expect("room on the disk");
        let host = |bound: &Bound, index: usize| {
            let directory = &bound.policy.capabilities.directories[index];
            match &directory.host {
                HostPath::Path(path) => path.clone(),
                HostPath::Any => panic!("not bound"),
            }
        };
        assert_ne!(host(&one, 0), host(&two, 0));
        let content = std::fs::read_to_string(host(&one, 0).join("x/y.txt"));
        assert_eq!(content.expect("copied"), "fixtures/a/x/y.txt");
        let count = |folder: PathBuf| std::fs::read_dir(folder).expect("a folder").count();
        assert_eq!((count(host(&one, 0)), count(host(&one, 1))), (1, 0));
        let gone = host(&one, 0);
        drop(one);
        assert!(!gone.exists());
    }
}
