//! What the tool says of itself: printed by it, or given with the proposal.

use super::{Found, tail};
use crate::{CapabilityRequest, Contract, Finding, Manifest, Place, ProposedTool};
use policies::{
    Access, Capabilities, Clocks, DirectoryGrant, GuestPath, HostPath, Layer, Layers, NetworkGrant,
    Policy, Random, Wanted,
};
use runtime::{Call, CancellationToken, Tool};

/// The manifest, its schemas, and what approval would grant.
pub(crate) struct Agreed {
    pub(crate) manifest: Manifest,
    pub(crate) contract: Contract,
    /// The ceiling's limits and the capabilities asked for; folders are left for callers to bind.
    pub(crate) grant: Policy,
}

/// Asks the tool, checks what it says, and tells what it would be granted.
pub(crate) async fn agree(
    proposal: &ProposedTool,
    tool: &Tool,
    ceiling: &Policy,
    cancel: &CancellationToken,
) -> (Found, Option<Agreed>) {
    let mut found = Found::default();
    let call = Call::new(Policy::default())
        .with_args(["manifest"])
        .with_cancel(cancel.clone());
    let execution = tool.run(call).await;
    let printed = if super::succeeded(&execution) {
        serde_json::from_slice::<Manifest>(&execution.output).map_err(|error| error.to_string())
    } else {
        Err(format!("it ended as {}", execution.outcome.kind().as_str()))
    };
    let manifest = match (printed, &proposal.specification) {
        (Ok(printed), None) => printed,
        (Ok(printed), Some(given)) => {
            if printed != *given {
                found.add(Finding::error("manifest/mismatch", "the proposal's specification is not what the tool prints with the argument `manifest`", "leave the specification out: the tool's own words hold"));
            }
            printed
        }
        (Err(_), Some(given)) => given.clone(),
        (Err(reason), None) => {
            let said = tail(&String::from_utf8_lossy(&execution.stderr.bytes), 3);
            found.add(Finding::error("manifest/missing", format!("the tool prints no manifest ({reason}), and the proposal has no specification {said}").trim_end(), "write the tool with the SDK's #[tool], or give the manifest as `specification` (tool.json)"));
            return (found, None);
        }
    };
    check(&mut found, proposal, &manifest);
    let grant = grant(&mut found, &manifest, ceiling);
    let contract = match Contract::new(&manifest) {
        Ok(contract) => contract,
        Err(error) => {
            found.add(
                Finding::error(
                    "manifest/invalid-schema",
                    error.to_string(),
                    "mend the schema; with the SDK, derive it from the types",
                )
                .at(Place::Manifest {
                    pointer: format!("/{}", error.which),
                }),
            );
            return (found, None);
        }
    };
    for (index, example) in manifest.examples.iter().enumerate() {
        let place = |field: &str| Place::Manifest {
            pointer: format!("/examples/{index}/{field}"),
        };
        if let Err(mismatch) = contract.check_input(&example.input)
            // An example of a refusal may show an input that the schema already refuses.
            && example.error.is_none()
        {
            found.add(
                Finding::error(
                    "manifest/example-input-mismatch",
                    format!(
                        "the input of example {index} does not fit the input schema: {mismatch}"
                    ),
                    "mend the example or the schema",
                )
                .at(place("input")),
            );
        }
        match (&example.output, &example.error) {
            (Some(output), None) => {
                if let Err(mismatch) = contract.check_output(output) {
                    found.add(Finding::error("manifest/example-output-mismatch", format!("the output of example {index} does not fit the output schema: {mismatch}"), "mend the example or the schema").at(place("output")));
                }
            }
            (None, Some(_)) => {}
            _ => found.add(
                Finding::error(
                    "manifest/example-output-mismatch",
                    format!("example {index} must have either `output` or `error`"),
                    "say what the tool answers, or part of the message with which it refuses",
                )
                .at(place("output")),
            ),
        }
    }
    found.count("examples_count", manifest.examples.len() as u64);
    found.count("capabilities_count", manifest.capabilities.len() as u64);
    (
        found,
        Some(Agreed {
            manifest,
            contract,
            grant,
        }),
    )
}

fn check(found: &mut Found, proposal: &ProposedTool, manifest: &Manifest) {
    let place = |pointer: &str| Place::Manifest {
        pointer: pointer.to_owned(),
    };
    if manifest.name != proposal.name {
        found.add(
            Finding::error(
                "manifest/mismatch",
                format!(
                    "the manifest's name is `{}`, the proposal's `{}`",
                    manifest.name, proposal.name
                ),
                "use one name",
            )
            .at(place("/name")),
        );
    }
    if manifest.version != proposal.version {
        found.add(
            Finding::error(
                "manifest/mismatch",
                format!(
                    "the manifest's version is {}, the proposal's {}",
                    manifest.version, proposal.version
                ),
                "use one version",
            )
            .at(place("/version")),
        );
    }
    if manifest.description.trim().is_empty() {
        found.add(
            Finding::error(
                "manifest/mismatch",
                "the manifest has no description",
                "say what the tool does: agents choose by it",
            )
            .at(place("/description")),
        );
    }
}

/// What approval grants: what is asked for and the ceiling allows.
fn grant(found: &mut Found, manifest: &Manifest, ceiling: &Policy) -> Policy {
    let mut capabilities = Capabilities::default();
    let layers = Layers {
        ceiling: ceiling.clone(),
        grant: ceiling.clone(),
        call: None,
    };
    for (index, request) in manifest.capabilities.iter().enumerate() {
        let place = Place::Manifest {
            pointer: format!("/capabilities/{index}"),
        };
        if request.reason().trim().is_empty() {
            found.add(
                Finding::error(
                    "manifest/capability-unreasonable",
                    "a capability is asked for without a reason",
                    "say why: the person who reviews the tool reads it",
                )
                .at(place.clone()),
            );
        }
        let wanted = match wanted(request) {
            Ok(wanted) => wanted,
            Err(message) => {
                found.add(
                    Finding::error(
                        "manifest/capability-unreasonable",
                        message,
                        "mend the capability",
                    )
                    .at(place),
                );
                continue;
            }
        };
        if layers.deny_reason(&wanted) == Some(Layer::Ceiling) {
            found.add(
                Finding::error(
                    "manifest/capability-denied",
                    format!(
                        "{} is asked for, and {} does not allow it",
                        request.what(),
                        Layer::Ceiling
                    ),
                    "do without it, or ask the operator to raise the ceiling",
                )
                .at(place),
            );
            continue;
        }
        match wanted {
            Wanted::Directory { guest, access } => capabilities.directories.push(DirectoryGrant {
                guest: GuestPath::Path(guest),
                host: HostPath::Any,
                access,
            }),
            Wanted::Environment(name) => drop(capabilities.environment.insert(name)),
            Wanted::Network(to) => drop(capabilities.network.insert(to)),
            Wanted::Clocks(clocks) => capabilities.clocks = clocks,
            Wanted::Random(random) => capabilities.random = random,
        }
    }
    capabilities.directories.sort();
    Policy {
        limits: ceiling.limits,
        capabilities,
    }
}

fn wanted(request: &CapabilityRequest) -> Result<Wanted, String> {
    Ok(match request {
        CapabilityRequest::Directory { guest, access, .. } => match GuestPath::parse(guest) {
            Ok(GuestPath::Path(guest)) => Wanted::Directory {
                guest,
                access: *access,
            },
            Ok(GuestPath::Any) => {
                return Err("a folder of a tool has a guest path of its own, not `*`".to_owned());
            }
            Err(error) => return Err(error.to_string()),
        },
        CapabilityRequest::Environment { name, .. } => Wanted::Environment(name.clone()),
        CapabilityRequest::Network { host, .. } => Wanted::Network(
            host.parse::<NetworkGrant>()
                .map_err(|error| error.to_string())?,
        ),
        CapabilityRequest::RealClock { .. } => Wanted::Clocks(Clocks::Real),
        CapabilityRequest::RealRandom { .. } => Wanted::Random(Random::Real),
    })
}

impl CapabilityRequest {
    /// Why it is asked for.
    pub fn reason(&self) -> &str {
        match self {
            Self::Directory { reason, .. }
            | Self::Environment { reason, .. }
            | Self::Network { reason, .. }
            | Self::RealClock { reason }
            | Self::RealRandom { reason } => reason,
        }
    }

    /// What is asked for, in words.
    pub fn what(&self) -> String {
        match self {
            Self::Directory { guest, access, .. } => format!("the folder {guest} ({access})"),
            Self::Environment { name, .. } => format!("the environment variable {name}"),
            Self::Network { host, .. } => format!("the network to {host}"),
            Self::RealClock { .. } => "the real clock".to_owned(),
            Self::RealRandom { .. } => "real randomness".to_owned(),
        }
    }

    /// Whether a person should look at it: it can change, leak or make unrepeatable.
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::Directory { access, .. } => *access == Access::ReadWrite,
            Self::Environment { .. } => false,
            Self::Network { .. } | Self::RealClock { .. } | Self::RealRandom { .. } => true,
        }
    }
}
