//! The `[limits]` table.

use super::source::{Source, Table, what};
use crate::{Bytes, Fuel, Limits, WallTime};
use std::fmt::Display;
use std::str::FromStr;
use toml_edit::{Item, Value};

const KEYS: &[&str] = &[
    "fuel",
    "memory",
    "tables",
    "table_elements",
    "instances",
    "wall_time",
    "stdout",
    "stderr",
    "input",
    "output",
    "files",
    "file_bytes",
    "network_requests",
    "network_bytes",
    "module_size",
];

/// The limits of the preset `pure`.
impl Default for Limits {
    fn default() -> Self {
        Self {
            fuel: Fuel(1_000_000_000),
            memory: Bytes::mib(64),
            tables: 4,
            table_elements: 20_000,
            instances: 8,
            wall_time: WallTime::secs(2),
            stdout: Bytes::kib(64),
            stderr: Bytes::kib(64),
            input: Bytes::mib(1),
            output: Bytes::mib(1),
            files: 0,
            file_bytes: Bytes(0),
            network_requests: 0,
            network_bytes: Bytes(0),
            module_size: Bytes::mib(16),
        }
    }
}

impl Limits {
    /// A page of linear memory, in which WebAssembly counts (WebAssembly 1.0, 4.2.8).
    pub const PAGE: Bytes = Bytes::kib(64);
}

pub(super) struct Read {
    pub(super) limits: Limits,
}

pub(super) fn read(source: &mut Source<'_>, root: &Table<'_>) -> Read {
    let table = source.table(root, "limits");
    source.only_keys(&table, "limits", KEYS);
    let mut limits = Limits::default();
    let mut reader = Reader { source, table };

    reader.fuel(&mut limits.fuel);
    // 4 GiB is all that a 32-bit module can address.
    reader.bytes("memory", &mut limits.memory, Limits::PAGE, Bytes::gib(4));
    reader.whole_pages(limits.memory);
    reader.count("tables", &mut limits.tables, 0, 1_000);
    reader.count("table_elements", &mut limits.table_elements, 0, 10_000_000);
    reader.count("instances", &mut limits.instances, 1, 1_000);
    reader.unit(
        "wall_time",
        &mut limits.wall_time,
        WallTime::millis(1),
        WallTime::secs(24 * 60 * 60),
    );
    reader.bytes("stdout", &mut limits.stdout, Bytes(0), Bytes::gib(1));
    reader.bytes("stderr", &mut limits.stderr, Bytes(0), Bytes::gib(1));
    reader.bytes("input", &mut limits.input, Bytes(0), Bytes::gib(1));
    reader.bytes("output", &mut limits.output, Bytes(0), Bytes::gib(1));
    reader.count("files", &mut limits.files, 0, 1_000_000);
    reader.bytes(
        "file_bytes",
        &mut limits.file_bytes,
        Bytes(0),
        Bytes::gib(1024),
    );
    reader.count(
        "network_requests",
        &mut limits.network_requests,
        0,
        1_000_000,
    );
    reader.bytes(
        "network_bytes",
        &mut limits.network_bytes,
        Bytes(0),
        Bytes::gib(1024),
    );
    // The shortest module there is: magic and version.
    reader.bytes(
        "module_size",
        &mut limits.module_size,
        Bytes(8),
        Bytes::gib(1),
    );
    reader.shown_within_output(&mut limits);

    Read { limits }
}

struct Reader<'s, 'a, 't> {
    source: &'s mut Source<'a>,
    table: Table<'t>,
}

impl Reader<'_, '_, '_> {
    fn fuel(&mut self, into: &mut Fuel) {
        let Some(item) = self.table.get("fuel") else {
            return;
        };
        // Fuel alone has no unit of its own, so a bare number says it all.
        if let Some(number) = item.as_integer() {
            let Ok(number) = u64::try_from(number) else {
                self.wrong("fuel", "is below zero", "write a number such as \"100 M\"");
                return;
            };
            *into = Fuel(number);
            self.range("fuel", *into, Fuel(1), Fuel(u64::MAX));
        } else {
            self.unit("fuel", into, Fuel(1), Fuel(u64::MAX));
        }
    }

    fn bytes(&mut self, key: &str, into: &mut Bytes, least: Bytes, most: Bytes) {
        self.unit(key, into, least, most);
    }

    fn unit<T>(&mut self, key: &str, into: &mut T, least: T, most: T)
    where
        T: FromStr<Err = crate::UnitError> + Display + PartialOrd + Copy,
    {
        let Some(item) = self.table.get(key) else {
            return;
        };
        let Item::Value(Value::String(text)) = item else {
            let message = format!("is {} without a unit", what(item));
            let like = into.to_string();
            self.wrong(
                key,
                message,
                format!("write a text with its unit, such as \"{like}\""),
            );
            return;
        };
        match text.value().parse::<T>() {
            Ok(value) => {
                *into = value;
                self.range(key, value, least, most);
            }
            Err(error) => {
                let text = error.to_string();
                let (message, remedy) = text.split_once(": ").unwrap_or((&text, "mend it"));
                self.wrong(key, format!("is wrong: {message}"), remedy);
            }
        }
    }

    fn count(&mut self, key: &str, into: &mut u32, least: u32, most: u32) {
        let Some(item) = self.table.get(key) else {
            return;
        };
        let Some(number) = item.as_integer() else {
            let message = format!("is {}, not a number", what(item));
            self.wrong(key, message, format!("write a number such as {into}"));
            return;
        };
        match u32::try_from(number) {
            Ok(value) => {
                *into = value;
                self.range(key, value, least, most);
            }
            Err(_) => self.wrong(
                key,
                format!("is {number}"),
                format!("write a number from {least} to {most}"),
            ),
        }
    }

    fn range<T: PartialOrd + Display + Copy>(&mut self, key: &str, value: T, least: T, most: T) {
        if value < least {
            let message = format!("is {value}: with less than {least} nothing can run");
            self.wrong(key, message, format!("write at least \"{least}\""));
        } else if value > most {
            let message = format!("is {value}, more than the {most} that there can be");
            self.wrong(key, message, format!("write at most \"{most}\""));
        }
    }

    fn whole_pages(&mut self, memory: Bytes) {
        let rest = memory.0 % Limits::PAGE.0;
        if self.table.has("memory") && rest != 0 && memory > Limits::PAGE {
            let up = Bytes(memory.0.saturating_sub(rest).saturating_add(Limits::PAGE.0));
            self.wrong(
                "memory",
                format!("is {memory}, which is not a whole number of pages of 64 KiB"),
                format!("write \"{up}\""),
            );
        }
    }

    /// To keep more for show than may be written at all is a mistake in one of the two. Where only
    /// one of them is written, the other is a default: no more is kept than can be there.
    fn shown_within_output(&mut self, limits: &mut Limits) {
        if !self.table.has("stdout") || !self.table.has("output") {
            limits.stdout = limits.stdout.min(limits.output);
        } else if limits.stdout > limits.output {
            let message = format!(
                "is {}, more than the {} of `limits.output` that may be written at all",
                limits.stdout, limits.output
            );
            self.wrong(
                "stdout",
                message,
                format!("write at most \"{}\", or raise `output`", limits.output),
            );
        }
    }

    fn wrong(&mut self, key: &str, message: impl Display, remedy: impl Into<String>) {
        let span = self.table.span_of(key);
        self.source
            .problem(span, format!("`limits.{key}` {message}"), remedy);
    }
}
