//! What a caller should know of a tool that did not answer, or not to all that it was given.

use super::list;
use crate::client::Client;
use crate::output::{WARN, err, harmless};
use crate::problem::Problem;
use crate::wire::{ToolName, state_name};
use host_api::proto::{GetToolRequest, ToolState, ToolVersion};
use std::io::Write;
use tonic::{Code, Status};
use validation::{CapabilityRequest, Manifest};

/// Versions that are named in a remedy.
const SHOWN: usize = 5;

/// The error of a call, with what there is instead of the tool that was named.
pub(super) async fn explained(
    client: &Client,
    asked: &ToolName,
    error: anyhow::Error,
) -> anyhow::Error {
    let code = error.downcast_ref::<Status>().map(Status::code);
    if !matches!(code, Some(Code::NotFound | Code::FailedPrecondition)) {
        return error;
    }
    // Where even this can't be had, the service's own words have to do.
    let Ok(all) = list::all(client, "", std::iter::empty()).await else {
        return error;
    };
    let what = error.to_string();
    match error.downcast::<Status>() {
        Ok(status) => Problem::new(harmless(status.message()))
            .remedy(remedy(asked, &all))
            .into(),
        Err(_) => Problem::new(what).remedy(remedy(asked, &all)).into(),
    }
}

fn remedy(asked: &ToolName, all: &[ToolVersion]) -> String {
    let mut versions: Vec<_> = all.iter().filter(|it| it.name == asked.name).collect();
    if versions.is_empty() {
        let near = nearest(&asked.name, all.iter().map(|it| it.name.as_str()));
        let near = near.map_or(String::new(), |near| format!("did you mean `{near}`? "));
        return format!(
            "{near}`wasm-runner tool list --state active` names those that can be called"
        );
    }
    // Those that can be called first, then those that nearly can.
    versions.sort_by_key(|it| match it.state() {
        ToolState::Active => 0,
        ToolState::Passed => 1,
        ToolState::Review => 2,
        _ => 3,
    });
    let best = versions[0];
    let named = |it: &&ToolVersion| format!("{} ({})", it.version, state_name(it.state()));
    let list: Vec<_> = versions.iter().take(SHOWN).map(named).collect();
    let name = format!("{}@{}", asked.name, best.version);
    let next = match best.state() {
        ToolState::Active => format!("call {name}"),
        ToolState::Passed => format!("activate it: wasm-runner tool activate {name}"),
        ToolState::Review => {
            format!("decide on it: wasm-runner proposal decide {name} --approve --reason …")
        }
        ToolState::Proposed | ToolState::Validating => {
            format!("wait for its verdict: wasm-runner proposal watch {name}")
        }
        _ => "raise the version and submit it again".to_owned(),
    };
    format!("there are {}; {next}", list.join(", "))
}

/// The name that is meant, if one is near.
fn nearest<'a>(word: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|name| (strsim::osa_distance(word, name), name))
        .filter(|(distance, name)| *distance <= 2.max(name.len() / 4) && *distance < name.len())
        .min()
        .map(|(_, name)| name)
}

/// Says on standard error which variables the tool did not see, because it never asked for them.
pub(super) async fn tell_unseen(
    client: &Client,
    name: &str,
    version: &str,
    given: &[String],
) -> anyhow::Result<()> {
    let request = GetToolRequest {
        name: name.to_owned(),
        version: version.to_owned(),
        ..GetToolRequest::default()
    };
    // The call is over and well: what can't be asked now is not its failure.
    let Ok(answer) = client.knowledge().get_tool(request).await else {
        return Ok(());
    };
    let Some(Ok(manifest)) = answer.into_inner().manifest.map(Manifest::try_from) else {
        return Ok(());
    };
    let mut err = err();
    for variable in unseen(&manifest, given) {
        writeln!(
            err,
            "{WARN}warning:{WARN:#} {} did not see the variable {}: it does not ask for it \
             (`wasm-runner tool show {}` says what it asks for)",
            harmless(name),
            harmless(variable),
            harmless(name)
        )?;
    }
    Ok(())
}

fn unseen<'a>(manifest: &Manifest, given: &'a [String]) -> Vec<&'a str> {
    let asks = |variable: &str| {
        manifest.capabilities.iter().any(|request| {
            matches!(request, CapabilityRequest::Environment { name, .. } if name == variable)
        })
    };
    given
        .iter()
        .map(String::as_str)
        .filter(|variable| !asks(variable))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(name: &str, version: &str, state: ToolState) -> ToolVersion {
        ToolVersion {
            name: name.to_owned(),
            version: version.to_owned(),
            state: state.into(),
            ..ToolVersion::default()
        }
    }

    #[test]
    fn a_call_that_finds_nothing_is_told_what_there_is() {
        let all = [
            version("word-count", "0.2.0", ToolState::Failed),
            version("word-count", "0.1.0", ToolState::Active),
            version("text-search", "1.0.0", ToolState::Passed),
            version("fetch", "1.0.0", ToolState::Review),
        ];
        for (asked, part) in [
            ("wrod-count", "did you mean `word-count`?"),
            ("nothing-near", "wasm-runner tool list"),
            (
                "word-count@9.0.0",
                "there are 0.1.0 (active), 0.2.0 (failed); call word-count@0.1.0",
            ),
            ("text-search", "wasm-runner tool activate text-search@1.0.0"),
            ("fetch", "wasm-runner proposal decide fetch@1.0.0"),
        ] {
            let told = remedy(&asked.parse().expect("a name"), &all);
            assert!(told.contains(part), "{asked}: {told}");
        }
        let told = remedy(&"nothing-near".parse().expect("a name"), &all);
        assert!(!told.contains("did you mean"), "{told}");
    }

    #[test]
    fn a_variable_that_no_one_asked_for_is_told() {
        let manifest: Manifest = serde_json::from_value(serde_json::json!({
            "name": "n", "version": "1.0.0", "description": "d", "input_schema": true,
            "output_schema": true,
            "capabilities": [{"kind": "environment", "name": "TZ", "reason": "r"}],
        }))
        .expect("a manifest");
        let given = ["FOO".to_owned(), "TZ".to_owned()];
        assert_eq!(unseen(&manifest, &given), ["FOO"]);
    }
}
