//! What a package says to wasm-runner alone: `[package.metadata.wasm-runner]`.

use super::Findings;
use crate::{CallBudget, Form};
use std::str::FromStr;
use toml_edit::{Item, TableLike};

/// What stands there.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Wishes {
    /// What it wants to be compiled to.
    pub(crate) form: Form,
    /// The name of the program that does the same in another way.
    pub(crate) reference: Option<String>,
    /// What it promises to need at most.
    pub(crate) budget: CallBudget,
}

/// What the package says; what is not understood is a finding.
pub(super) fn read(findings: &mut Findings<'_>, root: &dyn TableLike) -> Wishes {
    let mut wishes = Wishes::default();
    let metadata = root.get("package").and_then(|it| it.get("metadata"));
    let Some(ours) = metadata.and_then(|it| it.get("wasm-runner")) else {
        return wishes;
    };
    let Some(table) = ours.as_table_like() else {
        findings.at(
            "manifest-invalid",
            ours.span(),
            "`wasm-runner` in [package.metadata] is no table",
            "write [package.metadata.wasm-runner] with form = \"command\" or \"component\"",
        );
        return wishes;
    };
    for (key, item) in table.iter() {
        match key {
            "form" => wishes.form = form(findings, item),
            "reference" => wishes.reference = reference(findings, item),
            "budget" => wishes.budget = budget(findings, item),
            _ => findings.at(
                "manifest-invalid",
                item.span(),
                format!("[package.metadata.wasm-runner] has `{key}`, which is not known here"),
                "remove it; the keys are `form`, `reference` and `budget`",
            ),
        }
    }
    wishes
}

fn form(findings: &mut Findings<'_>, written: &Item) -> Form {
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

/// Whether there is such a program, cargo knows.
fn reference(findings: &mut Findings<'_>, written: &Item) -> Option<String> {
    let name = written.as_str().filter(|name| !name.is_empty());
    if name.is_none() {
        findings.at(
            "manifest-invalid",
            written.span(),
            format!(
                "[package.metadata.wasm-runner] has reference = {}, which is no name",
                shown(written)
            ),
            "write the name of the [[bin]] that does the same in another way",
        );
    }
    name.map(str::to_owned)
}

fn budget(findings: &mut Findings<'_>, item: &Item) -> CallBudget {
    const EXAMPLE: &str = "write fuel = \"5 M\", memory = \"4 MiB\", growth = 1 and input = \"16 KiB\", or some of it";
    let mut budget = CallBudget::default();
    let Some(table) = item.as_table_like() else {
        findings.at(
            "manifest-invalid",
            item.span(),
            "`budget` in [package.metadata.wasm-runner] is no table",
            EXAMPLE,
        );
        return budget;
    };
    for (key, value) in table.iter() {
        let read = match key {
            "fuel" => fuel(value).map(|it| budget.fuel = Some(it)),
            "memory" => text(value).map(|it| budget.memory = Some(it)),
            "growth" => number(value).map(|it| budget.growth = Some(it)),
            "input" => text(value).map(|it| budget.input = Some(it)),
            _ => Err("it is not known here".to_owned()),
        };
        if let Err(why) = read {
            findings.at(
                "manifest-invalid",
                value.span(),
                format!("the budget has {key} = {}: {why}", shown(value)),
                EXAMPLE,
            );
        }
    }
    for (part, why) in budget.problems() {
        findings.at(
            "manifest-invalid",
            table.get(part).and_then(Item::span),
            format!("the budget's {part} can't be meant: {why}"),
            EXAMPLE,
        );
    }
    budget
}

/// A number has no unit here, as in a policy.
fn fuel(value: &Item) -> Result<policies::Fuel, String> {
    match value.as_integer() {
        Some(number) => u64::try_from(number)
            .map(policies::Fuel)
            .map_err(|_| "it is negative".to_owned()),
        None => text(value),
    }
}

/// A quantity, with its unit.
fn text<T: FromStr<Err: std::fmt::Display>>(value: &Item) -> Result<T, String> {
    let text = value.as_str().ok_or("it is no text with a unit")?;
    text.parse().map_err(|error: T::Err| error.to_string())
}

#[allow(clippy::cast_precision_loss, reason = "exponents are small")]
fn number(value: &Item) -> Result<f64, String> {
    let whole = value.as_integer().map(|whole| whole as f64);
    whole
        .or_else(|| value.as_float())
        .ok_or_else(|| "it is no number".to_owned())
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
