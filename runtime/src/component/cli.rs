//! `wasi:cli`: what a run is given, and its end.

use super::streams::{self, Stream};
use crate::host::{State, Words};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::I32Exit;
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream};

pub(super) async fn environment(state: &mut State) -> Result<Vec<(String, String)>> {
    Ok(state.words.env.clone())
}

pub(super) async fn arguments(state: &mut State) -> Result<Vec<String>> {
    let mut arguments = vec![Words::PROGRAM.to_owned()];
    arguments.extend_from_slice(&state.words.args);
    Ok(arguments)
}

pub(super) async fn initial_cwd(_: &mut State) -> Result<Option<String>> {
    Ok(None)
}

pub(super) async fn exit(_: &mut State, status: Result<(), ()>) -> Result<()> {
    Err(I32Exit(i32::from(status.is_err())).into())
}

pub(super) async fn exit_with_code(_: &mut State, code: u8) -> Result<()> {
    Err(I32Exit(code.into()).into())
}

pub(super) async fn stdin(state: &mut State) -> Result<Resource<DynInputStream>> {
    streams::push_input(state, Stream::Stdin)
}

pub(super) async fn stdout(state: &mut State) -> Result<Resource<DynOutputStream>> {
    streams::push_output(state, Stream::Stdout)
}

pub(super) async fn stderr(state: &mut State) -> Result<Resource<DynOutputStream>> {
    streams::push_output(state, Stream::Stderr)
}

/// A terminal: no run has one.
pub(super) struct Terminal<const OUTPUT: bool>;

pub(super) async fn terminal_input(_: &mut State) -> Result<Option<Resource<Terminal<false>>>> {
    Ok(None)
}

pub(super) async fn terminal_output(_: &mut State) -> Result<Option<Resource<Terminal<true>>>> {
    Ok(None)
}
