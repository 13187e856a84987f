//! A case as it stands in its file: a header of `;;!` lines in TOML, then the module.

use super::expand;
use super::server::{Port, Server, Wanted};
use host_api::proto::OutcomeKind;
use policies::{Clocks, Policy, Random};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// One hostile module and what must happen.
pub(crate) struct Case {
    /// `memory/grow-at-the-limit.wat`.
    pub(crate) file: String,
    pub(crate) header: Header,
    pub(crate) policy: Policy,
    pub(crate) wasm: Vec<u8>,
    pub(crate) servers: Vec<Server>,
}

/// What must happen, and under which circumstances. README.md in `tests/hostile` explains each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Header {
    pub(crate) expect: Expect,
    pub(crate) exit: Option<i32>,
    pub(crate) rule: Option<Rule>,
    pub(crate) says: Option<String>,
    #[serde(default)]
    pub(crate) stdout: String,
    pub(crate) stdout_bytes: Option<usize>,
    pub(crate) stdout_ends: Option<String>,
    pub(crate) stdout_parts: Option<Vec<String>>,
    #[serde(default)]
    pub(crate) stderr: String,
    pub(crate) stderr_bytes: Option<usize>,
    #[serde(default)]
    pub(crate) denied: Vec<String>,
    pub(crate) denied_count: Option<u64>,
    pub(crate) backtrace: Option<Vec<String>>,
    pub(crate) peak_pages: Option<u64>,
    #[serde(default = "nothing")]
    pub(crate) input: String,
    #[serde(default)]
    pub(crate) environment: BTreeMap<String, String>,
    #[serde(default)]
    limits: toml::Table,
    #[serde(default)]
    capabilities: toml::Table,
    #[serde(default)]
    pub(crate) folder: Vec<Folder>,
    #[serde(default)]
    pub(crate) place: Contents,
    #[serde(default)]
    pub(crate) after: After,
    #[serde(default)]
    server: Vec<Wanted>,
}

fn nothing() -> String {
    "null".to_owned()
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Expect {
    Refused,
    Success,
    ToolError,
    Trap,
    FuelExhausted,
    MemoryExceeded,
    DeadlineExceeded,
    OutputExceeded,
    InvalidInput,
    InvalidOutput,
}

impl Expect {
    /// As the wire says it; a module that is refused never runs.
    pub(crate) fn kind(self) -> Option<OutcomeKind> {
        Some(match self {
            Self::Refused => return None,
            Self::Success => OutcomeKind::Success,
            Self::ToolError => OutcomeKind::ToolError,
            Self::Trap => OutcomeKind::Trap,
            Self::FuelExhausted => OutcomeKind::FuelExhausted,
            Self::MemoryExceeded => OutcomeKind::MemoryExceeded,
            Self::DeadlineExceeded => OutcomeKind::DeadlineExceeded,
            Self::OutputExceeded => OutcomeKind::OutputExceeded,
            Self::InvalidInput => OutcomeKind::InvalidInput,
            Self::InvalidOutput => OutcomeKind::InvalidOutput,
        })
    }
}

/// Why a module is not loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Rule {
    Invalid,
    TooLarge,
    TooDemanding,
    ForeignImport,
    ImportType,
    NoStart,
    NoMemory,
    NoEntry,
}

impl Rule {
    /// How the words for it begin (`LoadError` of the runtime).
    pub(crate) fn words(self) -> &'static str {
        match self {
            Self::Invalid => "the module is not valid: ",
            Self::TooLarge => "the module has ",
            Self::TooDemanding => "the module wants more room than any run has here: ",
            Self::ForeignImport => "the module imports `",
            Self::ImportType => "the module's imports do not fit WASI: ",
            Self::NoStart => "the module is no WASI command: ",
            Self::NoMemory => "the module does not export its memory as `memory`",
            Self::NoEntry => "the component exports neither ",
        }
    }

    /// Whether the operator's ceiling says no, which callers are told; what could never have been
    /// accepted is the service's own matter, told in its log.
    pub(crate) fn is_ceiling(self) -> bool {
        matches!(self, Self::TooLarge | Self::TooDemanding)
    }
}

/// A folder of the place that the call binds.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Folder {
    pub(crate) guest: String,
    pub(crate) host: String,
    #[serde(default)]
    pub(crate) access: Access,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Access {
    Read,
    #[default]
    ReadWrite,
}

/// What a folder of the host holds.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Contents {
    #[serde(default)]
    pub(crate) folders: Vec<String>,
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) links: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) pipes: Vec<String>,
    pub(crate) many: Option<Many>,
}

/// Many empty files.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Many {
    pub(crate) folder: String,
    pub(crate) count: u32,
    pub(crate) name_bytes: usize,
}

/// What must be there after the run, besides what no run may change.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct After {
    #[serde(default)]
    pub(crate) files: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) links: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) absent: Vec<String>,
}

impl Case {
    /// The name of its tool.
    pub(crate) fn tool(&self) -> String {
        self.file.trim_end_matches(".wat").replace('/', "-")
    }

    /// The folder of its idea.
    pub(crate) fn batch(&self) -> &str {
        self.file.split('/').next().unwrap_or_default()
    }

    /// Whether two runs must be the same to the unit of fuel: nothing real is seen, and no time
    /// ran out.
    pub(crate) fn repeats(&self) -> bool {
        let seen = &self.policy.capabilities;
        !self.servers.iter().any(Server::may_be_asked)
            && seen.clocks != Clocks::Real
            && seen.random != Random::Real
            && self.header.expect != Expect::DeadlineExceeded
    }

    pub(crate) fn parse(file: &str, text: &str) -> Result<Self, String> {
        let header: String = text
            .lines()
            .map_while(|line| line.strip_prefix(";;!"))
            .flat_map(|line| [line, "\n"])
            .collect();
        let mut header = expand::inline(&header)?;
        let mut ports = Vec::new();
        for index in 0..header.matches("[[server]]").count() {
            let port = Port::take();
            let number = port.number().to_string();
            if index == 0 {
                header = header.replace("{port}", &number);
            }
            header = header.replace(&format!("{{port{index}}}"), &number);
            ports.push(port);
        }
        let mut header: Header =
            toml::from_str(&header).map_err(|error| format!("its header: {error}"))?;
        if header.exit.is_some() != (header.expect == Expect::ToolError) {
            return Err("`exit` goes with expect = \"tool_error\", and must be there".to_owned());
        }
        if header.rule.is_some() != (header.expect == Expect::Refused) {
            return Err("`rule` goes with expect = \"refused\", and must be there".to_owned());
        }
        if !text.lines().any(|line| line.starts_with(";; ")) {
            return Err("no comment says what the attack is".to_owned());
        }
        let policy = policy(&header)?;
        let wasm = expand::module(text)?;
        let wanted = std::mem::take(&mut header.server).into_iter();
        let servers = wanted
            .zip(ports)
            .map(|(one, port)| Server::start(one, port));
        Ok(Self {
            file: file.to_owned(),
            header,
            policy,
            wasm,
            servers: servers.collect::<Result<_, _>>()?,
        })
    }
}

/// The preset `pure` with less fuel and more time, so that a slow machine changes nothing; with
/// room for a few files where there is a folder to write; and with what the header says.
fn policy(header: &Header) -> Result<Policy, String> {
    let mut limits = toml::Table::new();
    for (name, value) in [("fuel", "100 M"), ("wall_time", "30 s")] {
        limits.insert(name.to_owned(), value.into());
    }
    if header
        .folder
        .iter()
        .any(|folder| folder.access == Access::ReadWrite)
    {
        limits.insert("files".to_owned(), 10.into());
        limits.insert("file_bytes".to_owned(), "1 KiB".into());
    }
    limits.extend(header.limits.clone());
    let mut capabilities = header.capabilities.clone();
    let folders: toml::value::Array = header
        .folder
        .iter()
        .map(|folder| {
            let access = match folder.access {
                Access::Read => "read",
                Access::ReadWrite => "read-write",
            };
            let mut grant = toml::Table::new();
            grant.insert("host".to_owned(), "*".into());
            grant.insert("guest".to_owned(), folder.guest.clone().into());
            grant.insert("access".to_owned(), access.into());
            grant.into()
        })
        .collect();
    if !folders.is_empty() {
        capabilities.insert("directories".to_owned(), folders.into());
    }
    let mut all = toml::Table::new();
    all.insert("limits".to_owned(), limits.into());
    all.insert("capabilities".to_owned(), capabilities.into());
    Policy::parse(&all.to_string(), "its header").map_err(|error| error.to_string())
}

/// Every case, in the order of file names.
pub(crate) fn all() -> Vec<Case> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile");
    let mut files = Vec::new();
    find(&root, &mut files);
    files.sort();
    // One thread for each processor: some cases are megabytes of text.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut cases: Vec<Case> = std::thread::scope(|scope| {
        let (root, files) = (&root, &files);
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let mine = files.iter().skip(worker).step_by(threads);
                scope.spawn(move || mine.map(|path| read(root, path)).collect::<Vec<_>>())
            })
            .collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, _>| worker.join().expect("read");
        workers.into_iter().flat_map(join).collect()
    });
    cases.sort_by(|one, two| one.file.cmp(&two.file));
    cases
}

fn read(root: &Path, path: &Path) -> Case {
    let file = path.strip_prefix(root).expect("below it").display();
    let file = file.to_string();
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{file}: {error}"));
    Case::parse(&file, &text).unwrap_or_else(|error| panic!("tests/hostile/{file}: {error}"))
}

fn find(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            find(&path, files);
        } else if path.extension().is_some_and(|ending| ending == "wat") {
            files.push(path);
        }
    }
}

#[test]
fn a_key_that_is_not_known_is_an_error() {
    let parse = |header: &str| {
        let text = format!("{header}\n;; Why.\n(module)");
        Case::parse("a/b.wat", &text).map(|_| ())
    };
    assert_eq!(parse(";;! expect = \"trap\""), Ok(()));
    for wrong in [
        ";;! expect = \"trap\"\n;;! expcet = 1",
        ";;! expect = \"trop\"",
        ";;! expect = \"trap\"\n;;! exit = 1",
        ";;! expect = \"tool_error\"",
        ";;! expect = \"refused\"",
        ";;! expect = \"trap\"\n;;! [limits]\n;;! fool = \"1 M\"",
        ";;! expect = \"trap\"\n;;! [place]\n;;! filse = {}",
        ";;! expect = \"trap\"\n;;! [[folder]]\n;;! guest = \"/a\"",
        ";;! expect = \"trap\"\n;;! [[server]]\n;;! syas = \"a\"",
        ";;! expect = \"trap\"\n;;! [[server]]\n;;! untouched = true\n;;! says = \"a\"",
        ";;! expect = \"trap\"\n;;! [[server]]\n;;! heard = \"a\"",
        "",
    ] {
        assert!(parse(wrong).is_err(), "{wrong}");
    }
    assert!(Case::parse("a/b.wat", ";;! expect = \"trap\"\n(module)").is_err());
}
