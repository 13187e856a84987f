//! The confined process as a program of its own, for the tests of this crate. What is shipped
//! has the same inside `wasm-runner`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let roles: isolation::Roles<'_> = &[
        (validation::ENCODE, validation::run_encode),
        (validation::JUDGE, validation::run_judge),
    ];
    if let Some(code) = isolation::enter_if_asked(roles) {
        return code;
    }
    eprintln!("this program is started by the tests of wasm-runner-validation only");
    ExitCode::FAILURE
}
