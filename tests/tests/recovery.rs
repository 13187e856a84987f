//! A service's data is destroyed, and comes back from a backup that was taken while it served.
//!
//! Needs what `make setup` makes.

mod common;

use common::{Service, json, tools, well};
use std::path::Path;

fn call(folder: &Path, service: &Service) -> String {
    let input = r#"{"csv": "a,b\n1,2\n3,4\n"}"#;
    let args = ["tool", "call", "csv-stats", input, "--server", &service.url];
    well(folder, args)
}

#[test]
fn what_was_answered_before_a_backup_survives_the_loss_of_everything() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let backup = folder.path().join("backup.sqlite");
    let to = |service: &Service, args: &[&str]| {
        let args = args.iter().copied();
        well(folder.path(), args.chain(["--server", &*service.url]))
    };
    let service = Service::start(&data);
    let csv = tools().join("good/csv-stats").display().to_string();
    to(
        &service,
        &["proposal", "submit", &csv, "--watch", "--activate"],
    );
    let before = call(folder.path(), &service);
    let data_dir = data.display().to_string();
    let file = backup.display().to_string();
    well(
        folder.path(),
        ["backup", &file, "--data-dir", &data_dir, "--json"],
    );
    // Put back only where nobody is at work.
    let refused = common::run(
        folder.path(),
        ["restore", &file, "--replace", "--data-dir", &data_dir],
    );
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("in use by another service"), "{refused}");
    assert_eq!(call(folder.path(), &service), before);

    service.kill();
    std::fs::remove_dir_all(&data).expect("gone");
    let restored = well(
        folder.path(),
        ["restore", &file, "--data-dir", &data_dir, "--json"],
    );
    assert_eq!(json(&restored)["contents"]["active"], 1);
    let service = Service::start(&data);
    assert_eq!(call(folder.path(), &service), before);
    let shown = to(&service, &["tool", "show", "csv-stats", "--json"]);
    assert_eq!(json(&shown)["versions"][0]["state"], "active", "{shown}");
    service.stop();
}
