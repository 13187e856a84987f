//! Starts the process and takes what it made.

use super::{COMPONENT, ENCODE, MODULE, REFUSED};
use crate::beneath;
use crate::builder::{BuildContext, MODULE_LIMIT};
use crate::own_folder::OwnFolder;
use crate::{Finding, ValidationError};
use isolation::{Ended, Job, Program, Resources, Running, SYSTEM_LIBRARIES};
use std::collections::BTreeMap;
use std::path::PathBuf;
use tokio::io::AsyncReadExt;

const MIB: u64 = 1 << 20;
/// Reading and writing a module of the largest size several times over.
const RESOURCES: Resources = Resources {
    addresses: Some(4096 * MIB),
    memory: 2048 * MIB,
    processor_seconds: 120,
    processes: 8,
    open_files: 64,
    file_size: 512 * MIB,
    disk: 1024 * MIB,
    files: 1_024,
};
/// What is kept of the reason why a module can't be wrapped, in bytes.
const REASON_LIMIT: u64 = 4096;

const WRITING: &str = "writing the module that becomes a component";
const WAITING: &str = "waiting for the process that makes a component";

/// Makes a component of a module; a finding says why there is none.
pub(crate) async fn encode(
    context: &BuildContext<'_>,
    module: Vec<u8>,
) -> Result<Result<Vec<u8>, Finding>, ValidationError> {
    let made = tokio::task::spawn_blocking(move || {
        let folder = OwnFolder::make()?;
        std::fs::write(folder.path().join(MODULE), module)?;
        std::io::Result::Ok(folder)
    });
    let folder = made
        .await
        .map_err(ValidationError::machine(WRITING))?
        .map_err(ValidationError::machine(WRITING))?;
    let path = folder.path();
    let mut running = context
        .launcher
        .launch(&Job {
            program: Program::Role(ENCODE.to_owned()),
            arguments: vec![path.clone().into()],
            environment: BTreeMap::new(),
            folder: path.clone(),
            reads: SYSTEM_LIBRARIES.iter().map(PathBuf::from).collect(),
            writes: vec![path.clone()],
            scratch: 0,
            sees_processes: false,
            resources: RESOURCES,
        })
        .map_err(ValidationError::machine("starting a confined process"))?;
    let ended = tokio::select! {
        () = context.cancel.cancelled() => Err(ValidationError::Cancelled),
        heard = tokio::time::timeout(context.time_limit, hear(&mut running)) => match heard {
            Ok(heard) => heard.map(Some),
            Err(_) => Ok(None),
        },
    };
    running.kill().await;
    let encoded = match ended {
        Err(error) => Err(error),
        Ok(None) => Ok(Err(died(&format!(
            "took longer than {:?}",
            context.time_limit
        )))),
        Ok(Some((Ended::Exited(0), _))) => {
            let file = path.join(COMPONENT);
            let read =
                tokio::task::spawn_blocking(move || beneath::read(&path, &file, MODULE_LIMIT));
            read.await
                .map_err(ValidationError::machine(WAITING))?
                .map_err(ValidationError::machine(WAITING))
                .map(|component| {
                    component.ok_or_else(|| died("left no plain file of at most 256 MiB"))
                })
        }
        Ok(Some((Ended::Exited(code), why))) if code == i32::from(REFUSED) => {
            Ok(Err(refused(why.trim())))
        }
        // No fault of the proposal's.
        Ok(Some((Ended::NotBegun, why))) => {
            Err(ValidationError::machine("confining a process")(why.trim()))
        }
        Ok(Some((ended, why))) => {
            tracing::warn!(%ended, %why, "a process that made a component ended early");
            Ok(Err(died(&ended.to_string())))
        }
    };
    folder.close().await?;
    encoded
}

/// How it ended, and what it said.
async fn hear(running: &mut Running) -> Result<(Ended, String), ValidationError> {
    let (out, err) = (running.stdout.take(), running.stderr.take());
    let silent = async {
        if let Some(mut out) = out {
            let _ = tokio::io::copy(&mut out, &mut tokio::io::sink()).await;
        }
    };
    let saying = async {
        let mut said = Vec::new();
        if let Some(mut err) = err {
            let _ = (&mut err).take(REASON_LIMIT).read_to_end(&mut said).await;
            // The rest is dropped, so that it never waits for a reader.
            let _ = tokio::io::copy(&mut err, &mut tokio::io::sink()).await;
        }
        String::from_utf8_lossy(&said).into_owned()
    };
    let ((), said, ended) = tokio::join!(silent, saying, running.wait());
    Ok((ended.map_err(ValidationError::machine(WAITING))?, said))
}

fn refused(why: &str) -> Finding {
    Finding::error(
        "build/no-component",
        format!("the module can't be made a component: {why}"),
        "write the tool with the SDK's #[tool] and import nothing but WASI, or build it as a command: remove `form` from [package.metadata.wasm-runner]",
    )
}

fn died(how: &str) -> Finding {
    Finding::error(
        "build/process-ended",
        format!("making a component of the module was cut off: the process {how}"),
        "make the module smaller or simpler: fewer and shorter functions, smaller constants",
    )
}
