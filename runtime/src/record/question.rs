//! What a guest asks of its host, in words.
//!
//! Addresses are left out: where a guest keeps its buffers is not what it asks. What it names by
//! them is not: paths and data.

use crate::host::Host;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;

/// What an argument is.
#[derive(Clone, Copy)]
enum Part {
    /// A number, with the name that it has in the words.
    Number(&'static str),
    /// An address that only says where an answer goes.
    Address,
    /// A path's address; its length comes next.
    Path(&'static str),
    /// Vectors of data to be written; their count comes next.
    Data,
    /// Vectors with room for what is read; their count comes next.
    Room,
    /// Subscriptions; where events go comes next, then the count.
    Subscriptions,
}

use Part::{Address as A, Data, Number as N, Path as P, Room, Subscriptions};

/// The arguments of a function of preview 1.
fn parts(function: &str) -> &'static [Part] {
    match function {
        "args_get" | "args_sizes_get" | "environ_get" | "environ_sizes_get" => &[A, A],
        "clock_res_get" => &[N("clock"), A],
        "clock_time_get" => &[N("clock"), N("precision"), A],
        "fd_advise" => &[N("fd"), N("offset"), N("length"), N("advice")],
        "fd_allocate" => &[N("fd"), N("offset"), N("length")],
        "fd_fdstat_get" | "fd_filestat_get" | "fd_prestat_get" | "fd_tell" => &[N("fd"), A],
        "fd_fdstat_set_flags" => &[N("fd"), N("flags")],
        "fd_fdstat_set_rights" => &[N("fd"), N("rights"), N("inheriting")],
        "fd_filestat_set_size" => &[N("fd"), N("size")],
        "fd_filestat_set_times" => &[N("fd"), N("accessed"), N("modified"), N("which")],
        "fd_pread" => &[N("fd"), Room, A, N("offset"), A],
        "fd_prestat_dir_name" => &[N("fd"), A, N("size")],
        "fd_pwrite" => &[N("fd"), Data, A, N("offset"), A],
        "fd_read" => &[N("fd"), Room, A, A],
        "fd_readdir" => &[N("fd"), A, N("size"), N("cookie"), A],
        "fd_renumber" => &[N("fd"), N("to fd")],
        "fd_seek" => &[N("fd"), N("offset"), N("whence"), A],
        "fd_write" => &[N("fd"), Data, A, A],
        "path_create_directory" | "path_remove_directory" | "path_unlink_file" => {
            &[N("fd"), P("path"), A]
        }
        "path_filestat_get" => &[N("fd"), N("lookup"), P("path"), A, A],
        "path_filestat_set_times" => &[
            N("fd"),
            N("lookup"),
            P("path"),
            A,
            N("accessed"),
            N("modified"),
            N("which"),
        ],
        "path_link" => &[
            N("fd"),
            N("lookup"),
            P("path"),
            A,
            N("to fd"),
            P("to path"),
            A,
        ],
        "path_open" => &[
            N("fd"),
            N("lookup"),
            P("path"),
            A,
            N("open"),
            N("rights"),
            N("inheriting"),
            N("flags"),
            A,
        ],
        "path_readlink" => &[N("fd"), P("path"), A, A, N("size"), A],
        "path_rename" => &[N("fd"), P("path"), A, N("to fd"), P("to path"), A],
        "path_symlink" => &[P("target"), A, N("fd"), P("path"), A],
        "poll_oneoff" => &[Subscriptions, A, N("count"), A],
        "random_get" => &[A, N("length")],
        "proc_exit" => &[N("code")],
        "proc_raise" => &[N("signal")],
        // `fd_close` and its like, and sockets, which there are none of.
        _ => &[N("fd")],
    }
}

/// A call's arguments in words, such as `fd 3, path "a.txt", lookup 1`.
pub(crate) fn question(host: &Host<'_>, function: &str, arguments: &[i64]) -> String {
    let mut words = String::new();
    for (index, (part, argument)) in parts(function).iter().zip(arguments).enumerate() {
        if matches!(part, Part::Address) {
            continue;
        }
        if !words.is_empty() {
            words.push_str(", ");
        }
        let next = arguments.get(index + 1).copied().unwrap_or_default();
        let number = argument;
        let _ = match part {
            Part::Address => Ok(()),
            Part::Number(name) => write!(words, "{name} {number}"),
            Part::Path(name) => write!(words, "{name} {}", path(host, *argument, next)),
            Part::Data => write!(words, "{}", data(host, *argument, next)),
            Part::Room => match room(host, *argument, next) {
                Some(room) => write!(words, "room {room}"),
                None => write!(words, "room {OUTSIDE}"),
            },
            Part::Subscriptions => {
                let count = arguments.get(index + 2).copied().unwrap_or_default();
                write!(words, "{}", subscriptions(host, *argument, count))
            }
        };
    }
    words
}

/// What stands for something that is not in the guest's memory.
const OUTSIDE: &str = "outside the memory";

/// Arguments of the guest's have 32 bits where they are addresses or lengths.
#[allow(clippy::cast_possible_truncation, reason = "they were made of 32 bits")]
fn low(argument: i64) -> i32 {
    argument as i32
}

/// So much of a path is shown; of a longer one the rest as a hash.
const SHOWN: usize = 512;

fn path(host: &Host<'_>, at: i64, length: i64) -> String {
    match host.bytes(low(at), low(length)) {
        Some(bytes) => quoted(bytes),
        None => OUTSIDE.to_owned(),
    }
}

/// A text in quotes; of a long one the rest as a hash.
pub(crate) fn quoted(bytes: &[u8]) -> String {
    match bytes.split_at_checked(SHOWN) {
        Some((start, rest)) if !rest.is_empty() => {
            format!("\"{}…\" ({})", start.escape_ascii(), hash(&[rest]))
        }
        _ => format!("\"{}\"", bytes.escape_ascii()),
    }
}

/// Bytes of written data that a question tells apart: as many as one call can write.
const MAX_DATA: usize = 128 << 20;
const MAX_VECTORS: u32 = 1024;

fn vectors<'a>(
    host: &'a Host<'_>,
    at: i64,
    count: i64,
) -> impl Iterator<Item = Option<(i32, i32)>> + 'a {
    let count = low(count).cast_unsigned().min(MAX_VECTORS);
    let first = low(at).cast_unsigned();
    (0..count).map(move |index| {
        let at = first.checked_add(index * 8)?;
        let buffer = host.u32_at(at.cast_signed())?;
        let length = host.u32_at(at.checked_add(4)?.cast_signed())?;
        Some((buffer.cast_signed(), length.cast_signed()))
    })
}

fn data(host: &Host<'_>, at: i64, count: i64) -> String {
    let (mut pieces, mut length) = (Vec::new(), 0);
    for vector in vectors(host, at, count) {
        let piece = vector.and_then(|(buffer, length)| host.bytes(buffer, length));
        let Some(piece) = piece else {
            return format!("data {OUTSIDE}");
        };
        let left = MAX_DATA.saturating_sub(length);
        pieces.push(&piece[..piece.len().min(left)]);
        length += piece.len();
    }
    format!("{length} bytes ({})", hash(&pieces))
}

/// The start of a SHA-256: enough to tell data apart.
pub(crate) fn hash(pieces: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for piece in pieces {
        hash.update(piece);
    }
    hex::encode(&hash.finalize()[..8])
}

/// The first vector that has room: more is never read at once.
fn room(host: &Host<'_>, at: i64, count: i64) -> Option<u32> {
    for vector in vectors(host, at, count) {
        match vector?.1 {
            0 => {}
            length => return Some(length.cast_unsigned()),
        }
    }
    Some(0)
}

/// Layout of `subscription` (wasi_snapshot_preview1.witx).
const SUBSCRIPTION: u32 = 48;

/// What is waited for. The guest's own word of each (`userdata`) is left out: it mostly is an
/// address.
fn subscriptions(host: &Host<'_>, at: i64, count: i64) -> String {
    const SHOWN: u32 = 4;
    const MOST: u32 = 4096;
    let count = low(count).cast_unsigned().min(MOST);
    let mut words = Vec::new();
    for index in 0..count {
        let at = low(at).cast_unsigned().checked_add(index * SUBSCRIPTION);
        let bytes = at.and_then(|at| host.bytes(at.cast_signed(), SUBSCRIPTION.cast_signed()));
        let Some(bytes) = bytes else {
            words.push(format!("subscription {OUTSIDE}"));
            break;
        };
        let u64_at = |at: usize| {
            let mut eight = [0; 8];
            eight.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(eight)
        };
        let fd = bytes[16..20]
            .iter()
            .rev()
            .fold(0u32, |fd, byte| (fd << 8) | u32::from(*byte));
        words.push(match bytes[8] {
            0 => format!(
                "clock {fd} {} {} ns",
                if bytes[40] & 1 == 0 { "in" } else { "at" },
                u64_at(24)
            ),
            1 => format!("reading fd {fd}"),
            2 => format!("writing fd {fd}"),
            other => format!("kind {other}"),
        });
    }
    let rest = words.split_off(words.len().min(SHOWN as usize));
    let mut text = words.join(", ");
    if !rest.is_empty() {
        let _ = write!(text, ", … ({})", hash(&[rest.join(", ").as_bytes()]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::FUNCTIONS;

    #[test]
    fn every_argument_has_its_part() {
        let with_one = [
            "fd_close",
            "fd_datasync",
            "fd_sync",
            "sock_accept",
            "sock_recv",
        ];
        let others = ["sock_send", "sock_shutdown", "sched_yield"];
        for function in FUNCTIONS {
            let known = parts(function).len();
            let plain = with_one.contains(function) || others.contains(function);
            assert!(
                plain || known > 1 || function.starts_with("proc_"),
                "{function}"
            );
        }
    }
}
