//! What tests with the real toolchain share.

use isolation::{Isolation, LocalLauncher};
use policies::Policy;
use runtime::CancellationToken;
use std::path::Path;
use std::sync::Arc;
use validation::{Installation, ProposedTool, Validated, ValidationError, Validator, render_human};

/// The installation that `make setup` makes.
pub(crate) fn installation() -> Installation {
    Installation::open(&Installation::locate()).unwrap_or_else(|error| {
        panic!(
            "these tests build tools with the installation's toolchain, and there is none: {error}"
        )
    })
}

/// Starts what confines itself: this crate's own program.
pub(crate) async fn launcher() -> LocalLauncher {
    let program = Path::new(env!("CARGO_BIN_EXE_wasm-runner-judge"));
    LocalLauncher::new(program, Isolation::Require)
        .await
        .expect("this machine confines")
}

/// A validator as the service and the command line have it by default.
#[allow(dead_code, reason = "each test file uses its part")]
pub(crate) async fn validator() -> Validator {
    let ceiling = Policy::preset("workspace").expect("a preset");
    Validator::new(installation(), Arc::new(launcher().await), ceiling)
}

/// Validates without listening.
#[allow(dead_code, reason = "each test file uses its part")]
pub(crate) async fn validate(
    validator: &Validator,
    proposal: &ProposedTool,
) -> Result<Validated, ValidationError> {
    let cancel = CancellationToken::new();
    validator.validate(proposal, &|_| {}, &cancel).await
}

/// The rules of all findings, in order.
#[allow(dead_code, reason = "each test file uses its part")]
pub(crate) fn rules(validated: &Validated) -> Vec<&str> {
    let findings = validated.report.findings();
    findings.map(|finding| finding.rule.as_str()).collect()
}

/// The whole report, for a test that fails.
#[allow(dead_code, reason = "each test file uses its part")]
pub(crate) fn shown(validated: &Validated) -> String {
    render_human(&validated.report)
}
