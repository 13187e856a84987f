//! From a case's text to its module: a few lines may stand for many.
//!
//! ```text
//! ;;@wasi fd_write proc_exit     the imports of these functions, as $fd_write and $proc_exit
//! ;;@repeat 100000               what follows, so many times; `{i}` is the number, from 0
//! ;;@end
//! <<a * 5000>>                   inside a line: this text, so many times
//! ```
//!
//! `;;@network` stands for the whole of `runtime/tests/guests/network.wat`, a component that does in
//! the network what its input says. Those that only components have are in [`component`](super::component).

use super::component::Component;
use super::network;
use std::fmt::Write as _;

/// WASI preview 1 (wasi_snapshot_preview1.witx).
const WASI: &[(&str, &str)] = &[
    ("args_get", "(param i32 i32) (result i32)"),
    ("args_sizes_get", "(param i32 i32) (result i32)"),
    ("environ_get", "(param i32 i32) (result i32)"),
    ("environ_sizes_get", "(param i32 i32) (result i32)"),
    ("clock_res_get", "(param i32 i32) (result i32)"),
    ("clock_time_get", "(param i32 i64 i32) (result i32)"),
    ("fd_advise", "(param i32 i64 i64 i32) (result i32)"),
    ("fd_allocate", "(param i32 i64 i64) (result i32)"),
    ("fd_close", "(param i32) (result i32)"),
    ("fd_datasync", "(param i32) (result i32)"),
    ("fd_fdstat_get", "(param i32 i32) (result i32)"),
    ("fd_fdstat_set_flags", "(param i32 i32) (result i32)"),
    ("fd_fdstat_set_rights", "(param i32 i64 i64) (result i32)"),
    ("fd_filestat_get", "(param i32 i32) (result i32)"),
    ("fd_filestat_set_size", "(param i32 i64) (result i32)"),
    (
        "fd_filestat_set_times",
        "(param i32 i64 i64 i32) (result i32)",
    ),
    ("fd_pread", "(param i32 i32 i32 i64 i32) (result i32)"),
    ("fd_prestat_get", "(param i32 i32) (result i32)"),
    ("fd_prestat_dir_name", "(param i32 i32 i32) (result i32)"),
    ("fd_pwrite", "(param i32 i32 i32 i64 i32) (result i32)"),
    ("fd_read", "(param i32 i32 i32 i32) (result i32)"),
    ("fd_readdir", "(param i32 i32 i32 i64 i32) (result i32)"),
    ("fd_renumber", "(param i32 i32) (result i32)"),
    ("fd_seek", "(param i32 i64 i32 i32) (result i32)"),
    ("fd_sync", "(param i32) (result i32)"),
    ("fd_tell", "(param i32 i32) (result i32)"),
    ("fd_write", "(param i32 i32 i32 i32) (result i32)"),
    ("path_create_directory", "(param i32 i32 i32) (result i32)"),
    (
        "path_filestat_get",
        "(param i32 i32 i32 i32 i32) (result i32)",
    ),
    (
        "path_filestat_set_times",
        "(param i32 i32 i32 i32 i64 i64 i32) (result i32)",
    ),
    (
        "path_link",
        "(param i32 i32 i32 i32 i32 i32 i32) (result i32)",
    ),
    (
        "path_open",
        "(param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)",
    ),
    (
        "path_readlink",
        "(param i32 i32 i32 i32 i32 i32) (result i32)",
    ),
    ("path_remove_directory", "(param i32 i32 i32) (result i32)"),
    (
        "path_rename",
        "(param i32 i32 i32 i32 i32 i32) (result i32)",
    ),
    ("path_symlink", "(param i32 i32 i32 i32 i32) (result i32)"),
    ("path_unlink_file", "(param i32 i32 i32) (result i32)"),
    ("poll_oneoff", "(param i32 i32 i32 i32) (result i32)"),
    ("proc_exit", "(param i32)"),
    ("proc_raise", "(param i32) (result i32)"),
    ("sched_yield", "(result i32)"),
    ("random_get", "(param i32 i32) (result i32)"),
    ("sock_accept", "(param i32 i32 i32) (result i32)"),
    ("sock_recv", "(param i32 i32 i32 i32 i32 i32) (result i32)"),
    ("sock_send", "(param i32 i32 i32 i32 i32) (result i32)"),
    ("sock_shutdown", "(param i32 i32) (result i32)"),
];

/// The module of a case.
pub(crate) fn module(text: &str) -> Result<Vec<u8>, String> {
    let text = lines(text)?;
    wat::parse_str(&text).map_err(|error| error.to_string())
}

fn lines(text: &str) -> Result<String, String> {
    let mut all = String::with_capacity(text.len());
    let mut repeated: Option<(usize, Vec<String>)> = None;
    let mut component = Component::default();
    for line in text.lines() {
        let directive = line.trim().strip_prefix(";;@");
        let (word, rest) = match directive {
            Some(directive) => directive.split_once(' ').unwrap_or((directive, "")),
            None => ("", ""),
        };
        match (directive, word, repeated.as_mut()) {
            (None, _, Some((_, lines))) => lines.push(inline(line)?),
            (None, _, None) => {
                all.push_str(&inline(line)?);
                all.push('\n');
            }
            (Some(_), "wasi", None) => imports(rest, &mut all)?,
            (Some(_), "network", None) if rest.is_empty() => return Ok(network::text("", "")),
            (Some(_), "repeat", None) => repeated = Some((count(rest)?, Vec::new())),
            (Some(_), "end", Some(_)) => {
                let (count, lines) = repeated.take().ok_or("`;;@end` without `;;@repeat`")?;
                repeat(count, &lines, &mut all);
            }
            (Some(directive), word, None) => match component.text(word, rest)? {
                Some(text) => all.push_str(&text),
                None => return Err(format!("`;;@{directive}` can't stand here")),
            },
            (Some(directive), ..) => return Err(format!("`;;@{directive}` can't stand here")),
        }
    }
    match repeated {
        None => Ok(all),
        Some(_) => Err("`;;@repeat` without `;;@end`".to_owned()),
    }
}

fn imports(names: &str, to: &mut String) -> Result<(), String> {
    for name in names.split_whitespace() {
        let (_, signature) = WASI
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| format!("there is no WASI function `{name}`"))?;
        let _ = write!(
            to,
            "(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} {signature}))"
        );
    }
    to.push('\n');
    Ok(())
}

fn repeat(count: usize, lines: &[String], to: &mut String) {
    for index in 0..count {
        for line in lines {
            if line.contains("{i}") {
                to.push_str(&line.replace("{i}", &index.to_string()));
            } else {
                to.push_str(line);
            }
            to.push('\n');
        }
    }
}

pub(super) fn inline(line: &str) -> Result<String, String> {
    let mut all = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("<<") {
        let (inside, after) = after
            .split_once(">>")
            .ok_or_else(|| format!("`<<` without `>>`: {line}"))?;
        let (text, times) = inside
            .rsplit_once(" * ")
            .ok_or_else(|| format!("no ` * ` inside `<<{inside}>>`"))?;
        all.push_str(before);
        all.push_str(&text.repeat(count(times)?));
        rest = after;
    }
    all.push_str(rest);
    Ok(all)
}

fn count(text: &str) -> Result<usize, String> {
    text.trim()
        .replace('_', "")
        .parse()
        .map_err(|_| format!("`{text}` is no count"))
}

#[test]
fn lines_are_repeated_with_their_number() {
    let text = "a\n;;@repeat 2\n b{i}\n;;@end\nc<<xy * 3>>d";
    assert_eq!(lines(text).as_deref(), Ok("a\n b0\n b1\ncxyxyxyd\n"));
}

#[test]
fn mistakes_in_directives_are_told() {
    for wrong in [
        ";;@repeat 2",
        ";;@end",
        ";;@repeat many\n;;@end",
        ";;@repeat 1\n;;@wasi fd_read\n;;@end",
        ";;@wasi fd_fly",
        ";;@unknown",
        ";;@use teleport",
        ";;@lower write",
        "<<a * 1",
        "<<a>>",
    ] {
        assert!(lines(wrong).is_err(), "{wrong}");
    }
}
