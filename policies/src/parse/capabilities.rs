//! The `[capabilities]` table.

use super::source::{Source, Table, what, what_value};
use crate::{
    Access, Capabilities, Clocks, DirectoryGrant, GrantError, GuestPath, HostPath, NetworkGrant,
    Random,
};
use std::collections::BTreeSet;
use std::ops::Range;
use toml_edit::{Item, Value};

const KEYS: &[&str] = &["directories", "environment", "network", "clocks", "random"];

pub(super) fn read(source: &mut Source<'_>, root: &Table<'_>) -> Capabilities {
    let table = source.table(root, "capabilities");
    source.only_keys(&table, "capabilities", KEYS);
    let mut capabilities = Capabilities {
        directories: directories(source, &table),
        environment: BTreeSet::default(),
        network: BTreeSet::default(),
        clocks: clocks(source, &table),
        random: random(source, &table),
    };
    for (text, span) in texts(source, &table, "environment") {
        if text.is_empty() || text.contains('=') || text.chars().any(char::is_control) {
            source.problem(
                span,
                format!("{text:?} is no name of an environment variable"),
                "write the name alone, without `=` and a value: values come with the call",
            );
        } else if !capabilities.environment.insert(text.clone()) {
            twice(source, span, &text);
        }
    }
    for (text, span) in texts(source, &table, "network") {
        match text.parse::<NetworkGrant>() {
            Ok(grant) => {
                if !capabilities.network.insert(grant) {
                    twice(source, span, &text);
                }
            }
            Err(error) => grant_problem(source, span, &error),
        }
    }
    capabilities.normalise();
    capabilities
}

fn twice(source: &mut Source<'_>, span: Range<usize>, text: &str) {
    source.problem(
        span,
        format!("`{text}` is there twice"),
        "remove one of them",
    );
}

fn grant_problem(source: &mut Source<'_>, span: Range<usize>, error: &GrantError) {
    let text = error.to_string();
    let (message, remedy) = text.rsplit_once(": ").unwrap_or((&text, "mend it"));
    source.problem(span, message, remedy);
}

/// A list of texts, each with its place.
fn texts(source: &mut Source<'_>, table: &Table<'_>, key: &str) -> Vec<(String, Range<usize>)> {
    let Some(item) = table.get(key) else {
        return Vec::new();
    };
    let Item::Value(Value::Array(array)) = item else {
        source.problem(
            table.span_of(key),
            format!("`capabilities.{key}` is {}, not a list", what(item)),
            format!("write {key} = [\"…\"]"),
        );
        return Vec::new();
    };
    let mut found = Vec::new();
    for value in array {
        let span = value.span().unwrap_or_else(|| table.span_of(key));
        match value {
            Value::String(text) => found.push((text.value().clone(), span)),
            other => source.problem(
                span,
                format!("an entry of `capabilities.{key}` is {}", what_value(other)),
                "write a text in quotes",
            ),
        }
    }
    found
}

fn clocks(source: &mut Source<'_>, table: &Table<'_>) -> Clocks {
    let Some(item) = table.get("clocks") else {
        return Clocks::default();
    };
    match item.as_str() {
        Some("frozen") => Clocks::Frozen,
        Some("virtual") => Clocks::Virtual,
        Some("real") => Clocks::Real,
        _ => {
            source.problem(
                table.span_of("clocks"),
                format!("`capabilities.clocks` is {}", shown(item)),
                "write \"frozen\", \"virtual\" or \"real\"",
            );
            Clocks::default()
        }
    }
}

fn random(source: &mut Source<'_>, table: &Table<'_>) -> Random {
    let Some(item) = table.get("random") else {
        return Random::default();
    };
    match item.as_str() {
        Some("seeded") => return Random::Seeded(0),
        Some("real") => return Random::Real,
        _ => {}
    }
    if let Some(inner) = Table::inline(item) {
        source.only_keys(&inner, "capabilities.random", &["seed"]);
        if let Some(seed) = inner.get("seed").and_then(Item::as_integer)
            && let Ok(seed) = u64::try_from(seed)
        {
            return Random::Seeded(seed);
        }
    }
    source.problem(
        table.span_of("random"),
        format!("`capabilities.random` is {}", shown(item)),
        "write \"seeded\", { seed = 7 } (zero or more) or \"real\"",
    );
    Random::default()
}

fn shown(item: &Item) -> String {
    match item.as_str() {
        Some(text) => format!("{text:?}"),
        None => what(item).to_owned(),
    }
}

fn directories(source: &mut Source<'_>, table: &Table<'_>) -> Vec<DirectoryGrant> {
    let tables: Vec<Table<'_>> = match table.get("directories") {
        None => return Vec::new(),
        Some(Item::ArrayOfTables(tables)) => tables
            .iter()
            .map(|table| Table::of(table, table.span().unwrap_or(0..0)))
            .collect(),
        Some(Item::Value(Value::Array(array))) if array.iter().all(Value::is_inline_table) => array
            .iter()
            .filter_map(|value| {
                let span = value.span().unwrap_or(0..0);
                Some(Table::of(value.as_inline_table()?, span))
            })
            .collect(),
        Some(other) => {
            source.problem(
                table.span_of("directories"),
                format!("`capabilities.directories` is {}", what(other)),
                "write a [[capabilities.directories]] table for each folder",
            );
            return Vec::new();
        }
    };
    let mut grants = Vec::new();
    let mut seen = BTreeSet::new();
    for one in &tables {
        let Some(grant) = directory(source, one) else {
            continue;
        };
        if grant.guest != GuestPath::Any && !seen.insert(grant.guest.clone()) {
            source.problem(
                one.span_of("guest"),
                format!("two folders are both seen at `{}`", grant.guest),
                "give each its own guest path",
            );
        }
        grants.push(grant);
    }
    grants
}

fn directory(source: &mut Source<'_>, table: &Table<'_>) -> Option<DirectoryGrant> {
    source.only_keys(
        table,
        "capabilities.directories",
        &["host", "guest", "access"],
    );
    let host = text(
        source,
        table,
        "host",
        "the folder of this machine, or \"*\"",
    );
    let guest = text(
        source,
        table,
        "guest",
        "where the guest sees it, such as \"/data\"",
    );
    let access = text(source, table, "access", "\"read\" or \"read-write\"");

    let base = source.base.clone();
    let host = host.and_then(|text| match HostPath::parse(&text, &base) {
        Ok(path) => Some(path),
        Err(error) => {
            grant_problem(source, table.span_of("host"), &error);
            None
        }
    });
    let guest = guest.and_then(|text| match GuestPath::parse(&text) {
        Ok(path) => Some(path),
        Err(error) => {
            grant_problem(source, table.span_of("guest"), &error);
            None
        }
    });
    let access = access.and_then(|text| match text.as_str() {
        "read" => Some(Access::Read),
        "read-write" => Some(Access::ReadWrite),
        _ => {
            source.problem(
                table.span_of("access"),
                format!("the access {text:?} is not known"),
                "write \"read\" or \"read-write\"",
            );
            None
        }
    });
    Some(DirectoryGrant {
        guest: guest?,
        host: host?,
        access: access?,
    })
}

fn text(source: &mut Source<'_>, table: &Table<'_>, key: &str, write: &str) -> Option<String> {
    match table.get(key) {
        None => {
            source.problem(
                table.span(),
                format!("a folder without `{key}`"),
                format!("add {key} = … : {write}"),
            );
            None
        }
        Some(item) => {
            if let Some(text) = item.as_str() {
                return Some(text.to_owned());
            }
            source.problem(
                table.span_of(key),
                format!("`{key}` is {}, not a text", what(item)),
                format!("write {write}"),
            );
            None
        }
    }
}
