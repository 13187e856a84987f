//! Reads what a confined process made, which is as little to be trusted as what it was made from.

use rustix::fs::{FileType, Mode, OFlags, ResolveFlags};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// A file's content, if it is a plain file in the folder `root`, reached by no link, and not
/// larger than `most` bytes. Whatever a build left under that name, nothing outside is read.
///
/// # Errors
/// When the disk fails.
pub(crate) fn read(root: &Path, path: &Path, most: u64) -> io::Result<Option<Vec<u8>>> {
    let Ok(relative) = path.strip_prefix(root) else {
        return Ok(None);
    };
    let folder = rustix::fs::open(
        root,
        OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC,
        Mode::empty(),
    )?;
    let opened = rustix::fs::openat2(
        &folder,
        relative,
        // Without waiting: a pipe would have its reader wait for ever.
        OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC | OFlags::NOCTTY,
        Mode::empty(),
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
    );
    let Ok(file) = opened else {
        return Ok(None);
    };
    if FileType::from_raw_mode(rustix::fs::fstat(&file)?.st_mode) != FileType::RegularFile {
        return Ok(None);
    }
    let mut content = Vec::new();
    File::from(file).take(most + 1).read_to_end(&mut content)?;
    Ok((content.len() as u64 <= most).then_some(content))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    #[test]
    fn only_plain_files_of_the_folder_are_read() {
        let place = tempfile::tempdir().expect("a folder");
        let (root, outside) = (place.path().join("root"), place.path().join("outside"));
        std::fs::create_dir_all(root.join("deep")).expect("a folder");
        std::fs::create_dir_all(&outside).expect("a folder");
        std::fs::write(root.join("deep/file"), "inside").expect("written");
        std::fs::write(outside.join("file"), "outside").expect("written");
        symlink(outside.join("file"), root.join("link")).expect("a link");
        symlink(&outside, root.join("folder")).expect("a link");
        symlink("deep/file", root.join("own")).expect("a link");
        let status = std::process::Command::new("mkfifo")
            .arg(root.join("pipe"))
            .status()
            .expect("mkfifo");
        assert!(status.success());
        let read = |path: &str| super::read(&root, &root.join(path), 6).expect("a disk");
        assert_eq!(read("deep/file").as_deref(), Some(&b"inside"[..]));
        for other in [
            "link",
            "folder/file",
            "own",
            "pipe",
            "deep",
            "none",
            "../outside/file",
            "deep/../../outside/file",
        ] {
            assert_eq!(read(other), None, "{other}");
        }
        let file = root.join("deep/file");
        assert_eq!(super::read(&root, &file, 5).expect("a disk"), None);
        let file = outside.join("file");
        assert_eq!(super::read(&root, &file, 100).expect("a disk"), None);
    }
}
