//! Where in the tool's files each instruction came from: DWARF's line tables.
//!
//! They are data that hostile sources had a part in. What they say is looked up in the tool's own
//! files, and counts for nothing else.

use super::{NotExamined, Source};
use gimli::{AttributeValue, EndianSlice, LittleEndian};
use std::collections::{BTreeMap, BTreeSet};
use wasmparser::{Parser, Payload};

type Slice<'a> = EndianSlice<'a, LittleEndian>;

/// A place in the sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Position {
    /// Index of the file among the sources.
    pub(crate) file: u16,
    /// From 1.
    pub(crate) line: u32,
    /// From 1; 0 where it is not known, as for what begins and ends a function.
    pub(crate) column: u32,
}

/// A stretch of code from one place, by offsets in the module.
#[derive(Clone, Copy, Debug)]
struct Row {
    start: u64,
    end: u64,
    position: Position,
}

/// The rows of the tool's own files, in the order of their code.
#[derive(Debug, Default)]
pub(super) struct Lines {
    rows: Vec<Row>,
    /// Rows that were read, those of other files too.
    read: usize,
}

/// Rows that are read at most. Tables can be made so that each of many units reads the same long
/// one: this, and the next two, bound what that costs.
const MOST_ROWS: usize = 5_000_000;
/// Units that are looked at.
const MOST_UNITS: usize = 10_000;
/// Bytes of the section that each unit may read from its beginning; the standard library and a
/// tool have a tenth of that.
const MOST_ABBREVIATIONS: usize = 512 << 10;

impl Lines {
    /// Reads the tables of the units that were compiled in `root`.
    pub(super) fn read(
        wasm: &[u8],
        root: &str,
        sources: &[Source],
        code_start: u64,
    ) -> Result<Self, NotExamined> {
        let mut sections = BTreeMap::new();
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::CustomSection(section) = payload?
                && section.name().starts_with(".debug_")
            {
                sections.entry(section.name()).or_insert(section.data());
            }
        }
        if !sections.contains_key(".debug_line") {
            return Err(NotExamined::because("it has no line tables"));
        }
        let abbreviations = sections.get(".debug_abbrev").map_or(0, |data| data.len());
        if abbreviations > MOST_ABBREVIATIONS {
            return Err(NotExamined::because("its line tables are too large"));
        }
        let unreadable = |error: gimli::Error| {
            NotExamined::because(format!("its line tables can't be read: {error}"))
        };
        let dwarf = gimli::Dwarf::load(|id| {
            let data = sections.get(id.name()).copied().unwrap_or_default();
            Ok::<_, gimli::Error>(EndianSlice::new(data, LittleEndian))
        })
        .map_err(unreadable)?;
        let files: BTreeMap<&str, u16> = (0..)
            .zip(sources)
            .map(|(number, source)| (source.path(), number))
            .collect();
        let mut lines = Self::default();
        let mut units = dwarf.units();
        let mut count = 0;
        while let Some(header) = units.next().map_err(unreadable)? {
            count += 1;
            if count > MOST_UNITS || lines.read > MOST_ROWS {
                return Err(NotExamined::because("its line tables are too large"));
            }
            let unit = dwarf.unit(header).map_err(unreadable)?;
            let folder = unit.comp_dir.map(|it| it.to_string_lossy());
            if folder.as_deref() != Some(root) {
                continue;
            }
            lines
                .unit(&dwarf, &unit, root, &files, code_start)
                .map_err(unreadable)?;
        }
        lines.rows.sort_by_key(|row| (row.start, row.end));
        Ok(lines)
    }

    fn unit(
        &mut self,
        dwarf: &gimli::Dwarf<Slice<'_>>,
        unit: &gimli::Unit<Slice<'_>>,
        root: &str,
        files: &BTreeMap<&str, u16>,
        code_start: u64,
    ) -> gimli::Result<()> {
        let Some(program) = unit.line_program.clone() else {
            return Ok(());
        };
        let mut known: BTreeMap<u64, Option<u16>> = BTreeMap::new();
        let mut rows = program.rows();
        let mut open: Option<(u64, Option<Position>)> = None;
        // Tables of functions that the linker left out begin at no place.
        let mut dead = BTreeSet::from([0, u64::from(u32::MAX), u64::MAX]);
        dead.insert(u64::from(u32::MAX) - 1);
        let mut skipping = false;
        let mut begins = true;
        while let Some((header, row)) = rows.next_row()? {
            self.read += 1;
            if self.read > MOST_ROWS {
                return Ok(());
            }
            let address = row.address();
            if begins {
                skipping = dead.contains(&address);
            }
            begins = row.end_sequence();
            if skipping {
                open = None;
                continue;
            }
            if let Some((start, Some(position))) = open
                && start < address
            {
                self.rows.push(Row {
                    start: start.saturating_add(code_start),
                    end: address.saturating_add(code_start),
                    position,
                });
            }
            open = None;
            if row.end_sequence() {
                continue;
            }
            let file = row.file_index();
            let own = if let Some(own) = known.get(&file) {
                *own
            } else {
                let own = match row.file(header) {
                    Some(entry) => own_file(dwarf, unit, header, entry, root, files)?,
                    None => None,
                };
                known.insert(file, own);
                own
            };
            let column = match row.column() {
                gimli::ColumnType::LeftEdge => 0,
                gimli::ColumnType::Column(column) => {
                    u32::try_from(column.get()).unwrap_or(u32::MAX)
                }
            };
            let position = own.zip(row.line()).map(|(file, line)| Position {
                file,
                line: u32::try_from(line.get()).unwrap_or(u32::MAX),
                column,
            });
            open = Some((address, position));
        }
        Ok(())
    }

    /// Leaves out what is not from these lines.
    pub(super) fn retain(&mut self, lines: &BTreeSet<(u16, u32)>) {
        self.rows
            .retain(|row| lines.contains(&(row.position.file, row.position.line)));
    }

    /// Lines as if a table had said so, for tests.
    #[cfg(test)]
    pub(super) fn of(rows: Vec<(u64, u64, Position)>) -> Self {
        let row = |(start, end, position)| Row {
            start,
            end,
            position,
        };
        Self {
            rows: rows.into_iter().map(row).collect(),
            read: 0,
        }
    }

    /// The place of an instruction, by its offset in the module.
    pub(super) fn at(&self, offset: u64) -> Option<Position> {
        let after = self.rows.partition_point(|row| row.start <= offset);
        let row = self.rows.get(after.checked_sub(1)?)?;
        (offset < row.end).then_some(row.position)
    }

    /// Whether anything between these offsets is the tool's own.
    pub(super) fn within(&self, start: u64, end: u64) -> bool {
        let after = self.rows.partition_point(|row| row.end <= start);
        self.rows.get(after).is_some_and(|row| row.start < end)
    }
}

/// Which of the tool's files an entry of a table is.
fn own_file(
    dwarf: &gimli::Dwarf<Slice<'_>>,
    unit: &gimli::Unit<Slice<'_>>,
    header: &gimli::LineProgramHeader<Slice<'_>>,
    entry: &gimli::FileEntry<Slice<'_>>,
    root: &str,
    files: &BTreeMap<&str, u16>,
) -> gimli::Result<Option<u16>> {
    let text = |value: AttributeValue<Slice<'_>>| -> gimli::Result<String> {
        let text = dwarf.attr_string(unit, value)?;
        Ok(text.to_string_lossy().into_owned())
    };
    let mut path = text(entry.path_name())?;
    if !path.starts_with('/')
        && let Some(folder) = entry.directory(header)
    {
        let folder = text(folder)?;
        if folder != "." && !folder.is_empty() {
            path = format!("{}/{path}", folder.trim_end_matches('/'));
        }
    }
    let path = path
        .strip_prefix(root)
        .and_then(|rest| rest.strip_prefix('/'))
        .unwrap_or(&path);
    Ok(files.get(path).copied())
}
