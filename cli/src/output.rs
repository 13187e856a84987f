//! What people and programs read: styles, streams, figures, errors.

mod error;
mod execution;
mod live;
mod report;

pub(crate) use error::render_error;
pub(crate) use execution::{print_ending, print_usage, rule_name};
pub(crate) use live::{Live, ToolLine, spinner};
pub(crate) use report::{print_findings, print_report};

use anstyle::{AnsiColor, Style};
use host_api::proto::ToolState;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::path::Path;

/// Names and headings.
pub(crate) const BOLD: Style = Style::new().bold();
/// What matters less.
pub(crate) const DIM: Style = Style::new().dimmed();
/// Passed, there, active.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
/// Failed, missing, error.
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
/// Worth a look.
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
/// What to do.
pub(crate) const ACT: Style = AnsiColor::Cyan.on_default();

/// How the state of a version looks.
pub(crate) fn state_style(state: ToolState) -> Style {
    match state {
        ToolState::Passed | ToolState::Active => GOOD,
        ToolState::Failed | ToolState::Rejected | ToolState::RolledBack => BAD,
        ToolState::Review => WARN,
        _ => DIM,
    }
}

/// Standard output; drops colours where they are not wanted.
pub(crate) fn out() -> impl Write {
    anstream::stdout().lock()
}

/// Standard error, likewise.
pub(crate) fn err() -> impl Write {
    anstream::stderr().lock()
}

/// Whether a person looks on, so that lines may be redrawn.
pub(crate) fn is_live() -> bool {
    io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// Prints a value as indented JSON and a line end.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    // Not through `out`: JSON holds no colours that would have to be dropped.
    let mut stdout = io::stdout().lock();
    serde_json::to_writer_pretty(&mut stdout, value)?;
    writeln!(stdout)?;
    Ok(())
}

/// Writes a file whole: a reader never sees a half of it.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let failed = |error| crate::problem::file_problem("written", path, error);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Devices and pipes are written as they are: there is nothing that a rename could replace.
    if path.exists() && !path.is_file() {
        return Ok(std::fs::write(path, bytes).map_err(failed)?);
    }
    let mut file = tempfile::Builder::new()
        .prefix(".wasm-runner-")
        .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
        .tempfile_in(folder)
        .map_err(failed)?;
    file.write_all(bytes).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A file that only its owner may read, written whole or not at all. It is there in part before
/// (under another name), so that a wrong path is known before the work is done.
pub(crate) struct PrivateFile {
    path: std::path::PathBuf,
    file: tempfile::NamedTempFile,
}

impl PrivateFile {
    /// Begins one; a file of that name stays as it is until this one is written.
    pub(crate) fn at(path: &Path) -> anyhow::Result<Self> {
        let failed = |error| crate::problem::file_problem("written", path, error);
        if path.exists() && !path.is_file() {
            let kind = std::io::Error::other("it is there, and is no file");
            return Err(failed(kind).into());
        }
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let file = tempfile::Builder::new()
            .prefix(".wasm-runner-")
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
            .tempfile_in(folder)
            .map_err(failed)?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Writes it, and gives it its name once it is on the disk.
    pub(crate) fn write(mut self, bytes: &[u8]) -> anyhow::Result<()> {
        let failed = |error| crate::problem::file_problem("written", &self.path, error);
        self.file.write_all(bytes).map_err(failed)?;
        self.file.as_file().sync_all().map_err(failed)?;
        self.file
            .persist(&self.path)
            .map_err(|error| failed(error.error))?;
        Ok(())
    }
}

/// A count with thin groups of three: `21 446`.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

/// A size for people, rounded: `1.1 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let mut unit = "B";
    // Only for show: sizes beyond 2^53 bytes may be off by some bytes.
    #[allow(
        clippy::cast_precision_loss,
        reason = "it is rounded to one digit anyway"
    )]
    let mut value = bytes as f64;
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {unit}")
    }
}

/// A time for people, rounded: `1.2 ms`.
pub(crate) fn time(micros: u64) -> String {
    #[allow(
        clippy::cast_precision_loss,
        reason = "it is rounded to one digit anyway"
    )]
    let value = micros as f64;
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{:.1} ms", value / 1e3),
        _ => format!("{:.1} s", value / 1e6),
    }
}

/// A guest's or an author's text on a terminal: control characters could move the cursor,
/// rename the window or hide what was printed before.
pub(crate) fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            c if c.is_control() => '\u{fffd}',
            // Characters that turn the direction of the text around.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_grouped_and_rounded() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(999), "999");
        assert_eq!(grouped(21_446), "21 446");
        assert_eq!(grouped(1_000_000), "1 000 000");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1024), "1.0 KiB");
        assert_eq!(size(1_153_434), "1.1 MiB");
        assert_eq!(time(999), "999 µs");
        assert_eq!(time(1_000), "1.0 ms");
        assert_eq!(time(2_500_000), "2.5 s");
    }

    #[test]
    fn a_text_from_elsewhere_does_not_steer_the_terminal() {
        assert_eq!(
            harmless("a\u{1b}[2Jb\r\n\tc\u{7}\u{202e}"),
            "a\u{fffd}[2Jb\u{fffd}\n\tc\u{fffd}\u{fffd}"
        );
    }

    #[test]
    fn a_file_is_replaced_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("report.json");
        write_file(&path, b"one").expect("written");
        write_file(&path, b"two").expect("replaced");
        assert_eq!(std::fs::read(&path).expect("read"), b"two");
        assert_eq!(std::fs::read_dir(folder.path()).expect("listed").count(), 1);
        let missing = folder.path().join("missing/report.json");
        assert!(write_file(&missing, b"").is_err());
    }
}
