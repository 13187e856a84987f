//! What two policies both allow.

use crate::{
    Access, Capabilities, DirectoryGrant, GuestPath, HostPath, Limits, NetworkGrant, Policy, Random,
};
use std::collections::BTreeSet;

impl Policy {
    /// What both allow, and nothing else: never wider than either, whichever comes first.
    ///
    /// Folders are compared by their paths as written. Whoever takes paths from a stranger
    /// resolves symbolic links first ([`Capabilities::resolve`]), or a link inside an allowed
    /// folder would name one outside.
    #[must_use]
    pub fn intersect(&self, other: &Self) -> Self {
        Self {
            limits: self.limits.min(&other.limits),
            capabilities: self.capabilities.intersect(&other.capabilities),
        }
    }

    /// Whether this allows nothing that `other` does not.
    pub fn is_within(&self, other: &Self) -> bool {
        self.limits.min(&other.limits) == self.limits
            && self.capabilities.is_within(&other.capabilities)
    }
}

impl Limits {
    /// The smaller of each.
    fn min(&self, other: &Self) -> Self {
        Self {
            fuel: self.fuel.min(other.fuel),
            memory: self.memory.min(other.memory),
            tables: self.tables.min(other.tables),
            table_elements: self.table_elements.min(other.table_elements),
            instances: self.instances.min(other.instances),
            wall_time: self.wall_time.min(other.wall_time),
            stdout: self.stdout.min(other.stdout),
            stderr: self.stderr.min(other.stderr),
            input: self.input.min(other.input),
            output: self.output.min(other.output),
            files: self.files.min(other.files),
            file_bytes: self.file_bytes.min(other.file_bytes),
            network_requests: self.network_requests.min(other.network_requests),
            network_bytes: self.network_bytes.min(other.network_bytes),
            module_size: self.module_size.min(other.module_size),
        }
    }
}

impl Capabilities {
    fn intersect(&self, other: &Self) -> Self {
        Self {
            directories: largest(
                &pairs(&self.directories, &other.directories)
                    .filter_map(|(one, two)| one.meet(two))
                    .collect(),
                DirectoryGrant::is_within,
            ),
            environment: &self.environment & &other.environment,
            network: largest(
                &pairs(&self.network, &other.network)
                    .filter_map(|(one, two)| one.meet(two))
                    .collect(),
                |one, two| two.covers(one),
            )
            .into_iter()
            .collect(),
            clocks: self.clocks.min(other.clocks),
            random: self.random.meet(other.random),
        }
    }

    fn is_within(&self, other: &Self) -> bool {
        self.directories
            .iter()
            .all(|grant| other.directories.iter().any(|wide| grant.is_within(wide)))
            && self.environment.is_subset(&other.environment)
            && self
                .network
                .iter()
                .all(|grant| other.network.iter().any(|wide| wide.covers(grant)))
            && self.clocks <= other.clocks
            && self.random.is_within(other.random)
    }

    /// Drops grants that another one holds already, and sorts the rest.
    pub(crate) fn normalise(&mut self) {
        self.directories = largest(
            &std::mem::take(&mut self.directories).into_iter().collect(),
            DirectoryGrant::is_within,
        );
        self.network = largest(&std::mem::take(&mut self.network), |one, two| {
            two.covers(one)
        })
        .into_iter()
        .collect();
    }

    /// Replaces each folder by its real path, without symbolic links.
    ///
    /// # Errors
    /// The first grant whose folder is missing or out of reach, with the reason.
    pub fn resolve(&mut self) -> Result<(), (DirectoryGrant, std::io::Error)> {
        for grant in &mut self.directories {
            if let HostPath::Path(path) = &grant.host {
                let real = path
                    .canonicalize()
                    .map_err(|error| (grant.clone(), error))?;
                grant.host = HostPath::Path(real);
            }
        }
        self.normalise();
        Ok(())
    }
}

fn pairs<'a, T>(
    left: impl IntoIterator<Item = &'a T>,
    right: impl IntoIterator<Item = &'a T> + Clone,
) -> impl Iterator<Item = (&'a T, &'a T)>
where
    T: 'a,
{
    left.into_iter()
        .flat_map(move |one| right.clone().into_iter().map(move |two| (one, two)))
}

/// Those that no other one holds: what makes `a ∩ a == a`.
fn largest<T: Ord + Clone>(all: &BTreeSet<T>, within: impl Fn(&T, &T) -> bool) -> Vec<T> {
    all.iter()
        .filter(|one| !all.iter().any(|two| two != *one && within(one, two)))
        .cloned()
        .collect()
}

impl DirectoryGrant {
    /// What both grants allow: the inner folder, the same guest path, the lesser access.
    fn meet(&self, other: &Self) -> Option<Self> {
        let guest = match (&self.guest, &other.guest) {
            (GuestPath::Any, some) | (some, GuestPath::Any) => some.clone(),
            (one, two) if one == two => one.clone(),
            _ => return None,
        };
        let host = match (&self.host, &other.host) {
            (HostPath::Any, some) | (some, HostPath::Any) => some.clone(),
            (HostPath::Path(one), HostPath::Path(two)) if one.starts_with(two) => self.host.clone(),
            (HostPath::Path(one), HostPath::Path(two)) if two.starts_with(one) => {
                other.host.clone()
            }
            _ => return None,
        };
        Some(Self {
            guest,
            host,
            access: self.access.min(other.access),
        })
    }

    fn is_within(&self, other: &Self) -> bool {
        self.meet(other).as_ref() == Some(self)
    }

    /// Whether both paths are bound, so that a run can open it.
    pub fn is_bound(&self) -> bool {
        self.host != HostPath::Any && self.guest != GuestPath::Any
    }

    /// Whether it allows creating, changing and deleting.
    pub fn is_writable(&self) -> bool {
        self.access == Access::ReadWrite
    }
}

impl NetworkGrant {
    /// Whether this allows all that `other` does.
    ///
    /// `*` stands for every DNS name and `*.example.com` for every name below it. Neither
    /// stands for an IP address: addresses of the host's own network must be granted by themselves.
    pub fn covers(&self, other: &Self) -> bool {
        if self.port != other.port {
            return false;
        }
        if self.host == other.host {
            return true;
        }
        if other.host.parse::<std::net::IpAddr>().is_ok() {
            return false;
        }
        match self.host.strip_prefix('*') {
            Some("") => true,
            Some(suffix) => other.host.ends_with(suffix),
            None => false,
        }
    }

    fn meet(&self, other: &Self) -> Option<Self> {
        if self.covers(other) {
            Some(other.clone())
        } else if other.covers(self) {
            Some(self.clone())
        } else {
            None
        }
    }
}

impl Random {
    /// Seeds differ in what they give, not in how much they allow: any is within any.
    pub(crate) fn is_within(self, other: Self) -> bool {
        matches!(self, Self::Seeded(_)) || other == Self::Real
    }

    /// Of two seeds the larger, so that 0, the default, gives way to one that was chosen.
    fn meet(self, other: Self) -> Self {
        match (self, other) {
            (Self::Real, some) | (some, Self::Real) => some,
            (Self::Seeded(one), Self::Seeded(two)) => Self::Seeded(one.max(two)),
        }
    }
}

#[cfg(test)]
mod tests;
