//! What the exit code says: one type, one table.

use runtime::Outcome;
use std::fmt::Write;
use std::process;

/// Why the program ended as it did.
///
/// A WASI guest can end with 0 to 125 only (anything higher is a trap by the interface's own
/// rule), shells use 126 to 128 and 128 + a signal's number. So what `run` and `tool call` say
/// themselves starts at 200, and no guest can be mistaken for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All went well.
    Success,
    /// The command could not do what it was asked to; standard error says why.
    Failure,
    /// A proposal failed its validation.
    VerdictFailed,
    /// No proposal failed, but a person has to decide on at least one.
    ReviewRequired,
    /// A replay was not the same as what was recorded.
    Diverged,
    /// Attestations do not hold: they are not by this key, not about this module, or no such.
    NotVerified,
    /// Ctrl-C ended a guest, or a second one a service at once.
    Interrupted,
    /// Whoever read our output stopped reading.
    BrokenPipe,
    /// The guest ended by itself with this code, 1 to 125.
    Guest(u8),
    /// Nothing ran: no such file, no module, a wrong policy, no service.
    NotRun,
    /// The guest broke a rule of WebAssembly.
    Trap,
    /// `limits.fuel`.
    FuelExhausted,
    /// `limits.memory`, `limits.tables` or `limits.table_elements`.
    MemoryExceeded,
    /// `limits.wall_time`, or the deadline of a call.
    DeadlineExceeded,
    /// `limits.output`.
    OutputExceeded,
    /// `limits.input`, arguments or environment that no program can receive, or an input that
    /// does not fit the tool's schema.
    InvalidInput,
    /// The output does not fit the tool's schema.
    InvalidOutput,
    /// The run ended, and its recording is too large or can't be written.
    NotRecorded,
}

/// What `clap` ends with when the command line itself is wrong.
const USAGE: u8 = 2;

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::VerdictFailed => 10,
            Self::ReviewRequired => 11,
            Self::Diverged => 12,
            Self::NotVerified => 13,
            Self::Interrupted => 130,
            Self::BrokenPipe => 141,
            Self::Guest(code) => code,
            Self::NotRun => 200,
            Self::Trap => 201,
            Self::FuelExhausted => 202,
            Self::MemoryExceeded => 203,
            Self::DeadlineExceeded => 204,
            Self::OutputExceeded => 205,
            Self::InvalidInput => 206,
            Self::InvalidOutput => 207,
            Self::NotRecorded => 208,
        }
    }

    /// How a run's outcome leaves this process.
    pub(crate) fn of(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Success => Self::Success,
            // A guest can't give anything else; should the interface ever allow more, the
            // lowest byte is what a shell would see of it.
            Outcome::ToolError { exit_code } => Self::Guest(exit_code.to_le_bytes()[0]),
            Outcome::FuelExhausted { .. } => Self::FuelExhausted,
            Outcome::MemoryExceeded { .. } => Self::MemoryExceeded,
            Outcome::DeadlineExceeded { .. } => Self::DeadlineExceeded,
            Outcome::OutputExceeded { .. } => Self::OutputExceeded,
            Outcome::InvalidInput { .. } => Self::InvalidInput,
            Outcome::InvalidOutput { .. } => Self::InvalidOutput,
            Outcome::Cancelled => Self::Interrupted,
            // `Trap`, and what a later runtime may add: it ran, and ended by no rule of its own.
            _ => Self::Trap,
        }
    }

    /// The table for `--help`.
    pub(crate) fn help() -> String {
        let rows = [
            (
                Self::Success,
                "all went well; for `validate` and `proposal submit --watch`: passed",
            ),
            (
                Self::Failure,
                "the command could not do its work; standard error says why and what to do",
            ),
            (
                Self::VerdictFailed,
                "a proposal failed its validation; for `policy suggest`: something fails anyway",
            ),
            (
                Self::ReviewRequired,
                "none failed, but a person has to decide on at least one proposal",
            ),
            (
                Self::Diverged,
                "a replay did something else than the run that was recorded",
            ),
            (
                Self::NotVerified,
                "attestations do not hold, or not for this module and key",
            ),
            (Self::Interrupted, "Ctrl-C ended it"),
            (Self::BrokenPipe, "the reader of the output went away"),
        ];
        let guest_rows = [
            (
                Self::NotRun,
                "nothing ran: no such file, not a WASI module, a wrong policy, no service",
            ),
            (Self::Trap, "the guest broke a rule of WebAssembly (trap)"),
            (Self::FuelExhausted, "limits.fuel was used up"),
            (
                Self::MemoryExceeded,
                "limits.memory, limits.tables or limits.table_elements was exceeded",
            ),
            (
                Self::DeadlineExceeded,
                "limits.wall_time or the call's deadline was over",
            ),
            (Self::OutputExceeded, "limits.output was exceeded"),
            (
                Self::InvalidInput,
                "the input was refused before the run (limits.input, NULs, the tool's schema)",
            ),
            (
                Self::InvalidOutput,
                "the output does not fit the tool's schema",
            ),
            (
                Self::NotRecorded,
                "it ran, and its recording is too large or can't be written",
            ),
        ];
        let line = |(exit, meaning): &(Self, &str)| format!("  {:>3}  {meaning}\n", exit.code());
        let mut text = String::from("Exit codes:\n");
        text.extend(rows[..2].iter().map(line));
        let _ = writeln!(text, "  {USAGE:>3}  the command line itself is wrong");
        text.extend(rows[2..].iter().map(line));
        text += "Exit codes of `run` and `tool call`, where a guest's own code (0 to 125) is passed on:\n";
        text.extend(guest_rows.iter().map(line));
        text +=
            "A guest may end with 1, 2, 10 or 11 too: with --json its outcome tells them apart.\n";
        text += "WASI refuses guests a code above 125, so 200 and more are never a guest's.";
        text
    }
}

impl From<Exit> for process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use policies::{Bytes, Fuel, WallTime};
    use std::collections::BTreeSet;

    #[test]
    fn no_code_means_two_things() {
        let all = [
            Exit::Success,
            Exit::Failure,
            Exit::VerdictFailed,
            Exit::ReviewRequired,
            Exit::Diverged,
            Exit::NotVerified,
            Exit::Interrupted,
            Exit::BrokenPipe,
            Exit::NotRun,
            Exit::Trap,
            Exit::FuelExhausted,
            Exit::MemoryExceeded,
            Exit::DeadlineExceeded,
            Exit::OutputExceeded,
            Exit::InvalidInput,
            Exit::InvalidOutput,
            Exit::NotRecorded,
        ];
        let mut codes: BTreeSet<u8> = all.iter().map(|exit| exit.code()).collect();
        assert!(codes.insert(USAGE));
        assert_eq!(codes.len(), all.len() + 1);
        let help = Exit::help();
        for code in codes {
            assert!(
                help.contains(&format!("  {code:>3}  ")),
                "{code} is not in the help"
            );
        }
    }

    #[test]
    fn each_exceeded_limit_has_a_code_that_no_guest_can_give() {
        let outcomes = [
            Outcome::Trap {
                message: String::new(),
            },
            Outcome::FuelExhausted { limit: Fuel(1) },
            Outcome::MemoryExceeded {
                message: String::new(),
            },
            Outcome::DeadlineExceeded { limit: WallTime(1) },
            Outcome::OutputExceeded { limit: Bytes(1) },
            Outcome::InvalidInput {
                message: String::new(),
            },
            Outcome::InvalidOutput {
                message: String::new(),
            },
        ];
        let codes: BTreeSet<u8> = outcomes.iter().map(|it| Exit::of(it).code()).collect();
        assert_eq!(codes.len(), outcomes.len());
        assert!(codes.iter().all(|code| *code >= 200));
        assert_eq!(Exit::of(&Outcome::ToolError { exit_code: 125 }).code(), 125);
    }
}
