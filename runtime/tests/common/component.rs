//! Components written by hand.

use super::interfaces::{MEMORY, imports};
use std::fmt::Write as _;

/// A core function lowered from an import: `(instance, function)` under the core name given, as
/// `host` `name` for the guest's module.
fn lowered(functions: &[(&str, &str, &str)]) -> String {
    let mut text = String::new();
    for (name, instance, function) in functions {
        let _ = writeln!(
            text,
            "(alias export ${instance} \"{function}\" (func ${name}-func))
             (core func ${name} (canon lower (func ${name}-func)
               (memory $mem) (realloc $realloc)))"
        );
    }
    text
}

/// A guest: `functions` are what it imports (name here, interface here, name there), `resources`
/// core functions that drop (name, component type), `module` the parts of its core module after
/// the imports, which has the memory as `$m`.
fn guest(
    functions: &[(&str, &str, &str)],
    resources: &[(&str, &str)],
    signatures: &str,
    module: &str,
) -> String {
    let uses: Vec<&str> = functions.iter().map(|(_, instance, _)| *instance).collect();
    let mut text = imports(&uses).unwrap_or_else(|error| panic!("{error}"));
    text.push_str(MEMORY);
    text.push_str(&lowered(functions));
    for (name, ty) in resources {
        let _ = writeln!(text, "(core func ${name} (canon resource.drop ${ty}))");
    }
    let _ = writeln!(
        text,
        "(core module $main-module
           (import \"env\" \"memory\" (memory $m 1))
           {signatures}
           {module})
         (core instance $main (instantiate $main-module (with \"env\" (instance
           (export \"memory\" (memory $mem))"
    );
    for name in functions
        .iter()
        .map(|(name, ..)| name)
        .chain(resources.iter().map(|(name, _)| name))
    {
        let _ = writeln!(text, "(export \"{name}\" (func ${name}))");
    }
    text.push_str("))))\n");
    text
}

/// What a guest of these helpers is made of.
#[derive(Default)]
pub(crate) struct Guest<'a> {
    /// Functions that it imports: name here, interface (of `INTERFACES`), name there, and the
    /// core signature.
    pub(crate) functions: &'a [(&'a str, &'a str, &'a str, &'a str)],
    /// Resources that it drops: name here, and the component's type.
    pub(crate) drops: &'a [(&'a str, &'a str)],
    /// Parts of its core module.
    pub(crate) module: &'a str,
}

impl Guest<'_> {
    fn text(&self) -> String {
        let mut signatures = String::new();
        for (name, _, _, signature) in self.functions {
            let _ = writeln!(
                signatures,
                "(import \"env\" \"{name}\" (func ${name} {signature}))"
            );
        }
        for (name, _) in self.drops {
            let _ = writeln!(
                signatures,
                "(import \"env\" \"{name}\" (func ${name} (param i32)))"
            );
        }
        let functions: Vec<_> = self
            .functions
            .iter()
            .map(|(name, instance, function, _)| (*name, *instance, *function))
            .collect();
        guest(&functions, self.drops, &signatures, self.module)
    }

    /// A command: its module exports `run` without parameters, which gives 0 or 1.
    pub(crate) fn command(&self) -> Vec<u8> {
        parse(&format!(
            "(component {}
               (func $run (result (result)) (canon lift (core func $main \"run\")))
               (instance $entry (export \"run\" (func $run)))
               (export \"wasi:cli/run@0.2.0\" (instance $entry)))",
            self.text()
        ))
    }

    /// A tool: its module exports `manifest` (gives where the text's place and length are) and
    /// `run` (takes the input's place and length, gives where the result is).
    pub(crate) fn tool(&self) -> Vec<u8> {
        parse(&format!(
            "(component {}
               (type $record (record
                 (field \"code\" string) (field \"message\" string)
                 (field \"details\" (option string))))
               (export $tool-error \"tool-error\" (type $record))
               (func (export \"manifest\") (result string)
                 (canon lift (core func $main \"manifest\") (memory $mem)))
               (func (export \"run\") (param \"input\" string)
                 (result (result string (error $tool-error)))
                 (canon lift (core func $main \"run\") (memory $mem) (realloc $realloc))))",
            self.text()
        ))
    }
}

/// A tool of a manifest that is `{}`, with `run` as its function's body: `$in` and `$length` are
/// where the input is. `$give` makes a result of a text, `$fail` one of an error's parts.
pub(crate) fn tool(functions: &[(&str, &str, &str, &str)], rest: &str, run: &str) -> Vec<u8> {
    let module = format!(
        r#"(data (i32.const 16) "{{}}")
           (data (i32.const 0) "\10\00\00\00\02\00\00\00")
           (func (export "manifest") (result i32) (i32.const 0))
           (func $give (param $at i32) (param $length i32) (result i32)
             (i32.store8 (i32.const 256) (i32.const 0))
             (i32.store (i32.const 260) (local.get $at))
             (i32.store (i32.const 264) (local.get $length))
             (i32.const 256))
           (func $fail (param $code i32) (param $code-length i32) (param $at i32)
             (param $length i32) (param $details i32) (param $details-length i32) (result i32)
             (i32.store8 (i32.const 256) (i32.const 1))
             (i32.store (i32.const 260) (local.get $code))
             (i32.store (i32.const 264) (local.get $code-length))
             (i32.store (i32.const 268) (local.get $at))
             (i32.store (i32.const 272) (local.get $length))
             (i32.store8 (i32.const 276) (i32.ne (local.get $details) (i32.const 0)))
             (i32.store (i32.const 280) (local.get $details))
             (i32.store (i32.const 284) (local.get $details-length))
             (i32.const 256))
           {rest}
           (func (export "run") (param $in i32) (param $length i32) (result i32) {run})"#
    );
    let guest = Guest {
        functions,
        module: &module,
        ..Guest::default()
    };
    guest.tool()
}

/// A command with `run` as its function's body, which leaves 0 or 1.
pub(crate) fn command(functions: &[(&str, &str, &str, &str)], rest: &str, run: &str) -> Vec<u8> {
    let module = format!("{rest} (func (export \"run\") (result i32) {run})");
    let guest = Guest {
        functions,
        module: &module,
        ..Guest::default()
    };
    guest.command()
}

pub(crate) fn parse(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"))
}
