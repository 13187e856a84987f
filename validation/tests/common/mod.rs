//! What tests with the real toolchain share.

use policies::Policy;
use runtime::{CancellationToken, Sandbox, SandboxConfig};
use validation::{Installation, ProposedTool, Validated, ValidationError, Validator, render_human};

/// The installation that `make setup` makes.
pub(crate) fn installation() -> Installation {
    Installation::open(&Installation::locate()).unwrap_or_else(|error| {
        panic!(
            "these tests build tools with the installation's toolchain, and there is none: {error}"
        )
    })
}

/// A validator as the service and the command line have it by default.
pub(crate) fn validator() -> Validator {
    let mut config = SandboxConfig::default();
    config.max_concurrent_calls = 8;
    let sandbox = Sandbox::new(&config).expect("a sandbox");
    let ceiling = Policy::preset("workspace").expect("a preset");
    Validator::new(installation(), sandbox, ceiling)
}

/// Validates without listening.
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
