//! A service that is killed in the midst of validations takes them up again.
//!
//! Needs what `make setup` makes.

mod common;

use common::{Service, json, tools, well};
use std::collections::BTreeMap;

const PROPOSED: &[(&str, &str)] = &[
    ("good/csv-stats", "passed"),
    ("good/markdown-table", "passed"),
    ("bad/failing-test", "failed"),
    ("bad/build-script", "failed"),
];

#[test]
fn killed_amid_validations_it_ends_with_the_same_verdicts() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let paths: Vec<_> = PROPOSED
        .iter()
        .map(|(name, _)| tools().join(name))
        .collect();
    let submit = |url: &str, watch: bool| {
        let mut args = vec!["proposal".to_owned(), "submit".into(), "--json".into()];
        args.extend(["--server".to_owned(), url.to_owned()]);
        if watch {
            args.push("--watch".into());
        }
        args.extend(paths.iter().map(|path| path.display().to_string()));
        args
    };

    let service = Service::start(&data);
    // Accepted, none of them judged yet: the answer comes before the build can be done.
    let accepted = common::run(folder.path(), submit(&service.url, false));
    let accepted = json(&String::from_utf8_lossy(&accepted.stdout));
    let ids: BTreeMap<String, String> = accepted
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["name"].to_string(), one["proposal_id"].to_string()))
        .collect();
    assert_eq!(ids.len(), PROPOSED.len(), "{accepted}");
    assert!(
        accepted
            .as_array()
            .expect("a list")
            .iter()
            .any(|one| one["report"].is_null()),
        "all were judged before the kill: {accepted}"
    );
    service.kill();

    let service = Service::start(&data);
    let judged = common::run(folder.path(), submit(&service.url, true));
    let judged = json(&String::from_utf8_lossy(&judged.stdout));
    for ((name, verdict), one) in PROPOSED.iter().zip(judged.as_array().expect("a list")) {
        assert_eq!(one["state"], *verdict, "{name}: {one}");
        assert_eq!(one["already_known"], true, "{name}");
        assert_eq!(
            one["proposal_id"].to_string(),
            ids[&one["name"].to_string()],
            "{name}"
        );
    }
    let events = well(
        folder.path(),
        ["events", "--json", "--server", service.url.as_str()],
    );
    assert!(events.contains("csv-stats"), "{events}");
    service.stop();
}
