//! What a package says to wasm-runner alone: `[package.metadata.wasm-runner]`.

use super::Findings;
use crate::Form;
use toml_edit::{Item, TableLike};

/// The form that the package chooses by `form`; what else stands there is a finding.
pub(super) fn form(findings: &mut Findings<'_>, root: &dyn TableLike) -> Form {
    let metadata = root.get("package").and_then(|it| it.get("metadata"));
    let Some(ours) = metadata.and_then(|it| it.get("wasm-runner")) else {
        return Form::default();
    };
    let Some(table) = ours.as_table_like() else {
        findings.at(
            "manifest-invalid",
            ours.span(),
            "`wasm-runner` in [package.metadata] is no table",
            "write [package.metadata.wasm-runner] with form = \"command\" or \"component\"",
        );
        return Form::default();
    };
    for (key, item) in table.iter().filter(|(key, _)| *key != "form") {
        findings.at(
            "manifest-invalid",
            item.span(),
            format!("[package.metadata.wasm-runner] has `{key}`, which is not known here"),
            "remove it; the only key is `form`",
        );
    }
    let Some(written) = table.get("form") else {
        return Form::default();
    };
    let chosen = Form::ALL
        .into_iter()
        .find(|form| written.as_str() == Some(form.as_str()));
    if chosen.is_none() {
        findings.at(
            "manifest-invalid",
            written.span(),
            format!(
                "[package.metadata.wasm-runner] has form = {}, and there is no such form",
                shown(written)
            ),
            "write form = \"command\" or form = \"component\"",
        );
    }
    chosen.unwrap_or_default()
}

/// The value as it is written, or the beginning of it.
fn shown(item: &Item) -> String {
    let text = item.to_string();
    let text = text.trim();
    match text.char_indices().nth(80) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
