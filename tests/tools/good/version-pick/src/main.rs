mod requirement;
mod version;

use requirement::Requirement;
use std::collections::BTreeSet;
use version::Version;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// Such as `1.4.0` or `2.0.0-rc.1`.
    #[schemars(length(max = 1000))]
    versions: Vec<String>,
    /// As in Cargo.toml.
    #[schemars(length(max = 200))]
    requirement: String,
    /// The one that is used now, to tell what an update would be.
    #[serde(default)]
    current: Option<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// The highest that is asked for, if there is any.
    picked: Option<String>,
    /// All that are asked for, from low to high, each once.
    matching: Vec<String>,
    /// All others, from low to high.
    other: Vec<String>,
    /// What the way from `current` to the one that is picked is.
    #[serde(skip_serializing_if = "Option::is_none")]
    update: Option<Update>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Update {
    None,
    /// To a lower one.
    Downgrade,
    /// From a pre-release of the same version, or to another.
    Prerelease,
    Patch,
    Minor,
    Major,
}

/// Picks the version that a requirement asks for, sorts all others by it, and tells what kind of
/// update it would be (Semantic Versioning 2.0, requirements as in Cargo.toml).
#[tool(
    example(
        name = "the highest that is compatible",
        input = {"versions": ["1.9.0", "1.10.0", "2.0.0", "1.2.0"], "requirement": "^1.9", "current": "1.9.0"},
        output = {
            "picked": "1.10.0", "matching": ["1.9.0", "1.10.0"], "other": ["1.2.0", "2.0.0"],
            "update": "minor"
        }
    ),
    example(
        name = "pre-releases only where they are named",
        input = {"versions": ["1.0.0-rc.2", "1.0.0-rc.10", "1.1.0-beta"], "requirement": ">=1.0.0-rc.1"},
        output = {
            "picked": "1.0.0-rc.10", "matching": ["1.0.0-rc.2", "1.0.0-rc.10"],
            "other": ["1.1.0-beta"]
        }
    ),
    example(
        name = "no version",
        input = {"versions": ["1.0"], "requirement": "*"},
        error = "1.0"
    ),
    properties(deterministic)
)]
fn version_pick(input: Input) -> Result<Output, ToolError> {
    if input.versions.len() > 1000 {
        return Err(ToolError::invalid_input(
            "`versions` has at most 1000 elements",
        ));
    }
    if input.requirement.chars().count() > 200 {
        return Err(ToolError::invalid_input(
            "`requirement` has at most 200 characters",
        ));
    }
    let bad_version = |text: &str| {
        Version::read(text).map_err(|problem| {
            ToolError::new("bad_version", format!("{text:?} is no version: {problem}"))
        })
    };
    let requirement = Requirement::read(&input.requirement).map_err(|problem| {
        let text = &input.requirement;
        ToolError::new(
            "bad_requirement",
            format!("{text:?} is no requirement: {problem}"),
        )
    })?;
    let versions = input
        .versions
        .iter()
        .map(|text| bad_version(text))
        .collect::<Result<BTreeSet<Version>, ToolError>>()?;
    let current = input.current.as_deref().map(bad_version).transpose()?;
    let (matching, other): (Vec<_>, Vec<_>) = versions
        .iter()
        .partition(|version| requirement.allows(version));
    let picked = matching.last().copied();
    let update = current
        .zip(picked)
        .map(|(current, picked)| update(&current, picked));
    let written = |versions: &[&Version]| -> Vec<String> {
        versions.iter().map(ToString::to_string).collect()
    };
    Ok(Output {
        picked: picked.map(ToString::to_string),
        matching: written(&matching),
        other: written(&other),
        update,
    })
}

fn update(from: &Version, to: &Version) -> Update {
    if from.precedence(to).is_eq() {
        Update::None
    } else if from.precedence(to).is_gt() {
        Update::Downgrade
    } else if from.major != to.major {
        Update::Major
    } else if from.minor != to.minor {
        Update::Minor
    } else if from.patch != to.patch {
        Update::Patch
    } else {
        Update::Prerelease
    }
}

#[cfg(test)]
mod tests;
