//! Jobs that are small scripts for the machine's own `sh` and `perl`, which every Debian has.
#![allow(dead_code, reason = "each test file uses its part")]

use isolation::{
    Ended, Isolation, Job, Launcher, LocalLauncher, Program, Resources, SYSTEM_LIBRARIES,
    SYSTEM_PROGRAMS,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use tokio::io::AsyncReadExt;

pub(crate) const MIB: u64 = 1 << 20;

pub(crate) async fn launcher() -> LocalLauncher {
    let program = Path::new(env!("CARGO_BIN_EXE_wasm-runner-confined"));
    LocalLauncher::new(program, Isolation::Require)
        .await
        .expect("this machine confines")
}

pub(crate) fn job(program: &str, script: &str) -> Job {
    let flag = if program.ends_with("perl") {
        "-e"
    } else {
        "-c"
    };
    Job {
        program: Program::Path(program.into()),
        arguments: vec![flag.into(), script.into()],
        environment: BTreeMap::from([("PATH".to_owned(), "/usr/bin:/bin".to_owned())]),
        folder: PathBuf::from("/"),
        reads: SYSTEM_LIBRARIES
            .iter()
            .chain(SYSTEM_PROGRAMS)
            .map(PathBuf::from)
            .collect(),
        writes: Vec::new(),
        scratch: MIB,
        sees_processes: true,
        resources: Resources {
            addresses: None,
            memory: 256 * MIB,
            processor_seconds: 20,
            processes: 16,
            open_files: 64,
            file_size: 16 * MIB,
            disk: 16 * MIB,
            files: 1000,
        },
    }
}

pub(crate) struct Done {
    pub(crate) ended: Ended,
    pub(crate) out: String,
    pub(crate) err: String,
}

pub(crate) async fn run(job: &Job) -> Done {
    let mut running = launcher().await.launch(job).expect("started");
    let (mut out, mut err) = (running.stdout.take(), running.stderr.take());
    let (mut said, mut complained) = (Vec::new(), Vec::new());
    let (_, _, ended) = tokio::join!(
        out.as_mut().expect("piped").read_to_end(&mut said),
        err.as_mut().expect("piped").read_to_end(&mut complained),
        running.wait()
    );
    Done {
        ended: ended.expect("an end"),
        out: String::from_utf8_lossy(&said).into_owned(),
        err: String::from_utf8_lossy(&complained).into_owned(),
    }
}
