//! One table.

use crate::width::width;

/// How a column is aligned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    None,
    Left,
    Center,
    Right,
}

/// Head and rows, each with one cell a column.
pub struct Table {
    indent: String,
    aligns: Vec<Align>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// The table that begins with the first line, if one does, and how many lines it has.
    pub fn read(lines: &[&str]) -> Option<(Self, usize)> {
        let (head, rule) = (*lines.first()?, *lines.get(1)?);
        let indent: String = head.chars().take_while(|c| *c == ' ').collect();
        // Four spaces make a block of code.
        if indent.len() > 3 || !head.contains('|') || !rule.contains('|') {
            return None;
        }
        let head = cells(head);
        let aligns: Vec<Align> = cells(rule)
            .iter()
            .map(|cell| align(cell))
            .collect::<Option<_>>()?;
        if aligns.len() != head.len() {
            return None;
        }
        let mut rows = vec![head];
        for line in &lines[2..] {
            if ends_table(line) {
                break;
            }
            let mut row = cells(line);
            // Cells beyond the head's would be lost, so such a table is left alone.
            if row.len() > aligns.len() {
                return None;
            }
            row.resize(aligns.len(), String::new());
            rows.push(row);
        }
        let length = rows.len() + 1;
        Some((
            Self {
                indent,
                aligns,
                rows,
            },
            length,
        ))
    }

    /// Its lines, lined up.
    pub fn written(&self) -> Vec<String> {
        let widths: Vec<usize> = (0..self.aligns.len())
            .map(|column| {
                let widest = self.rows.iter().map(|row| width(&row[column])).max();
                // Room for the shortest rule, `:-:` or `---`.
                widest.unwrap_or_default().max(3)
            })
            .collect();
        let line = |cells: Vec<String>| format!("{}| {} |", self.indent, cells.join(" | "));
        let columns = || self.aligns.iter().zip(&widths);
        let rule = columns().map(|(align, width)| align.rule(*width)).collect();
        let mut lines: Vec<String> = self
            .rows
            .iter()
            .map(|row| {
                let padded = row.iter().zip(columns());
                line(
                    padded
                        .map(|(cell, (align, width))| align.pad(cell, *width))
                        .collect(),
                )
            })
            .collect();
        lines.insert(1, line(rule));
        lines
    }
}

impl Align {
    fn rule(self, width: usize) -> String {
        match self {
            Self::None => "-".repeat(width),
            Self::Left => format!(":{}", "-".repeat(width - 1)),
            Self::Center => format!(":{}:", "-".repeat(width - 2)),
            Self::Right => format!("{}:", "-".repeat(width - 1)),
        }
    }

    fn pad(self, cell: &str, to: usize) -> String {
        let room = to - width(cell);
        let left = match self {
            Self::None | Self::Left => 0,
            Self::Center => room / 2,
            Self::Right => room,
        };
        format!("{}{cell}{}", " ".repeat(left), " ".repeat(room - left))
    }
}

/// A rule's cell: dashes with a colon at neither, one or both ends.
fn align(cell: &str) -> Option<Align> {
    let (left, right) = (cell.starts_with(':'), cell.len() > 1 && cell.ends_with(':'));
    let dashes = &cell[usize::from(left)..cell.len() - usize::from(right)];
    if dashes.is_empty() || !dashes.chars().all(|c| c == '-') {
        return None;
    }
    Some(match (left, right) {
        (false, false) => Align::None,
        (true, false) => Align::Left,
        (true, true) => Align::Center,
        (false, true) => Align::Right,
    })
}

/// A blank line ends a table, and so does what begins another block.
fn ends_table(line: &str) -> bool {
    let text = line.trim();
    text.is_empty()
        || ["#", ">", "```", "~~~"]
            .iter()
            .any(|start| text.starts_with(start))
        || line.starts_with("    ")
}

/// The cells of a row; a pipe after a backslash is part of its cell.
fn cells(line: &str) -> Vec<String> {
    let text = line.trim();
    let text = text.strip_prefix('|').unwrap_or(text);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == '|' && !escaped {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    // What comes after the last pipe is a cell only if there is something.
    if cells.len() > 1 && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
        cells.pop();
    }
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}
