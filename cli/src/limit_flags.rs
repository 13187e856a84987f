//! Every limit of a policy as a flag.

use crate::problem::Problem;
use clap::Args;
use policies::{Bytes, Fuel, Limits, Policy, PolicyError, WallTime};
use std::fmt::Write;

/// Limits, named as the keys of a policy's `[limits]` (`input` and `output` as `--input-size`
/// and `--output-size`: without it they would read like files).
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Limits (each overrides the policy's)")]
pub(crate) struct LimitFlags {
    /// WebAssembly work, about one unit an instruction: "100 M"
    #[arg(long, value_name = "UNITS")]
    fuel: Option<Fuel>,
    /// Linear memory, in whole pages of 64 KiB: "64 MiB"
    #[arg(long, value_name = "SIZE")]
    memory: Option<Bytes>,
    /// Time from start to end, waiting included: "2 s"
    #[arg(long, value_name = "TIME")]
    wall_time: Option<WallTime>,
    /// Standard input: "1 MiB"
    #[arg(long, value_name = "SIZE")]
    input_size: Option<Bytes>,
    /// Standard output; more ends the run: "1 MiB"
    #[arg(long, value_name = "SIZE")]
    output_size: Option<Bytes>,
    /// Standard output kept for show (`stdout` of --json); more is cut: "64 KiB"
    #[arg(long, value_name = "SIZE")]
    stdout: Option<Bytes>,
    /// Standard error kept for show (`stderr` of --json); more is cut: "64 KiB"
    #[arg(long, value_name = "SIZE")]
    stderr: Option<Bytes>,
    /// Files and folders that may be made
    #[arg(long, value_name = "COUNT")]
    files: Option<u32>,
    /// Bytes that may be written to files in all: "64 MiB"
    #[arg(long, value_name = "SIZE")]
    file_bytes: Option<Bytes>,
    /// Connections, HTTP requests, look-ups and UDP peers in all
    #[arg(long, value_name = "COUNT")]
    network_requests: Option<u32>,
    /// Bytes that may be sent and received over the network in all: "64 MiB"
    #[arg(long, value_name = "SIZE")]
    network_bytes: Option<Bytes>,
    /// Tables of the module
    #[arg(long, value_name = "COUNT")]
    tables: Option<u32>,
    /// Elements of any one table
    #[arg(long, value_name = "COUNT")]
    table_elements: Option<u32>,
    /// Instances of one run (more than one only for components)
    #[arg(long, value_name = "COUNT")]
    instances: Option<u32>,
    /// The module's own size: "16 MiB"
    #[arg(long, value_name = "SIZE")]
    module_size: Option<Bytes>,
}

impl LimitFlags {
    /// Whether writing to files was spoken of.
    pub(crate) fn has_file_limits(&self) -> bool {
        self.files.is_some() || self.file_bytes.is_some()
    }

    /// Whether the network's use was spoken of.
    pub(crate) fn has_network_limits(&self) -> bool {
        self.network_requests.is_some() || self.network_bytes.is_some()
    }

    /// Puts the given limits in place of the policy's.
    ///
    /// # Errors
    /// When one is beyond what there can be, such as memory that is no whole number of pages.
    pub(crate) fn apply(&self, limits: &mut Limits) -> Result<(), Problem> {
        self.check()?;
        macro_rules! set {
            ($($key:ident from $flag:ident),* $(,)?) => {
                $(if let Some(value) = self.$flag { limits.$key = value; })*
            };
        }
        set!(
            fuel from fuel, memory from memory, wall_time from wall_time, input from input_size,
            output from output_size, stdout from stdout, stderr from stderr, files from files,
            file_bytes from file_bytes, tables from tables, table_elements from table_elements,
            instances from instances, module_size from module_size,
            network_requests from network_requests, network_bytes from network_bytes,
        );
        Ok(())
    }

    /// The rules for what a limit can be are the policy file's: so a policy file is what asks.
    fn check(&self) -> Result<(), Problem> {
        let mut text = String::from("[limits]\n");
        macro_rules! write_keys {
            ($($key:literal from $flag:ident),* $(,)?) => {
                $(if let Some(value) = self.$flag {
                    let _ = writeln!(text, concat!($key, " = {}"), toml::Value::from(value.to_string()));
                })*
            };
        }
        write_keys!(
            "fuel" from fuel, "memory" from memory, "wall_time" from wall_time,
            "input" from input_size, "output" from output_size, "stdout" from stdout,
            "stderr" from stderr, "file_bytes" from file_bytes, "module_size" from module_size,
            "network_bytes" from network_bytes,
        );
        let counts = [
            ("files", self.files),
            ("network_requests", self.network_requests),
            ("tables", self.tables),
            ("table_elements", self.table_elements),
            ("instances", self.instances),
        ];
        for (key, count) in counts {
            if let Some(count) = count {
                let _ = writeln!(text, "{key} = {count}");
            }
        }
        match Policy::parse(&text, "the command line") {
            Ok(_) => Ok(()),
            Err(PolicyError::Invalid { problems, .. }) => {
                // All at once: who mends the first should not meet the second.
                let what: Vec<_> = problems.iter().map(|it| as_flags(&it.message)).collect();
                let remedies: Vec<_> = problems.iter().map(|it| it.remedy.as_str()).collect();
                Err(Problem::new(what.join("\n")).remedy(remedies.join("\n")))
            }
            Err(error) => Err(Problem::new("the limits are wrong").because(error)),
        }
    }
}

/// `limits.wall_time` is `--wall-time` here.
fn as_flags(message: &str) -> String {
    let parts = message
        .split('`')
        .map(|part| match part.strip_prefix("limits.") {
            Some(key @ ("input" | "output")) => format!("--{key}-size"),
            Some(key) => format!("--{}", key.replace('_', "-")),
            None => part.to_owned(),
        });
    parts.collect::<Vec<_>>().join("`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flag_takes_the_place_of_its_key_alone() {
        let flags = LimitFlags {
            fuel: Some(Fuel(7)),
            input_size: Some(Bytes(3)),
            ..LimitFlags::default()
        };
        let mut limits = Limits::default();
        flags.apply(&mut limits).expect("both are fine");
        let expected = Limits {
            fuel: Fuel(7),
            input: Bytes(3),
            ..Limits::default()
        };
        assert_eq!(limits, expected);
    }

    #[test]
    fn what_no_policy_file_could_say_no_flag_can() {
        let flags = LimitFlags {
            memory: Some(Bytes(100_000)),
            wall_time: Some(WallTime(1)),
            ..LimitFlags::default()
        };
        let problem = flags
            .apply(&mut Limits::default())
            .expect_err("two are wrong");
        let text = problem.to_string();
        assert!(text.contains("`--memory` is 100000 B"), "{text}");
        assert!(text.contains("`--wall-time` is 1 us"), "{text}");
    }
}
