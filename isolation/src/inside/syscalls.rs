//! The seccomp filters, compiled from a list that is data.

use seccompiler::{BpfProgram, TargetArch};
use serde::Deserialize;
use serde_json::{Value, json};
use std::io;

/// Names by what they are for; what is not named is refused.
const LIST: &str = include_str!("../filters/allowed.json");

/// Flags of `clone` that make namespaces, from Linux's `sched.h`: time, mount, control group,
/// UTS, IPC, user, process, network.
const NAMESPACES: u64 = 0x80
    | 0x0002_0000
    | 0x0200_0000
    | 0x0400_0000
    | 0x0800_0000
    | 0x1000_0000
    | 0x2000_0000
    | 0x4000_0000;

/// Error numbers of Linux, the same on all processors that we know: `EPERM` and `ENOSYS`.
const NOT_PERMITTED: u32 = 1;
const NO_SUCH_CALL: u32 = 38;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// Groups of names, on every processor.
    everywhere: std::collections::BTreeMap<String, Vec<String>>,
    /// Names that only this processor has.
    x86_64: Vec<String>,
    /// Calls that are allowed where one argument has one of these values.
    arguments: Vec<Argument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Argument {
    syscall: String,
    index: u8,
    /// Values with what each is called, for the reader.
    values: std::collections::BTreeMap<String, u64>,
}

/// Two filters, of which the stricter counts: what is not listed fails as not permitted, and
/// `clone3`, whose flags no filter can see, as if it were not there, so that libraries use
/// `clone`. In the order in which they have to be set: the second allows no further one.
pub(super) fn programs() -> io::Result<[BpfProgram; 2]> {
    let processor = TargetArch::try_from(std::env::consts::ARCH).map_err(io::Error::other)?;
    let list: List = serde_json::from_str(LIST)?;
    let plain = list.everywhere.values().flatten();
    let special: &[String] = match processor {
        TargetArch::x86_64 => &list.x86_64,
        _ => &[],
    };
    let mut rules: Vec<Value> = plain
        .chain(special)
        .map(|name| json!({ "syscall": name }))
        .collect();
    rules.push(json!({ "syscall": "clone3" }));
    rules.push(json!({
        "syscall": "clone",
        "args": [{ "index": 0, "type": "qword", "op": { "masked_eq": NAMESPACES }, "val": 0 }]
    }));
    for argument in &list.arguments {
        rules.extend(argument.values.values().map(|value| {
            json!({
                "syscall": argument.syscall,
                "args": [{ "index": argument.index, "type": "dword", "op": "eq", "val": value }]
            })
        }));
    }
    let filters = json!({
        "allowed": {
            "mismatch_action": { "errno": NOT_PERMITTED },
            "match_action": "allow",
            "filter": rules,
        },
        "missing": {
            "mismatch_action": "allow",
            "match_action": { "errno": NO_SUCH_CALL },
            "filter": [{ "syscall": "clone3" }],
        },
    });
    let text = filters.to_string();
    let mut compiled = seccompiler::compile_from_json(text.as_bytes(), processor)
        .map_err(|error| io::Error::other(format!("the list of system calls: {error}")))?;
    let mut take = |name| {
        compiled
            .remove(name)
            .ok_or_else(|| io::Error::other("a filter is missing"))
    };
    Ok([take("missing")?, take("allowed")?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_compiles() {
        let [missing, allowed] = programs().expect("filters");
        assert!(allowed.len() > missing.len());
    }
}
