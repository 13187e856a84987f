//! What clippy thinks of a tool: a set of its own, for code that nobody will have read.
//!
//! clippy looks on while the tests are compiled, so it costs no compilation of its own; the tool
//! itself is always compiled by rustc alone. Most lints are notes. A few name code that can't be
//! meant, and a person looks at those.

use crate::{Finding, Severity};

/// The driver's file name, beside rustc.
pub(super) const DRIVER: &str = "clippy-driver";

/// How clippy is told: each lint with the reason for it. Those of its own default set that are
/// about style alone are off: an agent's next try should not be spent on them.
const LINTS: &[&str] = &[
    "-Aclippy::all",
    // Code that can't be meant. Only warned of: a denied lint would keep the tests from being
    // compiled.
    "-Wclippy::correctness",
    "-Wclippy::suspicious",
    // Ways to panic on an input: what the tool can't do is an error with a code, not a trap.
    "-Wclippy::unwrap_used",
    "-Wclippy::expect_used",
    "-Wclippy::panic",
    "-Wclippy::unreachable",
    // Left unfinished.
    "-Wclippy::todo",
    "-Wclippy::unimplemented",
    "-Wclippy::dbg_macro",
    // Numbers that are quietly others than the input said.
    "-Wclippy::cast_possible_truncation",
    "-Wclippy::cast_sign_loss",
    "-Wclippy::cast_possible_wrap",
    // Errors that nobody hears of, and ends that no caller expects.
    "-Wclippy::let_underscore_must_use",
    "-Wclippy::map_err_ignore",
    "-Wclippy::exit",
    "-Wclippy::mem_forget",
    "-Wclippy::infinite_loop",
];

/// Lints that name what can't be meant (of clippy's groups `correctness` and `suspicious`,
/// those that say so whatever the code around them).
const CANT_BE_MEANT: &[&str] = &[
    "absurd_extreme_comparisons",
    "almost_swapped",
    "approx_constant",
    "bad_bit_mask",
    "eq_op",
    "erasing_op",
    "if_same_then_else",
    "ifs_same_cond",
    "impossible_comparisons",
    "ineffective_bit_mask",
    "infinite_iter",
    "infinite_loop",
    "invalid_regex",
    "min_max",
    "modulo_one",
    "never_loop",
    "out_of_bounds_indexing",
    "overly_complex_bool_expr",
    "redundant_comparisons",
    "reversed_empty_ranges",
    "self_assignment",
    "todo",
    "unimplemented",
    "unit_cmp",
    "while_immutable_condition",
];

/// The name of clippy's own file, which here stands before the package's.
pub(super) const CONFIG_FILE: &str = "clippy.toml";

/// What tests may do that tools should not.
pub(super) const CONFIG: &str = "\
allow-unwrap-in-tests = true
allow-expect-in-tests = true
allow-panic-in-tests = true
allow-dbg-in-tests = true
";

/// The environment that has cargo compile the package, and no other, by clippy's driver.
pub(super) fn environment(driver: &str, config: &str) -> [(String, String); 3] {
    let arguments: String = LINTS
        .iter()
        .flat_map(|lint| [*lint, "__CLIPPY_HACKERY__"])
        .collect();
    [
        ("RUSTC_WORKSPACE_WRAPPER".to_owned(), driver.to_owned()),
        ("CLIPPY_ARGS".to_owned(), arguments),
        ("CLIPPY_CONF_DIR".to_owned(), config.to_owned()),
    ]
}

/// A diagnostic of clippy's as a finding; none for one of the compiler's own.
pub(super) fn finding(code: Option<&str>, said: &str) -> Option<Finding> {
    let lint = code?.strip_prefix("clippy::")?;
    let said = format!("{said} (clippy::{lint})");
    let mut finding = Finding::note(
        "build/lint",
        said,
        "change the code, or allow the lint where it stands, with a reason",
    );
    if CANT_BE_MEANT.contains(&lint) {
        finding.severity = Severity::Warning;
        "build/lint-mistake".clone_into(&mut finding.rule);
        "this is never what was meant: change the code as the compiler says"
            .clone_into(&mut finding.remedy);
    }
    Some(finding)
}

/// The toolchain has no clippy.
pub(super) fn not_there() -> Finding {
    Finding::note(
        "build/not-linted",
        "clippy did not look at the tool: this toolchain has none",
        "nothing in the tool: whoever runs the service can add it (`rustup component add clippy`)",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clippy_s_words_are_notes_unless_nobody_can_mean_it() {
        let note = finding(Some("clippy::unwrap_used"), "unwrap").expect("clippy's");
        assert_eq!(
            (note.rule.as_str(), note.severity),
            ("build/lint", Severity::Note)
        );
        let warning = finding(Some("clippy::eq_op"), "a == a").expect("clippy's");
        assert_eq!(
            (warning.rule.as_str(), warning.severity),
            ("build/lint-mistake", Severity::Warning)
        );
        assert_eq!(finding(Some("unused_variables"), "x"), None);
        assert_eq!(finding(None, "x"), None);
    }
}
