//! What is done to each input, by the fuzz targets here and by `tests/tests/fuzz.rs`: everything
//! that reads what strangers send has to refuse it or to understand it, and what it understood it
//! has to be able to say again.

use host_api::proto;
use policies::Policy;
use prost::Message as _;
use runtime::Recording;
use validation::{Contract, Manifest, ProposedTool, ValidationReport, inspect, render_human};

/// A target: its name, and what is done to an input. It says whether the input was understood.
pub(crate) type Target = (&'static str, fn(&[u8]) -> bool);

/// All of them.
pub(crate) const TARGETS: [Target; 8] = [
    ("policy", policy),
    ("manifest", manifest),
    ("proposal_json", proposal_json),
    ("proposal_wire", proposal_wire),
    ("module", module),
    ("report", report),
    ("worker_line", worker_line),
    ("recording", recording),
];

/// Whether a target has this name; the one is run then.
pub(crate) fn run(name: &str, input: &[u8]) -> bool {
    let (_, body) = TARGETS
        .iter()
        .find(|(target, _)| *target == name)
        .unwrap_or_else(|| panic!("no target {name}"));
    body(input)
}

/// A policy's text: what is understood is written and read back as the same, and no meeting of
/// two policies allows more than either.
fn policy(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else {
        return false;
    };
    let Ok(policy) = Policy::parse(text, "/fuzz/policy.toml") else {
        return false;
    };
    let written = policy.to_toml();
    let again = Policy::parse(&written, "/fuzz/policy.toml");
    assert_eq!(again.as_ref(), Ok(&policy), "{written}");
    let _ = policy.explain();
    assert_eq!(policy.intersect(&policy), policy, "{written}");
    for name in ["pure", "workspace", "web"] {
        let preset = Policy::preset(name).expect("a preset");
        let meeting = policy.intersect(&preset);
        assert!(meeting.is_within(&policy), "{name}: {written}");
        assert!(meeting.is_within(&preset), "{name}: {written}");
        assert_eq!(meeting, preset.intersect(&policy), "{name}: {written}");
    }
    true
}

fn manifest(input: &[u8]) -> bool {
    let Ok(manifest) = serde_json::from_slice::<Manifest>(input) else {
        return false;
    };
    let text = serde_json::to_string(&manifest).expect("JSON");
    let again: Manifest = serde_json::from_str(&text).expect("what was written is read");
    assert_eq!(again, manifest);
    if let Ok(contract) = Contract::new(&manifest) {
        for example in &manifest.examples {
            let _ = contract.check_input(&example.input);
            let _ = contract.check_output(&example.input);
        }
    }
    true
}

fn proposal_json(input: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(input) else {
        return false;
    };
    let Ok(proposal) = ProposedTool::from_json(text) else {
        return false;
    };
    same_on_the_wire(&proposal);
    true
}

fn proposal_wire(input: &[u8]) -> bool {
    let Ok(wire) = proto::ProposedTool::decode(input) else {
        return false;
    };
    let Ok(proposal) = ProposedTool::try_from(wire) else {
        return false;
    };
    let _ = proposal.check();
    same_on_the_wire(&proposal);
    true
}

fn same_on_the_wire(proposal: &ProposedTool) {
    let bytes = proto::ProposedTool::from(proposal).encode_to_vec();
    let wire = proto::ProposedTool::decode(bytes.as_slice()).expect("what was written is read");
    let again = ProposedTool::try_from(wire).expect("what was a proposal is one");
    assert_eq!(&again, proposal);
}

/// A module, before the engine sees it.
fn module(input: &[u8]) -> bool {
    inspect(input).is_ok()
}

fn report(input: &[u8]) -> bool {
    let Ok(report) = serde_json::from_slice::<ValidationReport>(input) else {
        return false;
    };
    let _ = render_human(&report);
    let text = serde_json::to_string(&report).expect("JSON");
    let again: ValidationReport = serde_json::from_str(&text).expect("what was written is read");
    assert_eq!(serde_json::to_string(&again).expect("JSON"), text);
    true
}

/// A line of a confined process that judges.
fn worker_line(input: &[u8]) -> bool {
    validation::is_judges_line(input)
}

/// A recording, or what is inside of one: no change gets past its digest. What is understood is
/// written and read back as the same.
fn recording(input: &[u8]) -> bool {
    let whole = Recording::from_bytes(input);
    let Ok(recording) = whole.or_else(|_| Recording::from_content(input)) else {
        return false;
    };
    let bytes = recording.to_bytes().expect("it is not larger than it was");
    let again = Recording::from_bytes(&bytes);
    assert_eq!(again.as_ref(), Ok(&recording));
    let content = recording.to_content().expect("it is what can be written");
    assert_eq!(Recording::from_content(&content), Ok(recording));
    true
}
