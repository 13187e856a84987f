//! A policy as TOML and in words.

use crate::{Access, Clocks, HostPath, Policy, Random};
use std::fmt::Write;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

impl Policy {
    /// The TOML form, every key written out. [`Policy::parse`] gives the same policy back.
    pub fn to_toml(&self) -> String {
        let limits = &self.limits;
        let mut table = Table::new();
        let texts = [
            ("fuel", limits.fuel.to_string()),
            ("memory", limits.memory.to_string()),
            ("wall_time", limits.wall_time.to_string()),
            ("stdout", limits.stdout.to_string()),
            ("stderr", limits.stderr.to_string()),
            ("input", limits.input.to_string()),
            ("output", limits.output.to_string()),
            ("file_bytes", limits.file_bytes.to_string()),
            ("network_bytes", limits.network_bytes.to_string()),
            ("module_size", limits.module_size.to_string()),
        ];
        for (key, text) in texts {
            table.insert(key, value(text));
        }
        let counts = [
            ("tables", limits.tables),
            ("table_elements", limits.table_elements),
            ("instances", limits.instances),
            ("files", limits.files),
            ("network_requests", limits.network_requests),
        ];
        for (key, count) in counts {
            table.insert(key, value(i64::from(count)));
        }
        let mut document = DocumentMut::new();
        document.insert("limits", Item::Table(table));
        document.insert("capabilities", Item::Table(self.capabilities_table()));
        document.to_string()
    }

    fn capabilities_table(&self) -> Table {
        let capabilities = &self.capabilities;
        let mut table = Table::new();
        let environment: Array = capabilities.environment.iter().collect();
        let network: Array = capabilities
            .network
            .iter()
            .map(ToString::to_string)
            .collect();
        table.insert("environment", value(environment));
        table.insert("network", value(network));
        table.insert("clocks", value(capabilities.clocks.as_str()));
        table.insert(
            "random",
            match capabilities.random {
                Random::Real => value("real"),
                Random::Seeded(0) => value("seeded"),
                Random::Seeded(seed) => {
                    let mut inline = InlineTable::new();
                    // TOML's numbers end at 2^63-1; larger seeds cannot come from a file.
                    inline.insert("seed", i64::try_from(seed).unwrap_or(i64::MAX).into());
                    value(inline)
                }
            },
        );
        let mut directories = ArrayOfTables::new();
        for grant in &capabilities.directories {
            let mut one = Table::new();
            one.insert("host", value(grant.host.to_string()));
            one.insert("guest", value(grant.guest.to_string()));
            one.insert("access", value(grant.access.to_string()));
            directories.push(one);
        }
        if !directories.is_empty() {
            table.insert("directories", Item::ArrayOfTables(directories));
        }
        table
    }

    /// What the policy lets code do, in words, a line each.
    pub fn explain(&self) -> Vec<String> {
        let mut lines = Vec::new();
        self.explain_limits(&mut lines);
        self.explain_capabilities(&mut lines);
        lines
    }

    fn explain_limits(&self, lines: &mut Vec<String>) {
        let limits = &self.limits;
        lines.push(format!(
            "It may run for {} and use {} units of fuel (about one an instruction), whichever \
             ends first; waiting counts as running.",
            limits.wall_time, limits.fuel
        ));
        lines.push(format!(
            "It may have {} of memory ({} pages), {} of at most {} elements each, and {}.",
            limits.memory,
            limits.memory.0 / crate::Limits::PAGE.0,
            counted(limits.tables, "table", "tables"),
            limits.table_elements,
            counted(limits.instances, "instance", "instances"),
        ));
        lines.push(format!(
            "It may read {} of input and write {} of output; {} of its standard output and {} of \
             its standard error are kept for show.",
            limits.input, limits.output, limits.stdout, limits.stderr
        ));
        lines.push(format!(
            "Its module may have {} at most.",
            limits.module_size
        ));
    }

    fn explain_capabilities(&self, lines: &mut Vec<String>) {
        let limits = &self.limits;
        let capabilities = &self.capabilities;
        if capabilities.directories.is_empty() {
            lines.push("It sees no folder of the host.".to_owned());
        }
        for grant in &capabilities.directories {
            let mut line = match (&grant.host, grant.guest == crate::GuestPath::Any) {
                (HostPath::Any, true) => "It sees any folder that the caller binds".to_owned(),
                (HostPath::Any, false) => {
                    format!("It sees a folder that the caller binds, at {}", grant.guest)
                }
                (HostPath::Path(path), true) => format!(
                    "It sees {} or a folder inside, where the caller wants it",
                    path.display()
                ),
                (HostPath::Path(path), false) => {
                    format!("It sees {} at {}", path.display(), grant.guest)
                }
            };
            line.push_str(match grant.access {
                Access::Read => ", and may only read there.",
                Access::ReadWrite => ", and may read, create, change and delete there.",
            });
            lines.push(line);
        }
        if capabilities
            .directories
            .iter()
            .any(crate::DirectoryGrant::is_writable)
        {
            lines.push(format!(
                "It may make {} and write {} to files in all.",
                counted(limits.files, "file or folder", "files and folders"),
                limits.file_bytes
            ));
        }
        lines.push(if capabilities.environment.is_empty() {
            "It sees no environment variable.".to_owned()
        } else {
            let names: Vec<&str> = capabilities
                .environment
                .iter()
                .map(String::as_str)
                .collect();
            format!(
                "It sees these environment variables if the caller sets them: {}.",
                names.join(", ")
            )
        });
        lines.push(if capabilities.network.is_empty() {
            "It has no network.".to_owned()
        } else {
            let mut line = String::from("It may call");
            for (index, grant) in capabilities.network.iter().enumerate() {
                let comma = if index == 0 { "" } else { "," };
                let _ = match grant.host.strip_prefix('*') {
                    Some("") => write!(line, "{comma} every named host at port {}", grant.port),
                    Some(suffix) => write!(
                        line,
                        "{comma} every host below {} at port {}",
                        suffix.trim_start_matches('.'),
                        grant.port
                    ),
                    None => write!(line, "{comma} {} at port {}", grant.host, grant.port),
                };
            }
            line + "."
        });
        if !capabilities.network.is_empty() {
            lines.push(format!(
                "It may make {} (look-ups, connections and HTTP requests count one each), and \
                 send and receive {} in all. A name leads to public addresses only, unless the \
                 very address is named too.",
                counted(limits.network_requests, "request", "requests"),
                limits.network_bytes
            ));
        }
        lines.push(
            match capabilities.clocks {
                Clocks::Frozen => "Its clock stands still at 2000-01-01T00:00:00Z.",
                Clocks::Virtual => {
                    "Its clock starts at 2000-01-01T00:00:00Z and goes on by what the code itself \
                     does, the same each run."
                }
                Clocks::Real => "It sees the real time.",
            }
            .to_owned(),
        );
        lines.push(match capabilities.random {
            Random::Seeded(seed) => {
                format!("Its random numbers are the same each run (seed {seed}).")
            }
            Random::Real => "Its random numbers are the system's.".to_owned(),
        });
    }
}

impl Clocks {
    /// As in the TOML form.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Frozen => "frozen",
            Self::Virtual => "virtual",
            Self::Real => "real",
        }
    }
}

fn counted(number: u32, one: &str, many: &str) -> String {
    match number {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        more => format!("{more} {many}"),
    }
}
