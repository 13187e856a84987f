//! What one call may use and touch: the operator's ceiling ∩ the tool's grant ∩ what was asked.

use crate::convert::{WireError, enumerated, policy as wire};
use crate::{proto, status};
use policies::{
    Access, Bytes, Capabilities, DirectoryGrant, Fuel, GuestPath, HostPath, Layer, Layers, Policy,
    Random, WallTime, Wanted,
};
use std::collections::BTreeSet;
use std::path::Path;
use tonic::Status;

/// The most folders that one call may bind.
pub(crate) const MAX_BINDINGS: usize = 32;

/// The operator's ceiling, as written and with its symbolic links resolved. A caller may name a
/// folder by either path, and gets what the second one allows.
#[derive(Clone, Debug)]
pub(crate) struct Ceiling {
    written: Policy,
    real: Policy,
}

impl Ceiling {
    /// Resolves the folders of a policy.
    ///
    /// # Errors
    /// The first folder that is missing or out of reach.
    pub(crate) fn new(written: Policy) -> Result<Self, (DirectoryGrant, std::io::Error)> {
        let mut real = written.clone();
        real.capabilities.resolve()?;
        Ok(Self { written, real })
    }

    /// What is enforced.
    pub(crate) fn policy(&self) -> &Policy {
        &self.real
    }

    /// The policy of one call. Looks at the file system when folders are bound.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` for what makes no sense, `PERMISSION_DENIED` for folders that ceiling
    /// or grant do not allow.
    pub(crate) fn for_call(
        &self,
        grant: &Policy,
        asked: Option<&proto::CallPolicy>,
    ) -> Result<Policy, Status> {
        let mut layers = Layers {
            ceiling: self.real.clone(),
            grant: grant.clone(),
            call: None,
        };
        let Some(asked) = asked else {
            return Ok(layers.effective());
        };
        // Where the call says nothing, it asks for all that the other two allow.
        let mut call = layers.effective();
        if let Some(limits) = &asked.limits {
            narrow(&mut call, limits);
        }
        let clocks = enumerated(asked.clocks, "policy.clocks")?;
        if let Some(clocks) = wire::clocks_from_wire(clocks) {
            call.capabilities.clocks = clocks;
        }
        if let Some(seed) = asked.seed {
            call.capabilities.random = Random::Seeded(seed);
        }
        if !asked.directories.is_empty() {
            call.capabilities.directories = self.bindings(grant, &asked.directories)?;
        }
        layers.call = Some(call);
        Ok(layers.effective())
    }

    fn bindings(
        &self,
        grant: &Policy,
        asked: &[proto::DirectoryBinding],
    ) -> Result<Vec<DirectoryGrant>, Status> {
        if asked.len() > MAX_BINDINGS {
            let message = format!(
                "{} folders are bound, at most {MAX_BINDINGS} can be",
                asked.len()
            );
            return Err(WireError::one("policy.directories", message).into());
        }
        let mut seen = BTreeSet::new();
        let mut bound = Vec::new();
        for (index, binding) in asked.iter().enumerate() {
            let field = format!("policy.directories[{index}]");
            let binding = parse(binding).map_err(|error| error.under(&field))?;
            if !seen.insert(binding.guest.clone()) {
                let message = format!("{} is bound twice", binding.guest);
                return Err(WireError::one(format!("{field}.guest"), message).into());
            }
            bound.push(self.bind(grant, binding, &field)?);
        }
        bound.sort();
        Ok(bound)
    }

    /// Checks one binding by its words first, so that a caller learns nothing about paths outside
    /// the ceiling, and then by where it really leads.
    fn bind(
        &self,
        grant: &Policy,
        mut binding: DirectoryGrant,
        field: &str,
    ) -> Result<DirectoryGrant, Status> {
        let layers = Layers {
            ceiling: self.real.clone(),
            grant: grant.clone(),
            call: None,
        };
        let wanted = Wanted::Directory {
            guest: binding.guest.to_string(),
            access: Access::Read,
        };
        if let Some(layer) = layers.deny_reason(&wanted) {
            return Err(denied(layer, &binding));
        }
        if !allows(&self.written, &binding) && !allows(&self.real, &binding) {
            return Err(denied(Layer::Ceiling, &binding));
        }
        if let HostPath::Path(path) = &binding.host {
            let real = real_folder(path)
                .map_err(|message| WireError::one(format!("{field}.host"), message))?;
            let written = std::mem::replace(&mut binding.host, HostPath::Path(real));
            let as_asked = DirectoryGrant {
                host: written,
                ..binding.clone()
            };
            for (layer, policy) in [(Layer::Ceiling, &self.real), (Layer::Grant, grant)] {
                if !allows(policy, &binding) {
                    return Err(denied(layer, &as_asked));
                }
            }
        }
        Ok(binding)
    }
}

/// Whether a policy allows reading this folder of the host at this path of the guest.
fn allows(policy: &Policy, binding: &DirectoryGrant) -> bool {
    let asked = Policy {
        capabilities: Capabilities {
            directories: vec![DirectoryGrant {
                access: Access::Read,
                ..binding.clone()
            }],
            ..Capabilities::default()
        },
        ..policy.clone()
    };
    asked.intersect(policy).capabilities.directories == asked.capabilities.directories
}

fn real_folder(path: &Path) -> Result<std::path::PathBuf, String> {
    let real = path
        .canonicalize()
        .map_err(|error| format!("{} can't be used: {error}", path.display()))?;
    if real.is_dir() {
        Ok(real)
    } else {
        Err(format!("{} is no folder", path.display()))
    }
}

fn parse(binding: &proto::DirectoryBinding) -> Result<DirectoryGrant, WireError> {
    let host = wire::host_from_wire(&binding.host, "host")?;
    let guest = wire::guest_from_wire(&binding.guest, "guest")?;
    let access = enumerated(binding.access, "access")?;
    if host == HostPath::Any {
        return Err(WireError::one(
            "host",
            "write the folder to bind: `*` leaves it open",
        ));
    }
    if guest == GuestPath::Any {
        return Err(WireError::one(
            "guest",
            "write the path that the tool expects: `*` leaves it open",
        ));
    }
    Ok(DirectoryGrant {
        host,
        guest,
        // What is more than the grant allows is narrowed like everything else.
        access: wire::access_from_wire(access).unwrap_or(Access::ReadWrite),
    })
}

fn denied(layer: Layer, binding: &DirectoryGrant) -> Status {
    let (host, guest) = (binding.host.to_string(), binding.guest.to_string());
    let remedy = match layer {
        Layer::Ceiling => "bind a folder within it, or ask the operator to raise it",
        _ => "bind the folders that the tool's grant names",
    };
    let name = match layer {
        Layer::Ceiling => "ceiling",
        Layer::Grant => "grant",
        Layer::Call => "call",
    };
    status::denied(
        &format!("{layer} does not allow {host} at {guest}: {remedy}"),
        [
            ("layer", name.to_owned()),
            ("rule", "directories".to_owned()),
            ("host", host),
            ("guest", guest),
        ],
    )
}

fn narrow(policy: &mut Policy, asked: &proto::CallLimits) {
    let limits = &mut policy.limits;
    let set = |limit: &mut Bytes, asked: Option<u64>| {
        if let Some(asked) = asked {
            *limit = Bytes(asked);
        }
    };
    set(&mut limits.memory, asked.memory_bytes);
    set(&mut limits.stdout, asked.stdout_bytes);
    set(&mut limits.stderr, asked.stderr_bytes);
    set(&mut limits.output, asked.output_bytes);
    set(&mut limits.file_bytes, asked.file_bytes);
    set(&mut limits.network_bytes, asked.network_bytes);
    if let Some(fuel) = asked.fuel {
        limits.fuel = Fuel(fuel);
    }
    if let Some(micros) = asked.wall_time_micros {
        limits.wall_time = WallTime(micros);
    }
    if let Some(files) = asked.files {
        limits.files = files;
    }
    if let Some(requests) = asked.network_requests {
        limits.network_requests = requests;
    }
}

#[cfg(test)]
mod tests;
