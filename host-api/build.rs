//! Compiles the protocol without protoc, and keeps its descriptors for the reflection service.

use prost::Message as _;
use std::error::Error;
use std::path::PathBuf;

const FILES: [&str; 6] = [
    "wasm_runner/v1/execution.proto",
    "wasm_runner/v1/knowledge.proto",
    "wasm_runner/v1/policy.proto",
    "wasm_runner/v1/report.proto",
    "wasm_runner/v1/tool.proto",
    "wasm_runner/v1/validation.proto",
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    println!("cargo::rerun-if-changed=build.rs");
    let descriptors = protox::compile(FILES, ["proto"])?;
    let folder = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    std::fs::write(
        folder.join("wasm_runner.v1.bin"),
        descriptors.encode_to_vec(),
    )?;
    tonic_prost_build::configure()
        .bytes(".wasm_runner.v1")
        .emit_rerun_if_changed(false)
        .compile_fds(descriptors)?;
    Ok(())
}
