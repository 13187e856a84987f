//! What stands for many lines in a case that is a component.
//!
//! ```text
//! ;;@use streams stdout          imports of these interfaces and of those that they need
//! ;;@memory                      a memory with its `realloc`: $mem and $realloc
//! ;;@lower write streams [method]output-stream.write
//!                                that function as $write
//! ;;@drop forget $output-type    what drops a handle of that type as $forget
//! ;;@main                        an instance of $main-module, as $main, with all these and the
//!                                memory under `env`
//! ;;@command                     exports `run` of $main as that of a command
//! ;;@tool                        exports `manifest` and `run` of $main as those of a tool
//! ```

#[path = "../../../runtime/tests/common/interfaces.rs"]
mod interfaces;

use std::fmt::Write as _;

const COMMAND: &str = r#"
  (func $run (result (result)) (canon lift (core func $main "run")))
  (instance $entry (export "run" (func $run)))
  (export "wasi:cli/run@0.2.0" (instance $entry))
"#;

const TOOL: &str = r#"
  (type $record (record
    (field "code" string) (field "message" string) (field "details" (option string))))
  (export $tool-error "tool-error" (type $record))
  (func (export "manifest") (result string)
    (canon lift (core func $main "manifest") (memory $mem)))
  (func (export "run") (param "input" string) (result (result string (error $tool-error)))
    (canon lift (core func $main "run") (memory $mem) (realloc $realloc)))
"#;

/// What was made so far of one case.
#[derive(Default)]
pub(super) struct Component {
    /// Core functions that the main module may import.
    functions: Vec<String>,
}

impl Component {
    /// The text for a directive; `None` for one that is not known.
    pub(super) fn text(&mut self, word: &str, rest: &str) -> Result<Option<String>, String> {
        let words: Vec<&str> = rest.split_whitespace().collect();
        let text = match (word, words.as_slice()) {
            ("use", names) => interfaces::imports(names)?,
            ("memory", []) => interfaces::MEMORY.to_owned(),
            ("lower", [name, instance, function]) => {
                self.functions.push((*name).to_owned());
                format!(
                    "(alias export ${instance} \"{function}\" (func ${name}-func))
                     (core func ${name} (canon lower (func ${name}-func)
                       (memory $mem) (realloc $realloc)))\n"
                )
            }
            ("drop", [name, ty]) => {
                self.functions.push((*name).to_owned());
                format!("(core func ${name} (canon resource.drop {ty}))\n")
            }
            ("main", []) => self.main(),
            ("command", []) => COMMAND.to_owned(),
            ("tool", []) => TOOL.to_owned(),
            _ => return Ok(None),
        };
        Ok(Some(text))
    }

    fn main(&self) -> String {
        let mut text = String::from(
            "(core instance $main (instantiate $main-module (with \"env\" (instance
               (export \"memory\" (memory $mem))",
        );
        for name in &self.functions {
            let _ = write!(text, " (export \"{name}\" (func ${name}))");
        }
        text.push_str("))))\n");
        text
    }
}
