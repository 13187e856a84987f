//! What a component is called by.

use super::MAX_RESOURCES;
use crate::call::{Call, Stream};
use crate::host::{State, Stop, wait_for_all};
use crate::{Form, LoadError};
use wasmtime::component::types::{self, ComponentItem, Type};
use wasmtime::component::{
    Component, ComponentExportIndex, ComponentType, Instance, InstancePre, Lift,
};
use wasmtime::{Engine, Result, Store};
use wasmtime_wasi::I32Exit;

/// A component whose imports are resolved and whose entry is known.
#[derive(Clone)]
pub(crate) struct Ready {
    pre: InstancePre<State>,
    entry: Entry,
    /// How many of the sandbox's slots a run takes.
    slots: u32,
    /// Whether a run can have several tasks, as WASI 0.3 has it.
    tasks: bool,
}

/// Where the functions are, so that no call looks for them by name.
#[derive(Clone, Copy)]
enum Entry {
    Command {
        run: ComponentExportIndex,
    },
    Tool {
        manifest: ComponentExportIndex,
        run: ComponentExportIndex,
    },
}

/// `tool-error` of the world `ocode:tool/tool`.
#[derive(ComponentType, Lift)]
#[component(record)]
struct ToolError {
    code: String,
    message: String,
    details: Option<String>,
}

/// The code of an input that does not fit, and how a command exits for it and for all others
/// (`program.rs` of the SDK).
const INVALID_INPUT: &str = "invalid_input";
const INVALID_INPUT_EXIT: i32 = 2;
const FAILED_EXIT: i32 = 1;

/// What one call from the guest can make the host copy, in bytes: no more than its memory may
/// have, and the engine's own default.
const COPY_LIMIT: u64 = 128 << 20;
const LEAST_COPY_LIMIT: u64 = 1 << 20;

impl Ready {
    pub(super) fn new(
        pre: InstancePre<State>,
        component: &Component,
        slots: u32,
        tasks: bool,
    ) -> Result<Self, LoadError> {
        let entry = Entry::of(component).ok_or(LoadError::NoEntry)?;
        Ok(Self {
            pre,
            entry,
            slots,
            tasks,
        })
    }

    /// Whether a run can have several tasks.
    pub(crate) fn has_tasks(&self) -> bool {
        self.tasks
    }

    pub(crate) fn engine(&self) -> &Engine {
        self.pre.engine()
    }

    pub(crate) fn slots(&self) -> u32 {
        self.slots
    }

    pub(crate) fn form(&self) -> Form {
        match self.entry {
            Entry::Command { .. } => Form::CommandComponent,
            Entry::Tool { .. } => Form::ToolComponent,
        }
    }

    /// What makes a call impossible before anything runs.
    pub(crate) fn refusal(&self, call: &Call) -> Option<String> {
        if self.form() != Form::ToolComponent {
            return None;
        }
        let error = std::str::from_utf8(&call.input).err()?;
        Some(no_text(error.valid_up_to()))
    }

    /// A fresh instance, from its start to its end.
    pub(crate) async fn call(&self, store: &mut Store<State>) -> Result<()> {
        let memory = store.data().limits.memory.0;
        let copied = memory.clamp(LEAST_COPY_LIMIT, COPY_LIMIT);
        store.set_hostcall_fuel(usize::try_from(copied)?);
        store.set_max_component_handles(MAX_RESOURCES);
        if let Some(tasks) = store.concurrent_resource_table() {
            tasks.set_max_capacity(MAX_RESOURCES);
        }
        let instance = self.pre.instantiate_async(&mut *store).await?;
        match &self.entry {
            Entry::Command { run } => {
                let run = instance.get_typed_func::<(), (Result<(), ()>,)>(&mut *store, run)?;
                let (ended,) = run.call_async(&mut *store, ()).await?;
                ended.map_err(|()| I32Exit(FAILED_EXIT).into())
            }
            Entry::Tool { manifest, run } => {
                let arguments = &store.data().words.args;
                match arguments.as_slice() {
                    [] => ask(store, &instance, run).await,
                    [word] if word == "manifest" => {
                        let manifest =
                            instance.get_typed_func::<(), (String,)>(&mut *store, manifest)?;
                        let (text,) = manifest.call_async(&mut *store, ()).await?;
                        put(store, text).await
                    }
                    _ => {
                        let error = ToolError {
                            code: INVALID_INPUT.to_owned(),
                            message: "this tool takes its input as JSON; its only argument is \
                                      `manifest`"
                                .to_owned(),
                            details: None,
                        };
                        refuse(store, error).await
                    }
                }
            }
        }
    }
}

/// Why a tool of our world can't be given what is no text.
pub(crate) fn no_text(at: usize) -> String {
    format!("the input is not UTF-8 (at byte {at}), and this tool takes text: give it as JSON")
}

/// Calls `run` of a tool with the input.
async fn ask(
    store: &mut Store<State>,
    instance: &Instance,
    run: &ComponentExportIndex,
) -> Result<()> {
    if store.data().live_input.is_some() {
        Box::pin(wait_for_all(store.data_mut())).await?;
    }
    let input = std::mem::take(&mut store.data_mut().input);
    store.data_mut().usage.bytes_read += input.len() as u64;
    let input =
        String::from_utf8(input).map_err(|error| Stop::NoText(error.utf8_error().valid_up_to()))?;
    let run = instance.get_typed_func::<(&str,), (Result<String, ToolError>,)>(&mut *store, run)?;
    let (answer,) = run.call_async(&mut *store, (&input,)).await?;
    match answer {
        Ok(text) => put(store, text).await,
        Err(error) => refuse(store, error).await,
    }
}

/// Keeps what a tool gave, as standard output is kept.
async fn put(store: &mut Store<State>, text: String) -> Result<()> {
    let state = store.data_mut();
    let mut bytes = text.into_bytes();
    let written = bytes.len() as u64;
    bytes.truncate(state.room(Stream::Stdout));
    state.take(Stream::Stdout, bytes, written).await
}

/// Ends the run with a tool's error, as the SDK's command does: a line on standard error, and the
/// exit code.
async fn refuse(store: &mut Store<State>, error: ToolError) -> Result<()> {
    let state = store.data_mut();
    let mut line = error.line();
    let written = line.len() as u64;
    line.truncate(state.room(Stream::Stderr));
    state.take(Stream::Stderr, line, written).await?;
    let exit = if error.code == INVALID_INPUT {
        INVALID_INPUT_EXIT
    } else {
        FAILED_EXIT
    };
    Err(I32Exit(exit).into())
}

impl ToolError {
    /// The same line as the SDK's (`ToolError::line`), fields in the order of their names.
    fn line(&self) -> Vec<u8> {
        let mut fields = serde_json::Map::new();
        fields.insert("code".to_owned(), self.code.as_str().into());
        if let Some(details) = &self.details {
            // What is no JSON although it should be is passed on as text.
            let details = serde_json::from_str(details)
                .unwrap_or_else(|_| serde_json::Value::from(details.as_str()));
            fields.insert("details".to_owned(), details);
        }
        fields.insert("level".to_owned(), "error".into());
        fields.insert("message".to_owned(), self.message.as_str().into());
        let mut line = serde_json::Value::Object(fields).to_string().into_bytes();
        line.push(b'\n');
        line
    }
}

impl Entry {
    /// A component that is both is a tool.
    fn of(component: &Component) -> Option<Self> {
        let engine = component.engine();
        let ty = component.component_type();
        let function = |name: &str, fits: fn(&types::ComponentFunc) -> bool| match ty
            .get_export(engine, name)?
            .ty
        {
            ComponentItem::ComponentFunc(ty) if fits(&ty) => component.get_export_index(None, name),
            _ => None,
        };
        if let (Some(manifest), Some(run)) =
            (function("manifest", is_manifest), function("run", is_tool))
        {
            return Some(Self::Tool { manifest, run });
        }
        let command = |later: bool| {
            let version = if later {
                "wasi:cli/run@0.3."
            } else {
                "wasi:cli/run@0.2."
            };
            ty.exports(engine).find_map(|(name, export)| {
                let ComponentItem::ComponentInstance(instance) = export.ty else {
                    return None;
                };
                let ComponentItem::ComponentFunc(ty) = instance.get_export(engine, "run")?.ty
                else {
                    return None;
                };
                if ty.async_() != later || !name.starts_with(version) || !is_command(&ty) {
                    return None;
                }
                let interface = component.get_export_index(None, name)?;
                let run = component.get_export_index(Some(&interface), "run")?;
                Some(Self::Command { run })
            })
        };
        // Where there are both, the older one may be no more than what a toolchain puts there.
        command(true).or_else(|| command(false))
    }
}

/// `func() -> result`, of WASI 0.3 `async func() -> result`
fn is_command(ty: &types::ComponentFunc) -> bool {
    let results: Vec<_> = ty.results().collect();
    ty.params().len() == 0
        && matches!(results.as_slice(), [Type::Result(result)]
            if result.ok().is_none() && result.err().is_none())
}

/// `func() -> string`
fn is_manifest(ty: &types::ComponentFunc) -> bool {
    let results: Vec<_> = ty.results().collect();
    !ty.async_() && ty.params().len() == 0 && matches!(results.as_slice(), [Type::String])
}

/// `func(input: string) -> result<string, tool-error>`
fn is_tool(ty: &types::ComponentFunc) -> bool {
    let params: Vec<_> = ty.params().collect();
    let results: Vec<_> = ty.results().collect();
    !ty.async_()
        && matches!(params.as_slice(), [(_, Type::String)])
        && matches!(results.as_slice(), [Type::Result(result)]
            if matches!(result.ok(), Some(Type::String))
                && matches!(result.err(), Some(Type::Record(record)) if is_error(&record)))
}

fn is_error(record: &types::Record) -> bool {
    let fields: Vec<_> = record
        .fields()
        .map(|field| (field.name, field.ty))
        .collect();
    matches!(fields.as_slice(), [
        ("code", Type::String),
        ("message", Type::String),
        ("details", Type::Option(details)),
    ] if matches!(details.ty(), Type::String))
}
