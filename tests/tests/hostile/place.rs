//! The folder of the host in which a run takes place: made before, looked at after.

use super::case::{Access, Case, Folder};
use host_api::proto::{CallPolicy, DirectoryBinding};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

/// What stands at a path.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Folder,
    File(Vec<u8>),
    /// So many bytes, which nobody should have to read.
    LargeFile(u64),
    Link(PathBuf),
    Other,
}

/// One run's folder, with all that its case asks for.
pub(crate) struct Place {
    root: PathBuf,
    before: BTreeMap<PathBuf, Seen>,
}

impl Place {
    pub(crate) fn make(root: PathBuf, case: &Case) -> Self {
        let wanted = &case.header.place;
        let bound = case.header.folder.iter().map(|folder| &folder.host);
        fs::create_dir_all(&root).expect("made");
        for folder in bound.chain(&wanted.folders) {
            fs::create_dir_all(root.join(folder)).expect("made");
        }
        let at = |path: &str| {
            let path = root.join(path);
            fs::create_dir_all(path.parent().expect("below the root")).expect("made");
            path
        };
        for (path, content) in &wanted.files {
            fs::write(at(path), content).expect("written");
        }
        for (path, target) in &wanted.links {
            let target = target.replace("{place}", &root.display().to_string());
            symlink(target, at(path)).expect("linked");
        }
        for path in &wanted.pipes {
            rustix::fs::mknodat(
                rustix::fs::CWD,
                at(path),
                rustix::fs::FileType::Fifo,
                0o600.into(),
                0,
            )
            .expect("a pipe");
        }
        if let Some(many) = &wanted.many {
            let folder = root.join(&many.folder);
            let width = many.name_bytes;
            for index in 0..many.count {
                fs::write(folder.join(format!("{index:0width$}")), "").expect("written");
            }
        }
        let mut before = BTreeMap::new();
        look(&root, &root, &mut before);
        Self { root, before }
    }

    /// The folders that the call binds.
    pub(crate) fn bindings(&self, folders: &[Folder]) -> Option<CallPolicy> {
        let directories: Vec<DirectoryBinding> = folders
            .iter()
            .map(|folder| DirectoryBinding {
                host: self.root.join(&folder.host).display().to_string(),
                guest: folder.guest.clone(),
                access: 0,
            })
            .collect();
        (!directories.is_empty()).then(|| CallPolicy {
            directories,
            ..CallPolicy::default()
        })
    }

    /// How it differs from what it must be now: what no binding lets the guest write is as it was,
    /// and the rest is as the header says.
    pub(crate) fn differences(self, case: &Case) -> Vec<String> {
        let mut now = BTreeMap::new();
        look(&self.root, &self.root, &mut now);
        let mut wrong = Vec::new();
        let writable = |path: &Path| {
            let folders = &case.header.folder;
            folders
                .iter()
                .any(|folder| folder.access == Access::ReadWrite && path.starts_with(&folder.host))
        };
        let paths = self.before.keys().chain(now.keys());
        for path in paths.filter(|path| !writable(path)) {
            let (before, now) = (self.before.get(path), now.get(path));
            if before != now {
                wrong.push(format!("{}: {before:?} became {now:?}", path.display()));
            }
        }
        let after = &case.header.after;
        let files = after.files.iter();
        let files = files.map(|(path, text)| (path, Seen::File(text.clone().into_bytes())));
        let links = after.links.iter();
        let links = links.map(|(path, target)| (path, Seen::Link(target.into())));
        for (path, wanted) in files.chain(links) {
            let found = now.get(Path::new(path));
            if found != Some(&wanted) {
                wrong.push(format!("{path}: {wanted:?} is wanted, {found:?} is there"));
            }
        }
        for path in &after.absent {
            if let Some(found) = now.get(Path::new(path)) {
                wrong.push(format!("{path}: {found:?} must not be there"));
            }
        }
        fs::remove_dir_all(&self.root).expect("removed");
        wrong
    }
}

fn look(root: &Path, folder: &Path, seen: &mut BTreeMap<PathBuf, Seen>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let path = entry.path();
        let kind = entry.file_type().expect("a kind");
        let one = if kind.is_symlink() {
            Seen::Link(fs::read_link(&path).expect("a link"))
        } else if kind.is_dir() {
            look(root, &path, seen);
            Seen::Folder
        } else if kind.is_file() {
            match entry.metadata().expect("its size").len() {
                size @ 1_000_000.. => Seen::LargeFile(size),
                _ => Seen::File(fs::read(&path).expect("a file")),
            }
        } else {
            Seen::Other
        };
        seen.insert(path.strip_prefix(root).expect("below it").to_owned(), one);
    }
}
