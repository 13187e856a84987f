//! The manifest's examples against its own schemas, before any of them is run.

use super::{Found, at};
use crate::{Contract, Example, Finding, Manifest};

pub(super) fn check(found: &mut Found, manifest: &Manifest, contract: Option<&Contract>) {
    for (index, example) in manifest.examples.iter().enumerate() {
        let place = |field: &str| at(&format!("/examples/{index}/{field}"));
        if example.output.is_some() && example.error.is_some() {
            found.add(
                Finding::error(
                    "manifest/example-output-mismatch",
                    format!("example {index} has both an output and an error"),
                    "say what the tool answers, or part of the message with which it refuses",
                )
                .at(place("error")),
            );
        }
        let Some(contract) = contract else {
            continue;
        };
        let input = contract.check_input(&example.input);
        match (&input, refused(example)) {
            (Err(mismatch), false) => found.add(
                Finding::error(
                    "manifest/example-input-mismatch",
                    format!(
                        "the input of example {index} does not fit the input schema: {mismatch}"
                    ),
                    "mend the example or the schema",
                )
                .at(place("input")),
            ),
            (Ok(()), true) if manifest.properties.total => found.add(
                Finding::error(
                    "manifest/not-total",
                    format!(
                        "the input of example {index} fits the input schema and is to be refused, and the manifest promises that no such input is"
                    ),
                    "say in the schema what is refused, or take back the promise `total`",
                )
                .at(place("error")),
            ),
            // An example of a refusal may show an input that the schema already refuses.
            _ => {}
        }
        if let Some(output) = &example.output
            && let Err(mismatch) = contract.check_output(output)
        {
            found.add(
                Finding::error(
                    "manifest/example-output-mismatch",
                    format!(
                        "the output of example {index} does not fit the output schema: {mismatch}"
                    ),
                    "mend the example or the schema",
                )
                .at(place("output")),
            );
        }
    }
}

fn refused(example: &Example) -> bool {
    example.error.is_some()
}
