//! The confined process as a program of its own, for the tests of this crate. What is shipped
//! has the same inside `wasm-runner`.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Some(code) = isolation::enter_if_asked(&[]) {
        return code;
    }
    eprintln!("this program is started by the tests of wasm-runner-isolation only");
    ExitCode::FAILURE
}
