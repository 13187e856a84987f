//! What goes into a tool and what comes out, held against its contract.

use super::tools::Code;
use bytes::Bytes;
use runtime::{Execution, Outcome};
use serde_json::Value;
use std::sync::Arc;
use tonic::Status;
use validation::Mismatch;

/// Above this, reading JSON takes long enough to keep others waiting.
const INLINE_BYTES: usize = 64 * 1024;

/// What is wrong with an input, if anything.
pub(crate) async fn check_input(
    code: &Arc<Code>,
    input: &Bytes,
) -> Result<Option<Outcome>, Status> {
    let message = check(code, input.clone(), |code, value| {
        code.contract.check_input(value)
    })
    .await?;
    Ok(message.map(|message| Outcome::InvalidInput {
        message: format!("the input {message}"),
    }))
}

/// Turns a success whose output breaks the contract into what it is.
pub(crate) async fn check_output(
    code: &Arc<Code>,
    mut execution: Execution,
) -> Result<Execution, Status> {
    if execution.outcome == Outcome::Success {
        let output = Bytes::from(std::mem::take(&mut execution.output));
        let message = check(code, output.clone(), |code, value| {
            code.contract.check_output(value)
        })
        .await?;
        // No copy: nobody else holds the bytes any more.
        execution.output = output.into();
        if let Some(message) = message {
            execution.outcome = Outcome::InvalidOutput {
                message: format!("the output {message}"),
            };
        }
    }
    Ok(execution)
}

async fn check(
    code: &Arc<Code>,
    text: Bytes,
    against: fn(&Code, &Value) -> Result<(), Mismatch>,
) -> Result<Option<String>, Status> {
    if text.len() <= INLINE_BYTES {
        return Ok(judge(code, &text, against));
    }
    let code = Arc::clone(code);
    tokio::task::spawn_blocking(move || judge(&code, &text, against))
        .await
        .map_err(|error| crate::status::internal("reading JSON", &error))
}

fn judge(
    code: &Code,
    text: &[u8],
    against: fn(&Code, &Value) -> Result<(), Mismatch>,
) -> Option<String> {
    match serde_json::from_slice(text) {
        Err(error) => Some(format!("is no JSON value: {error}")),
        Ok(value) => match against(code, &value) {
            Err(mismatch) => Some(format!("does not fit the tool's schema: {mismatch}")),
            Ok(()) => None,
        },
    }
}
