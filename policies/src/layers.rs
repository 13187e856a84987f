//! The three voices that decide what a call may do.

use crate::{Access, Clocks, GuestPath, NetworkGrant, Policy, Random};
use serde::{Deserialize, Serialize};
use std::fmt;

/// The three policies of a call. The call may do what all of them allow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layers {
    /// What the operator allows any tool.
    pub ceiling: Policy,
    /// What this tool's approval granted.
    pub grant: Policy,
    /// What the caller asked for; nothing asked is everything that the other two allow.
    pub call: Option<Policy>,
}

/// Which of the three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layer {
    /// The operator's ceiling.
    Ceiling,
    /// The tool's approval.
    Grant,
    /// The call itself.
    Call,
}

/// One thing that code might want to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Use the folder seen at this guest path.
    Directory {
        /// Guest path.
        guest: String,
        /// What for.
        access: Access,
    },
    /// Read this environment variable.
    Environment(String),
    /// Call this host and port.
    Network(NetworkGrant),
    /// See such a clock.
    Clocks(Clocks),
    /// See such randomness.
    Random(Random),
}

impl Layers {
    /// What all three allow.
    pub fn effective(&self) -> Policy {
        let allowed = self.ceiling.intersect(&self.grant);
        match &self.call {
            Some(call) => allowed.intersect(call),
            None => allowed,
        }
    }

    /// Which of the three says no first (ceiling, grant, call), or `None` when all allow it.
    ///
    /// Each is asked by itself: two that each allow a guest path, but for different folders of
    /// the host, both say yes here, and [`Layers::effective`] still holds nothing for it.
    pub fn deny_reason(&self, wanted: &Wanted) -> Option<Layer> {
        [
            (Layer::Ceiling, Some(&self.ceiling)),
            (Layer::Grant, Some(&self.grant)),
            (Layer::Call, self.call.as_ref()),
        ]
        .into_iter()
        .find(|(_, policy)| policy.is_some_and(|policy| !policy.allows(wanted)))
        .map(|(layer, _)| layer)
    }
}

impl Policy {
    /// Whether this policy, taken alone, allows it.
    pub fn allows(&self, wanted: &Wanted) -> bool {
        let capabilities = &self.capabilities;
        match wanted {
            Wanted::Directory { guest, access } => capabilities.directories.iter().any(|grant| {
                grant.access >= *access
                    && match &grant.guest {
                        GuestPath::Any => true,
                        GuestPath::Path(path) => path == guest,
                    }
            }),
            Wanted::Environment(name) => capabilities.environment.contains(name),
            Wanted::Network(to) => capabilities.network.iter().any(|grant| grant.covers(to)),
            Wanted::Clocks(clocks) => *clocks <= capabilities.clocks,
            Wanted::Random(random) => random.is_within(capabilities.random),
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ceiling => "the operator's ceiling",
            Self::Grant => "the tool's approval",
            Self::Call => "the call itself",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn preset(name: &str) -> Policy {
        Policy::preset(name).expect("a preset")
    }

    #[test]
    fn the_first_that_says_no_is_named() {
        let net = Wanted::Network("api.example.com:443".parse().expect("a grant"));
        let layers = |ceiling: &str, grant: &str, call: Option<&str>| Layers {
            ceiling: preset(ceiling),
            grant: preset(grant),
            call: call.map(preset),
        };
        assert_eq!(layers("web", "web", None).deny_reason(&net), None);
        assert_eq!(
            layers("pure", "pure", None).deny_reason(&net),
            Some(Layer::Ceiling)
        );
        assert_eq!(
            layers("web", "pure", None).deny_reason(&net),
            Some(Layer::Grant)
        );
        assert_eq!(
            layers("web", "web", Some("pure")).deny_reason(&net),
            Some(Layer::Call)
        );
    }

    #[test]
    fn a_call_that_asks_nothing_gets_what_the_others_allow() {
        let layers = Layers {
            ceiling: preset("workspace"),
            grant: preset("pure"),
            call: None,
        };
        assert_eq!(layers.effective(), preset("pure"));
    }

    #[test]
    fn writing_is_more_than_reading() {
        let mut policy = preset("workspace");
        policy.capabilities.directories[0].access = Access::Read;
        let wanted = |access| Wanted::Directory {
            guest: "/data".to_owned(),
            access,
        };
        assert!(policy.allows(&wanted(Access::Read)));
        assert!(!policy.allows(&wanted(Access::ReadWrite)));
    }
}
