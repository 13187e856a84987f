//! The capabilities that the manifest asks for, and what approval would grant of them.

use super::{Found, at};
use crate::stages::fixtures;
use crate::{CapabilityRequest, Finding, ProposedTool};
use policies::{
    Access, Capabilities, Clocks, DirectoryGrant, GuestPath, HostPath, Layer, Layers, NetworkGrant,
    Policy, Random, Wanted,
};

/// What approval grants: what is asked for and the ceiling allows, within the ceiling's limits.
pub(super) fn grant(
    found: &mut Found,
    proposal: &ProposedTool,
    requests: &[CapabilityRequest],
    ceiling: &Policy,
) -> Policy {
    // Not even the usual clock and randomness, where the ceiling has less.
    let usual = Policy::default().intersect(ceiling).capabilities;
    let mut capabilities = Capabilities {
        clocks: usual.clocks,
        random: usual.random,
        ..Capabilities::default()
    };
    let layers = Layers {
        ceiling: ceiling.clone(),
        grant: ceiling.clone(),
        call: None,
    };
    for (index, request) in requests.iter().enumerate() {
        let place = at(&format!("/capabilities/{index}"));
        if requests[..index].iter().any(|other| request.same(other)) {
            found.add(
                unreasonable(format!("{} is asked for twice", request.what())).at(place.clone()),
            );
            continue;
        }
        if request.reason().trim().is_empty() {
            found.add(
                unreasonable(format!("{} is asked for without a reason", request.what()))
                    .at(place.clone()),
            );
        }
        let wanted = match wanted(request) {
            Ok(wanted) => wanted,
            Err(message) => {
                found.add(unreasonable(message).at(place));
                continue;
            }
        };
        if let Some(denied) = layers.deny_reason(&wanted) {
            found.add(
                Finding::error(
                    "manifest/capability-denied",
                    format!(
                        "{} is asked for, and {denied} does not allow it",
                        request.what()
                    ),
                    "do without it, or ask the operator to raise the ceiling",
                )
                .at(place),
            );
            debug_assert_eq!(denied, Layer::Ceiling, "only the ceiling was asked");
            continue;
        }
        if let Some(finding) = empty_fixture(proposal, request) {
            found.add(finding.at(at(&format!("/capabilities/{index}/fixture"))));
        }
        if request.needs_a_person() {
            found.add(
                Finding::note(
                    "manifest/capability-review",
                    format!(
                        "{} is asked for: a person decides. The reason given: {}",
                        request.what(),
                        request.reason()
                    ),
                    "nothing to mend; a tool that does without it needs no person",
                )
                .at(place),
            );
        }
        add(&mut capabilities, wanted);
    }
    capabilities.directories.sort();
    Policy {
        limits: ceiling.limits,
        capabilities,
    }
}

fn unreasonable(message: String) -> Finding {
    Finding::error(
        "manifest/capability-unreasonable",
        message,
        "ask once for what is needed, in its right form, and say why: the person who reviews the tool reads it",
    )
}

/// A fixture that is named and not there: tests would see an empty folder.
fn empty_fixture(proposal: &ProposedTool, request: &CapabilityRequest) -> Option<Finding> {
    let CapabilityRequest::Directory {
        guest,
        fixture: Some(fixture),
        ..
    } = request
    else {
        return None;
    };
    fixtures::files(proposal, fixture).is_empty().then(|| {
        Finding::note(
            "manifest/fixture-missing",
            format!("the proposal has no file below {fixture}: tests and examples see an empty folder at {guest}"),
            format!("put files for tests and examples below {fixture}, if they need some"),
        )
    })
}

fn add(capabilities: &mut Capabilities, wanted: Wanted) {
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

    /// Whether both ask for one thing, whatever the access and the reason.
    fn same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Directory { guest: one, .. }, Self::Directory { guest: two, .. }) => {
                one.trim_end_matches('/') == two.trim_end_matches('/')
            }
            (Self::Environment { name: one, .. }, Self::Environment { name: two, .. })
            | (Self::Network { host: one, .. }, Self::Network { host: two, .. }) => one == two,
            (Self::RealClock { .. }, Self::RealClock { .. })
            | (Self::RealRandom { .. }, Self::RealRandom { .. }) => true,
            _ => false,
        }
    }
}
