//! `docs/metrics.md` is what the table says.

use std::path::Path;

/// To write it anew: `UPDATE_DOCS=1 cargo test --workspace --test metrics_page`.
#[test]
fn the_reference_page_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/metrics.md");
    let page = host_api::metrics_page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("written");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == page,
        "docs/metrics.md is not what the table of metrics says; write it anew: \
         UPDATE_DOCS=1 cargo test --workspace --test metrics_page"
    );
}
