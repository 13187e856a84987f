//! Client, server and messages of the protocol `wasm_runner.v1`, generated from `proto/`, where
//! every field is documented.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    clippy::all,
    rustdoc::all,
    reason = "generated"
)]

tonic::include_proto!("wasm_runner.v1");

/// The protocol's descriptors, encoded: what the reflection service answers from.
pub const FILE_DESCRIPTOR_SET: &[u8] =
    include_bytes!(concat!(env!("OUT_DIR"), "/wasm_runner.v1.bin"));
