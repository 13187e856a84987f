//! Policies.

use super::{WireError, inner, list, parsed, required};
use crate::proto;
use policies::{
    Access, Bytes, Capabilities, Clocks, DirectoryGrant, Fuel, GuestPath, HostPath, Limits, Policy,
    Random, WallTime,
};
use std::path::Path;

impl From<&Policy> for proto::Policy {
    fn from(policy: &Policy) -> Self {
        Self {
            limits: Some((&policy.limits).into()),
            capabilities: Some((&policy.capabilities).into()),
        }
    }
}

impl TryFrom<proto::Policy> for Policy {
    type Error = WireError;
    fn try_from(wire: proto::Policy) -> Result<Self, WireError> {
        Ok(Self {
            limits: required(wire.limits, "limits")?.into(),
            capabilities: inner(wire.capabilities, "capabilities")?,
        })
    }
}

impl From<&Limits> for proto::Limits {
    fn from(limits: &Limits) -> Self {
        Self {
            fuel: limits.fuel.0,
            memory_bytes: limits.memory.0,
            tables: limits.tables,
            table_elements: limits.table_elements,
            instances: limits.instances,
            wall_time_micros: limits.wall_time.0,
            stdout_bytes: limits.stdout.0,
            stderr_bytes: limits.stderr.0,
            input_bytes: limits.input.0,
            output_bytes: limits.output.0,
            files: limits.files,
            file_bytes: limits.file_bytes.0,
            network_requests: limits.network_requests,
            network_bytes: limits.network_bytes.0,
            module_size_bytes: limits.module_size.0,
        }
    }
}

impl From<proto::Limits> for Limits {
    fn from(wire: proto::Limits) -> Self {
        Self {
            fuel: Fuel(wire.fuel),
            memory: Bytes(wire.memory_bytes),
            tables: wire.tables,
            table_elements: wire.table_elements,
            instances: wire.instances,
            wall_time: WallTime(wire.wall_time_micros),
            stdout: Bytes(wire.stdout_bytes),
            stderr: Bytes(wire.stderr_bytes),
            input: Bytes(wire.input_bytes),
            output: Bytes(wire.output_bytes),
            files: wire.files,
            file_bytes: Bytes(wire.file_bytes),
            network_requests: wire.network_requests,
            network_bytes: Bytes(wire.network_bytes),
            module_size: Bytes(wire.module_size_bytes),
        }
    }
}

impl From<&Capabilities> for proto::Capabilities {
    fn from(capabilities: &Capabilities) -> Self {
        let grants = capabilities.directories.iter();
        Self {
            directories: grants.map(proto::DirectoryGrant::from).collect(),
            environment: capabilities.environment.iter().cloned().collect(),
            network: capabilities
                .network
                .iter()
                .map(ToString::to_string)
                .collect(),
            clocks: proto::Clocks::from(capabilities.clocks).into(),
            random: Some(capabilities.random.into()),
        }
    }
}

impl TryFrom<proto::Capabilities> for Capabilities {
    type Error = WireError;
    fn try_from(wire: proto::Capabilities) -> Result<Self, WireError> {
        let clocks = wire.clocks();
        Ok(Self {
            directories: list(wire.directories, "directories")?,
            environment: wire.environment.into_iter().collect(),
            network: wire
                .network
                .iter()
                .enumerate()
                .map(|(index, text)| parsed(text, &format!("network[{index}]")))
                .collect::<Result<_, _>>()?,
            clocks: required(clocks_from_wire(clocks), "clocks")?,
            random: inner(wire.random, "random")?,
        })
    }
}

impl From<&DirectoryGrant> for proto::DirectoryGrant {
    fn from(grant: &DirectoryGrant) -> Self {
        Self {
            host: grant.host.to_string(),
            guest: grant.guest.to_string(),
            access: proto::Access::from(grant.access).into(),
        }
    }
}

impl TryFrom<proto::DirectoryGrant> for DirectoryGrant {
    type Error = WireError;
    fn try_from(wire: proto::DirectoryGrant) -> Result<Self, WireError> {
        Ok(Self {
            access: required(access_from_wire(wire.access()), "access")?,
            host: host_from_wire(&wire.host, "host")?,
            guest: guest_from_wire(&wire.guest, "guest")?,
        })
    }
}

/// An absolute path of the service's machine, or `*`.
pub(crate) fn host_from_wire(text: &str, field: &str) -> Result<HostPath, WireError> {
    if text != "*" && !text.starts_with('/') {
        return Err(WireError::one(
            field,
            "it is no absolute path: whose working folder would it be relative to?",
        ));
    }
    HostPath::parse(text, Path::new("/")).map_err(|error| WireError::one(field, error.to_string()))
}

/// An absolute path of the guest, or `*`.
pub(crate) fn guest_from_wire(text: &str, field: &str) -> Result<GuestPath, WireError> {
    GuestPath::parse(text).map_err(|error| WireError::one(field, error.to_string()))
}

impl From<Access> for proto::Access {
    fn from(access: Access) -> Self {
        match access {
            Access::Read => Self::Read,
            Access::ReadWrite => Self::ReadWrite,
        }
    }
}

/// `None` where nothing is said.
pub(crate) fn access_from_wire(wire: proto::Access) -> Option<Access> {
    match wire {
        proto::Access::Unspecified => None,
        proto::Access::Read => Some(Access::Read),
        proto::Access::ReadWrite => Some(Access::ReadWrite),
    }
}

impl From<Clocks> for proto::Clocks {
    fn from(clocks: Clocks) -> Self {
        match clocks {
            Clocks::Frozen => Self::Frozen,
            Clocks::Virtual => Self::Virtual,
            Clocks::Real => Self::Real,
        }
    }
}

/// `None` where nothing is said.
pub(crate) fn clocks_from_wire(wire: proto::Clocks) -> Option<Clocks> {
    match wire {
        proto::Clocks::Unspecified => None,
        proto::Clocks::Frozen => Some(Clocks::Frozen),
        proto::Clocks::Virtual => Some(Clocks::Virtual),
        proto::Clocks::Real => Some(Clocks::Real),
    }
}

impl From<Random> for proto::Random {
    fn from(random: Random) -> Self {
        use proto::random::{Real, Source};
        Self {
            source: Some(match random {
                Random::Seeded(seed) => Source::Seed(seed),
                Random::Real => Source::Real(Real {}),
            }),
        }
    }
}

impl TryFrom<proto::Random> for Random {
    type Error = WireError;
    fn try_from(wire: proto::Random) -> Result<Self, WireError> {
        Ok(match required(wire.source, "source")? {
            proto::random::Source::Seed(seed) => Self::Seeded(seed),
            proto::random::Source::Real(_) => Self::Real,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_comes_back() {
        for name in Policy::PRESETS {
            let policy = Policy::preset(name).unwrap();
            assert_eq!(
                Policy::try_from(proto::Policy::from(&policy)),
                Ok(policy),
                "{name}"
            );
        }
        let mut policy = Policy::preset("workspace").unwrap();
        policy.capabilities.random = Random::Seeded(u64::MAX);
        policy.capabilities.directories = vec![DirectoryGrant {
            host: HostPath::Path("/srv/data".into()),
            guest: GuestPath::Path("/data".into()),
            access: Access::Read,
        }];
        assert_eq!(Policy::try_from(proto::Policy::from(&policy)), Ok(policy));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_path() {
        let mut wire = proto::Policy::from(&Policy::preset("workspace").unwrap());
        wire.capabilities.as_mut().unwrap().directories[0].host = "data".into();
        let error = Policy::try_from(wire.clone()).unwrap_err();
        assert_eq!(
            error.violations[0].field,
            "capabilities.directories[0].host"
        );
        wire.limits = None;
        let error = Policy::try_from(wire).unwrap_err();
        assert_eq!(error.to_string(), "limits: it is missing");
    }

    #[test]
    fn host_paths_are_absolute_and_readable() {
        assert!(host_from_wire("/srv/data", "host").is_ok());
        assert!(host_from_wire("*", "host").is_ok());
        for bad in ["", "data", "../data", "/srv/../etc", "/a\0b", "~/x"] {
            assert!(host_from_wire(bad, "host").is_err(), "{bad:?}");
        }
    }
}
