//! `wasi:filesystem` of WASI 0.3: the functions of 0.2, which hold to the rules, under the names of
//! 0.3. Each is over when it returns ([`super::wait`]).

use super::convert::{Moment, Newer as _, Older as _};
use super::streams::{Entries, Reads, Writes, ended};
use super::wait::at_once;
use crate::component::files::{self, Answer, Fd, try_guest};
use crate::component::link::interface;
use crate::component::sight;
use crate::component::streams;
use crate::component::words::words;
use crate::host::State;
use wasmtime::component::{Accessor, FutureReader, Linker, LinkerInstance, StreamReader};
use wasmtime::{AsContextMut as _, Result, StoreContextMut};
use wasmtime_wasi::filesystem::Descriptor;
use wasmtime_wasi::p2::bindings::filesystem::types::PathFlags as OlderFlags;
use wasmtime_wasi::p3::bindings::filesystem::types::{
    Advice, DescriptorFlags, DirectoryEntry, ErrorCode, NewTimestamp, OpenFlags, PathFlags,
};

/// The interfaces, without their version.
pub(super) const INTERFACES: &[&str] = &["wasi:filesystem/preopens", "wasi:filesystem/types"];

/// How a stream of a file ended, as the guest gets it once it has.
type Ended = FutureReader<std::result::Result<(), ErrorCode>>;

/// Functions that may wait.
macro_rules! waits {
    ($types:ident { $(
        $function:literal $module:ident :: $target:ident ($($arg:ident : $ty:ty),*);
    )* }) => {$(
        $types.func_wrap_concurrent(
            $function,
            |store: &Accessor<State>, ($($arg,)*): ($($ty,)*)| {
                Box::pin(async move {
                    store.with(|mut access| {
                        let asked = concat!("wasi:filesystem/types ", $function);
                        $(let $arg = $arg.older();)*
                        let words = words!($($arg),*);
                        let answer = at_once(
                            &mut access.as_context_mut(),
                            asked,
                            || words,
                            async move |state| $module::$target(state, $($arg),*).await,
                        )?;
                        Ok((answer.newer(),))
                    })
                })
            },
        )?;
    )*};
}

pub(super) fn add_to_linker(linker: &mut Linker<State>) -> Result<()> {
    interface!(@later linker "wasi:filesystem/preopens" {
        "get-directories" files::directories();
    });
    interface!(@later linker "wasi:filesystem/types" {
        resource "descriptor" Descriptor => files::drop_descriptor;
    });
    let types = &mut linker.instance("wasi:filesystem/types@0.3.0")?;
    waits!(types {
        "[method]descriptor.advise"
            files::advise(fd: Fd, offset: u64, length: u64, advice: Advice);
        "[method]descriptor.sync-data" files::sync_data(fd: Fd);
        "[method]descriptor.get-flags" files::get_flags(fd: Fd);
        "[method]descriptor.get-type" files::get_type(fd: Fd);
        "[method]descriptor.set-size" files::set_size(fd: Fd, size: u64);
        "[method]descriptor.set-times"
            times::set(fd: Fd, accessed: NewTimestamp, modified: NewTimestamp);
        "[method]descriptor.sync" files::sync(fd: Fd);
        "[method]descriptor.create-directory-at"
            files::create_directory_at(fd: Fd, path: String);
        "[method]descriptor.stat" sight::stat(fd: Fd);
        "[method]descriptor.stat-at" sight::stat_at(fd: Fd, flags: PathFlags, path: String);
        "[method]descriptor.set-times-at" times::set_at(
            fd: Fd, flags: PathFlags, path: String, accessed: NewTimestamp, modified: NewTimestamp);
        "[method]descriptor.link-at" files::link_at(
            fd: Fd, flags: PathFlags, path: String, to: Fd, to_path: String);
        "[method]descriptor.open-at" files::open_at(
            fd: Fd, lookup: PathFlags, path: String, open: OpenFlags, flags: DescriptorFlags);
        "[method]descriptor.readlink-at" files::readlink_at(fd: Fd, path: String);
        "[method]descriptor.remove-directory-at"
            files::remove_directory_at(fd: Fd, path: String);
        "[method]descriptor.rename-at"
            files::rename_at(fd: Fd, path: String, to: Fd, to_path: String);
        "[method]descriptor.symlink-at"
            files::symlink_at(fd: Fd, target: String, path: String);
        "[method]descriptor.unlink-file-at" files::unlink_file_at(fd: Fd, path: String);
        "[method]descriptor.is-same-object" files::is_same_object(one: Fd, other: Fd);
        "[method]descriptor.metadata-hash" sight::metadata_hash(fd: Fd);
        "[method]descriptor.metadata-hash-at"
            sight::metadata_hash_at(fd: Fd, flags: PathFlags, path: String);
    });
    with_streams(types)
}

/// Functions that give streams, or take one.
fn with_streams(types: &mut LinkerInstance<'_, State>) -> Result<()> {
    types.func_wrap(
        "[method]descriptor.read-via-stream",
        |mut store: StoreContextMut<'_, State>, (fd, offset): (Fd, u64)| {
            Ok((read(&mut store, fd, offset)?,))
        },
    )?;
    types.func_wrap(
        "[method]descriptor.write-via-stream",
        |mut store: StoreContextMut<'_, State>, (fd, data, at): (Fd, StreamReader<u8>, u64)| {
            Ok((write(&mut store, fd, data, Some(at))?,))
        },
    )?;
    types.func_wrap(
        "[method]descriptor.append-via-stream",
        |mut store: StoreContextMut<'_, State>, (fd, data): (Fd, StreamReader<u8>)| {
            Ok((write(&mut store, fd, data, None)?,))
        },
    )?;
    types.func_wrap(
        "[method]descriptor.read-directory",
        |mut store: StoreContextMut<'_, State>, (fd,): (Fd,)| {
            Ok((read_directory(&mut store, fd)?,))
        },
    )
}

fn read(
    store: &mut StoreContextMut<'_, State>,
    fd: Fd,
    offset: u64,
) -> Result<(StreamReader<u8>, Ended)> {
    let words = words!(fd, offset);
    let made = at_once(
        store,
        "wasi:filesystem/types [method]descriptor.read-via-stream",
        || words,
        async move |state| {
            let stream = try_guest!(files::read_via_stream(state, fd, offset).await?);
            streams::take_input(state, stream).map(Ok)
        },
    )?;
    let (told, end) = ended(store)?;
    let stream = match made {
        Ok((file, opened)) => StreamReader::new(store, Reads::new(file, opened, told))?,
        Err(code) => {
            told.tell(Err(code.newer()));
            StreamReader::new(store, std::iter::empty())?
        }
    };
    Ok((stream, end))
}

/// Writes from there on, or at the end, wherever that is.
fn write(
    store: &mut StoreContextMut<'_, State>,
    fd: Fd,
    mut data: StreamReader<u8>,
    at: Option<u64>,
) -> Result<Ended> {
    let (function, words) = match at {
        Some(offset) => (
            "wasi:filesystem/types [method]descriptor.write-via-stream",
            words!(fd, offset),
        ),
        None => (
            "wasi:filesystem/types [method]descriptor.append-via-stream",
            words!(fd),
        ),
    };
    let made = at_once(
        store,
        function,
        || words,
        async move |state| {
            let made = match at {
                Some(offset) => files::write_via_stream(state, fd, offset).await?,
                None => files::append_via_stream(state, fd).await?,
            };
            streams::take_output(state, try_guest!(made)).map(Ok)
        },
    )?;
    let (told, end) = ended(store)?;
    match made {
        Ok((file, write)) => data.pipe(&mut *store, Writes::new(file, write, told))?,
        Err(code) => {
            told.tell(Err(code.newer()));
            data.close(&mut *store)?;
        }
    }
    Ok(end)
}

fn read_directory(
    store: &mut StoreContextMut<'_, State>,
    fd: Fd,
) -> Result<(StreamReader<DirectoryEntry>, Ended)> {
    let words = words!(fd);
    let made = at_once(
        store,
        "wasi:filesystem/types [method]descriptor.read-directory",
        || words,
        async move |state| sight::listing(state, fd).await,
    )?;
    let (told, end) = ended(store)?;
    let stream = match made {
        Ok(listing) => StreamReader::new(store, Entries::new(listing, told))?,
        Err(code) => {
            told.tell(Err(code.newer()));
            StreamReader::new(store, std::iter::empty())?
        }
    };
    Ok((stream, end))
}

mod times {
    use super::{Answer, Fd, Moment, OlderFlags, State, files, try_guest};

    pub(super) async fn set(
        state: &mut State,
        fd: Fd,
        accessed: Moment,
        modified: Moment,
    ) -> Answer<()> {
        let (accessed, modified) = (try_guest!(accessed.given()), try_guest!(modified.given()));
        files::set_times(state, fd, accessed, modified).await
    }

    pub(super) async fn set_at(
        state: &mut State,
        fd: Fd,
        flags: OlderFlags,
        path: String,
        accessed: Moment,
        modified: Moment,
    ) -> Answer<()> {
        let (accessed, modified) = (try_guest!(accessed.given()), try_guest!(modified.given()));
        files::set_times_at(state, fd, flags, path, accessed, modified).await
    }
}
