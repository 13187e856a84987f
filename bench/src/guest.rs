//! The guests, built as every tool is built.

use anyhow::{Context as _, Result, bail};
use isolation::{Isolation, LocalLauncher};
use runtime::CancellationToken;
use serde_json::{Value, json};
use std::path::Path;
use validation::{BuildOptions, Form, Installation, Manifest, ProposedTool, build_with};

/// A guest in `guests/`.
pub(crate) struct Guest {
    pub(crate) name: &'static str,
    pub(crate) wasm: Vec<u8>,
}

/// A tool whose input is an order and whose output are its sums.
pub(crate) fn orders() -> Result<Guest> {
    build(
        "orders",
        include_str!("../guests/orders.rs"),
        &["serde", "serde_json"],
    )
}

/// The same tool written with the SDK, in one of its forms.
pub(crate) fn orders_tool(form: Form) -> Result<Guest> {
    build_as(
        form,
        "orders-tool",
        include_str!("../guests/orders_tool.rs"),
        &["schemars", "serde", "wasm-runner-sdk"],
    )
}

/// Works as many steps as its input says.
pub(crate) fn spin() -> Result<Guest> {
    build("spin", include_str!("../guests/spin.rs"), &[])
}

/// Sleeps as often and as long as its input says.
pub(crate) fn wait() -> Result<Guest> {
    build("wait", include_str!("../guests/wait.rs"), &[])
}

/// Says as many lines as its input says.
pub(crate) fn talk() -> Result<Guest> {
    build("talk", include_str!("../guests/talk.rs"), &[])
}

/// What `orders` is given everywhere.
pub(crate) fn order() -> Vec<u8> {
    let line = |article: &str, group: &str, count: u32, cents: u32| json!({"article": article, "group": group, "count": count, "cents": cents});
    json!({
        "customer": "Ada Lovelace",
        "lines": [
            line("pencil", "paper", 12, 35),
            line("lamp", "furniture", 1, 4999),
        ],
    })
    .to_string()
    .into_bytes()
}

/// What `orders` answers to [`order`].
pub(crate) const SUMS: &[u8] = br#"{"customer":"Ada Lovelace","articles":["PENCIL","LAMP"],"groups":{"furniture":4999,"paper":420},"cents":5419}"#;

/// The proposal of a guest, as an agent would make it.
pub(crate) fn proposal(
    name: &str,
    source: &str,
    dependencies: &[&str],
    manifest: &Manifest,
) -> Result<ProposedTool> {
    Ok(serde_json::from_value(json!({
        "name": name, "version": "1.0.0", "description": "A guest of the bench.",
        "language": "rust", "source_code": source,
        "dependencies": dependencies.iter().map(|name| match *name {
            "serde" => "serde = { version = \"1\", features = [\"derive\"] }",
            other => other,
        }).collect::<Vec<_>>(),
        "specification": manifest,
    }))?)
}

/// The contract of `orders`, with the types that a program in Rust would have derived.
pub(crate) fn manifest(name: &str) -> Result<Manifest> {
    let (input, output): (Value, Value) = match name {
        "orders" => (
            json!({
                "type": "object", "required": ["customer", "lines"],
                "properties": {
                    "customer": {"type": "string"},
                    "lines": {"type": "array", "items": {
                        "type": "object", "required": ["article", "group", "count", "cents"],
                        "properties": {
                            "article": {"type": "string"}, "group": {"type": "string"},
                            "count": {"type": "integer", "minimum": 0},
                            "cents": {"type": "integer", "minimum": 0},
                        },
                    }},
                },
            }),
            json!({
                "type": "object", "required": ["customer", "articles", "groups", "cents"],
                "properties": {
                    "customer": {"type": "string"},
                    "articles": {"type": "array", "items": {"type": "string"}},
                    "groups": {"type": "object", "additionalProperties": {"type": "integer"}},
                    "cents": {"type": "integer", "minimum": 0},
                },
            }),
        ),
        _ => (json!(true), json!(true)),
    };
    Ok(serde_json::from_value(json!({
        "name": name, "version": "1.0.0", "description": "A guest of the bench.",
        "input_schema": input, "output_schema": output,
        "examples": [],
    }))?)
}

/// A folder where guests are kept once they are built, for profilers under which no compiler
/// runs.
const KEPT: &str = "WASM_RUNNER_BENCH_GUESTS";

fn build(name: &'static str, source: &str, dependencies: &[&str]) -> Result<Guest> {
    build_as(Form::Command, name, source, dependencies)
}

fn build_as(form: Form, name: &'static str, source: &str, dependencies: &[&str]) -> Result<Guest> {
    let kept = std::env::var_os(KEPT).map(|folder| {
        let file = format!("{name}.{}", form.as_str());
        Path::new(&folder).join(file)
    });
    if let Some(wasm) = kept.as_ref().and_then(|file| std::fs::read(file).ok()) {
        return Ok(Guest { name, wasm });
    }
    let guest = compile(form, name, source, dependencies)?;
    if let Some(file) = kept {
        std::fs::write(&file, &guest.wasm).with_context(|| file.display().to_string())?;
    }
    Ok(guest)
}

fn compile(form: Form, name: &'static str, source: &str, dependencies: &[&str]) -> Result<Guest> {
    eprintln!("building the guest {name} as a {}", form.as_str());
    let installation = Installation::open(&Installation::locate())?;
    let proposal = proposal(name, source, dependencies, &manifest(name)?)?;
    let built = tokio::runtime::Runtime::new()?.block_on(async {
        // The guests are ours, so the ring need not be whole.
        let program = std::env::current_exe()?;
        let launcher = LocalLauncher::new(&program, Isolation::BestEffort).await?;
        let cancel = CancellationToken::new();
        let mut options = BuildOptions::default();
        options.form = Some(form);
        let step = |_| {};
        let built = build_with(
            &options,
            &installation,
            &launcher,
            &proposal,
            &step,
            &cancel,
        );
        anyhow::Ok(built.await?)
    })?;
    match built.module {
        Some(wasm) => Ok(Guest { name, wasm }),
        None => bail!("the guest {name} does not build: {:#?}", built.findings),
    }
}
