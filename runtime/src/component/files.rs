//! `wasi:filesystem`: quotas and records around wasmtime-wasi's, by the same rules as for preview 1
//! (`host::files`).

use super::kept::{Fault, size};
use super::parts::Share;
use super::streams::{Stream, Write, push_input, push_output};
use crate::execution::Rule;
use crate::host::State;
use crate::host::files::MAX_OPEN;
use crate::record::{keep, kept, told};
use std::sync::Arc;
use wasmtime::component::{Resource, ResourceTableError};
use wasmtime::{Result, bail};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::preopens::Host as _;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, DescriptorType, ErrorCode, HostDescriptor, NewTimestamp, OpenFlags,
    PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsResult, IoError};

/// What the guest gets from most functions here.
pub(super) type Answer<T> = Result<std::result::Result<T, ErrorCode>>;
pub(super) type Fd = Resource<Descriptor>;

/// One of the process's descriptors, held by the guest's descriptor and the streams made of it.
#[derive(Clone)]
pub(super) struct Opened {
    /// What the guest called it, for records.
    pub(super) name: Arc<str>,
    /// Whether it is a file, and no folder.
    is_file: bool,
    _share: Arc<Share>,
}

/// wasmtime-wasi's function of that name, or what it answered in the run that is repeated.
macro_rules! pass {
    ($state:ident, $name:ident($($arg:expr),*)) => {
        $crate::record::kept!(
            $state,
            concat!("descriptor.", stringify!($name)),
            answer(HostDescriptor::$name(&mut $state.parts.filesystem(), $($arg),*).await)
        )
    };
}
pub(super) use pass;

/// An error that is the guest's, or one that ends the run.
pub(super) fn answer<T>(result: FsResult<T>) -> Answer<T> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error) => Ok(Err(error.downcast()?)),
    }
}

/// The value, or the end of the function with the guest's error.
macro_rules! try_guest {
    ($answer:expr) => {
        match $answer {
            Ok(value) => value,
            Err(code) => return Ok(Err(code)),
        }
    };
}
pub(super) use try_guest;

/// A path as it is kept for records.
fn shown(path: &str) -> String {
    path[..path.floor_char_boundary(4096)].to_owned()
}

/// Records what the sandbox itself said no to.
pub(super) fn note<T>(
    state: &mut State,
    answer: &std::result::Result<T, ErrorCode>,
    what: &str,
    path: &str,
) {
    if let Err(ErrorCode::Access | ErrorCode::NotPermitted) = answer {
        state.deny(what, shown(path), Rule::Directories);
    }
}

/// Whether one more file may be made; if not, that is recorded.
fn may_create(state: &mut State, what: &str, path: &str) -> std::result::Result<(), ErrorCode> {
    if state.usage.files_created < state.limits.files {
        return Ok(());
    }
    state.deny(what, shown(path), Rule::Files);
    Err(ErrorCode::Quota)
}

fn created<T>(state: &mut State, answer: &std::result::Result<T, ErrorCode>) {
    if answer.is_ok() {
        state.usage.files_created += 1;
    }
}

/// Whether that many bytes more may be written to files; if not, that is recorded.
pub(super) fn may_write(
    state: &mut State,
    what: &str,
    name: &str,
    bytes: u64,
) -> std::result::Result<(), ErrorCode> {
    let after = state.file_bytes.saturating_add(bytes);
    if after <= state.limits.file_bytes.0 {
        return Ok(());
    }
    state.deny(
        what,
        format!("{name} ({after} bytes in all)"),
        Rule::FileBytes,
    );
    Err(ErrorCode::Quota)
}

/// The bytes between a file's end and a place beyond it, which a write there adds to the file.
pub(super) fn hole(state: &State, file: Option<&std::fs::File>, at: Option<u64>) -> Result<u64> {
    let Some(at @ 1..) = at else {
        return Ok(0);
    };
    let size = size(state, file)?;
    Ok(size.map_or(0, |size| at.saturating_sub(size)))
}

/// A file that can be written.
struct Writable {
    /// `None` in a replay.
    file: Option<Arc<std::fs::File>>,
    opened: Opened,
}

/// The file that a descriptor stands for, to be written, and what it is called.
fn file(state: &mut State, fd: &Fd) -> Result<Option<Writable>> {
    let opened = state.parts.opened.get(&fd.rep()).cloned();
    let file = if state.replays() {
        None
    } else {
        let Descriptor::File(file) = state.parts.table.get(fd)? else {
            return Ok(None);
        };
        let file = Arc::clone(&file.file);
        if opened.is_none() {
            bail!("a file that was never opened");
        }
        Some(file)
    };
    let opened = opened.filter(|opened| opened.is_file);
    Ok(opened.map(|opened| Writable { file, opened }))
}

pub(super) async fn directories(state: &mut State) -> Result<Vec<(Fd, String)>> {
    const WHAT: &str = "folders";
    if !state.parts.has_files() {
        return Ok(Vec::new());
    }
    if let Some(names) = told::<Vec<String>>(state.tape.as_ref(), WHAT)? {
        let mut folders = Vec::new();
        for name in names {
            folders.push((state.stand_in()?, name));
        }
        return Ok(folders);
    }
    let folders = state.parts.filesystem().get_directories()?;
    let names = folders.iter().map(|(_, name)| name.clone()).collect();
    keep::<Vec<String>>(state.tape.as_ref(), WHAT, &Ok(names));
    Ok(folders)
}

pub(super) async fn error_code(
    state: &mut State,
    error: Resource<IoError>,
) -> Result<Option<ErrorCode>> {
    Ok(code_of(state.parts.table.get(&error)?))
}

/// What WASI calls an error of a stream, where that is one of a file.
pub(super) fn code_of(error: &IoError) -> Option<ErrorCode> {
    if let Some(code) = error.downcast_ref::<ErrorCode>() {
        return Some(*code);
    }
    if let Some(fault) = error.downcast_ref::<Fault>() {
        return fault.file;
    }
    error.downcast_ref::<std::io::Error>().map(ErrorCode::from)
}

/// Whether wasmtime-wasi made a stream of a file, or did then; in a replay a stream of ours is
/// put in its place.
macro_rules! stream {
    ($state:ident, $name:ident($($arg:expr),*), $stand_in:expr) => {{
        const WHAT: &str = concat!("descriptor.", stringify!($name));
        match told::<std::result::Result<(), ErrorCode>>($state.tape.as_ref(), WHAT)? {
            Some(Err(code)) => return Ok(Err(code)),
            Some(Ok(())) => $stand_in?,
            None => {
                let made = HostDescriptor::$name(&mut $state.parts.filesystem(), $($arg),*);
                let made = answer(made);
                let told = match &made {
                    Ok(made) => Ok(made.as_ref().map(drop).map_err(|code| *code)),
                    Err(error) => Err(again(error)),
                };
                keep($state.tape.as_ref(), WHAT, &told);
                try_guest!(made?)
            }
        }
    }};
}

/// The same error once more, as far as a recording keeps it.
pub(super) fn again(error: &wasmtime::Error) -> wasmtime::Error {
    match error.downcast_ref() {
        Some(ResourceTableError::Full) => ResourceTableError::Full.into(),
        _ => wasmtime::Error::msg(error.root_cause().to_string()),
    }
}

pub(super) async fn read_via_stream(
    state: &mut State,
    fd: Fd,
    offset: u64,
) -> Answer<Resource<DynInputStream>> {
    let opened = state.parts.opened.get(&fd.rep()).cloned();
    let stream = stream!(state, read_via_stream(fd, offset), {
        push_input(state, Stream::Stdin)
    });
    if let Some(opened) = opened {
        let read = Stream::Read(opened);
        state.parts.streams.insert(stream.rep(), read);
    }
    Ok(Ok(stream))
}

/// Tells the streams from now on where this one writes.
fn writes(
    state: &mut State,
    file: Option<Writable>,
    stream: &Resource<DynOutputStream>,
    at: Option<u64>,
) {
    if let Some(Writable { file, opened }) = file {
        let write = Write { opened, file, at };
        state
            .parts
            .streams
            .insert(stream.rep(), Stream::Write(write));
    }
}

pub(super) async fn write_via_stream(
    state: &mut State,
    fd: Fd,
    offset: u64,
) -> Answer<Resource<DynOutputStream>> {
    let file = file(state, &fd)?;
    let stream = stream!(state, write_via_stream(fd, offset), {
        push_output(state, Stream::Stdout)
    });
    writes(state, file, &stream, Some(offset));
    Ok(Ok(stream))
}

pub(super) async fn append_via_stream(
    state: &mut State,
    fd: Fd,
) -> Answer<Resource<DynOutputStream>> {
    let file = file(state, &fd)?;
    let stream = stream!(state, append_via_stream(fd), {
        push_output(state, Stream::Stdout)
    });
    writes(state, file, &stream, None);
    Ok(Ok(stream))
}

pub(super) async fn advise(
    state: &mut State,
    fd: Fd,
    offset: u64,
    length: u64,
    advice: Advice,
) -> Answer<()> {
    pass!(state, advise(fd, offset, length, advice))
}

pub(super) async fn sync_data(state: &mut State, fd: Fd) -> Answer<()> {
    pass!(state, sync_data(fd))
}

pub(super) async fn get_flags(state: &mut State, fd: Fd) -> Answer<DescriptorFlags> {
    pass!(state, get_flags(fd))
}

pub(super) async fn get_type(state: &mut State, fd: Fd) -> Answer<DescriptorType> {
    pass!(state, get_type(fd))
}

/// A size that is set counts as written: on a disk without holes it is.
pub(super) async fn set_size(state: &mut State, fd: Fd, size: u64) -> Answer<()> {
    if let Some(Writable { opened, .. }) = file(state, &fd)? {
        try_guest!(may_write(state, "set-size", &opened.name, size));
    }
    try_guest!(pass!(state, set_size(fd, size))?);
    state.file_bytes += size;
    Ok(Ok(()))
}

pub(super) async fn set_times(
    state: &mut State,
    fd: Fd,
    accessed: NewTimestamp,
    modified: NewTimestamp,
) -> Answer<()> {
    pass!(state, set_times(fd, accessed, modified))
}

pub(super) async fn read(
    state: &mut State,
    fd: Fd,
    length: u64,
    offset: u64,
) -> Answer<(Vec<u8>, bool)> {
    let (bytes, end) = try_guest!(pass!(state, read(fd, length, offset))?);
    state.usage.bytes_read += bytes.len() as u64;
    Ok(Ok((bytes, end)))
}

pub(super) async fn write(state: &mut State, fd: Fd, bytes: Vec<u8>, offset: u64) -> Answer<u64> {
    let mut hole_before = 0;
    if !bytes.is_empty()
        && let Some(Writable { file, opened }) = file(state, &fd)?
    {
        hole_before = hole(state, file.as_deref(), Some(offset))?;
        let length = (bytes.len() as u64).saturating_add(hole_before);
        try_guest!(may_write(state, "write", &opened.name, length));
    }
    let written = try_guest!(pass!(state, write(fd, bytes, offset))?);
    if written > 0 {
        state.file_bytes += hole_before + written;
        state.usage.bytes_written += written;
    }
    Ok(Ok(written))
}

pub(super) async fn sync(state: &mut State, fd: Fd) -> Answer<()> {
    pass!(state, sync(fd))
}

pub(super) async fn create_directory_at(state: &mut State, fd: Fd, path: String) -> Answer<()> {
    const WHAT: &str = "create-directory-at";
    try_guest!(may_create(state, WHAT, &path));
    let answer = pass!(state, create_directory_at(fd, path.clone()))?;
    created(state, &answer);
    note(state, &answer, WHAT, &path);
    Ok(answer)
}

pub(super) async fn set_times_at(
    state: &mut State,
    fd: Fd,
    flags: PathFlags,
    path: String,
    accessed: NewTimestamp,
    modified: NewTimestamp,
) -> Answer<()> {
    let answer = pass!(
        state,
        set_times_at(fd, flags, path.clone(), accessed, modified)
    )?;
    note(state, &answer, "set-times-at", &path);
    Ok(answer)
}

pub(super) async fn link_at(
    state: &mut State,
    fd: Fd,
    flags: PathFlags,
    path: String,
    to: Fd,
    to_path: String,
) -> Answer<()> {
    const WHAT: &str = "link-at";
    try_guest!(may_create(state, WHAT, &to_path));
    let answer = pass!(state, link_at(fd, flags, path.clone(), to, to_path))?;
    created(state, &answer);
    note(state, &answer, WHAT, &path);
    Ok(answer)
}

pub(super) async fn open_at(
    state: &mut State,
    fd: Fd,
    lookup: PathFlags,
    path: String,
    open: OpenFlags,
    flags: DescriptorFlags,
) -> Answer<Fd> {
    const WHAT: &str = "open-at";
    if state.parts.open.amount() >= MAX_OPEN {
        return Ok(Err(ErrorCode::InsufficientMemory));
    }
    let folder = Resource::new_borrow(fd.rep());
    let kind = pass!(state, stat_at(folder, lookup, path.clone()))?.map(|stat| stat.type_);
    let answer = match kind {
        Err(ErrorCode::NoEntry) if open.contains(OpenFlags::CREATE) => {
            try_guest!(may_create(state, WHAT, &path));
            let answer = opened(state, fd, lookup, path.clone(), open, flags).await?;
            created(state, &answer);
            answer
        }
        // Neither a file nor a folder nor a link: opening a pipe would wait for its other end in
        // a thread of the host, and no deadline ends that.
        Ok(kind) if !is_plain(kind) => Err(ErrorCode::Access),
        seen => {
            // Nothing is made here: what exists can only be found to exist.
            let open = match seen {
                Ok(_) if open.contains(OpenFlags::EXCLUSIVE) => open,
                _ => open & !(OpenFlags::CREATE | OpenFlags::EXCLUSIVE),
            };
            opened(state, fd, lookup, path.clone(), open, flags).await?
        }
    };
    let answer = answer.map(|(fd, is_file)| {
        let opened = Opened {
            name: Arc::from(shown(&path)),
            is_file,
            _share: Arc::new(state.parts.open.take(1)),
        };
        state.parts.opened.insert(fd.rep(), opened);
        fd
    });
    note(state, &answer, WHAT, &path);
    Ok(answer)
}

/// Opens, and says whether it is a file; in a replay what was opened is not there.
async fn opened(
    state: &mut State,
    fd: Fd,
    lookup: PathFlags,
    path: String,
    open: OpenFlags,
    flags: DescriptorFlags,
) -> Answer<(Fd, bool)> {
    const WHAT: &str = "descriptor.open_at";
    if let Some(told) = told::<std::result::Result<bool, ErrorCode>>(state.tape.as_ref(), WHAT)? {
        return Ok(match told {
            Ok(is_file) => Ok((state.stand_in()?, is_file)),
            Err(code) => Err(code),
        });
    }
    let files = &mut state.parts.filesystem();
    let opened = answer(HostDescriptor::open_at(files, fd, lookup, path, open, flags).await);
    let opened = opened.and_then(|opened| {
        Ok(match opened {
            Ok(fd) => {
                let is_file = matches!(state.parts.table.get(&fd)?, Descriptor::File(_));
                Ok((fd, is_file))
            }
            Err(code) => Err(code),
        })
    });
    let kept = match &opened {
        Ok(Ok((_, is_file))) => Ok(Ok(*is_file)),
        Ok(Err(code)) => Ok(Err(*code)),
        Err(error) => Err(again(error)),
    };
    keep(state.tape.as_ref(), WHAT, &kept);
    opened
}

fn is_plain(kind: DescriptorType) -> bool {
    matches!(
        kind,
        DescriptorType::Directory | DescriptorType::RegularFile | DescriptorType::SymbolicLink
    )
}

pub(super) async fn readlink_at(state: &mut State, fd: Fd, path: String) -> Answer<String> {
    let answer = pass!(state, readlink_at(fd, path.clone()))?;
    note(state, &answer, "readlink-at", &path);
    Ok(answer)
}

pub(super) async fn remove_directory_at(state: &mut State, fd: Fd, path: String) -> Answer<()> {
    let answer = pass!(state, remove_directory_at(fd, path.clone()))?;
    note(state, &answer, "remove-directory-at", &path);
    Ok(answer)
}

pub(super) async fn rename_at(
    state: &mut State,
    fd: Fd,
    path: String,
    to: Fd,
    to_path: String,
) -> Answer<()> {
    let answer = pass!(state, rename_at(fd, path.clone(), to, to_path))?;
    note(state, &answer, "rename-at", &path);
    Ok(answer)
}

pub(super) async fn symlink_at(
    state: &mut State,
    fd: Fd,
    target: String,
    path: String,
) -> Answer<()> {
    const WHAT: &str = "symlink-at";
    try_guest!(may_create(state, WHAT, &path));
    let answer = pass!(state, symlink_at(fd, target.clone(), path))?;
    created(state, &answer);
    // An absolute target is what is refused, so that is what the record names.
    note(state, &answer, WHAT, &target);
    Ok(answer)
}

pub(super) async fn unlink_file_at(state: &mut State, fd: Fd, path: String) -> Answer<()> {
    let answer = pass!(state, unlink_file_at(fd, path.clone()))?;
    note(state, &answer, "unlink-file-at", &path);
    Ok(answer)
}

pub(super) async fn is_same_object(state: &mut State, one: Fd, other: Fd) -> Result<bool> {
    kept!(
        state,
        "descriptor.is_same_object",
        HostDescriptor::is_same_object(&mut state.parts.filesystem(), one, other).await
    )
}

pub(super) async fn drop_descriptor(state: &mut State, fd: Fd) -> Result<()> {
    let rep = fd.rep();
    state.take_away(fd)?;
    state.parts.opened.remove(&rep);
    Ok(())
}
