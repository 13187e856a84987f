//! How much is logged, changed while the service runs.
//!
//! The wish is a file in the data folder, which only its owner may write: `wasm-runner log-level`
//! writes it, a running service looks for it once a second (and at once on SIGHUP) and says what
//! it made of it. A request of the service's own protocol would let everybody who may call tools
//! fill the disk with a log; a file needs neither a port nor a signal to another's process. At a
//! start the file of an earlier service is removed: what was wished then is over.

use runtime::CancellationToken;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::reload;

/// The largest wish that is read.
const LONGEST: usize = 4096;
/// How often it is looked for one.
const LOOK: Duration = Duration::from_secs(1);
/// The file in the data folder.
const FILE: &str = "log-level";

/// Says that a level is none.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{given}` is no log level: {reason}; write error, warn, info, debug or trace, or levels by part, such as info,host_api=debug"
)]
pub struct LevelError {
    given: String,
    reason: String,
}

type Set = dyn Fn(EnvFilter) -> Result<(), String> + Send + Sync;

/// Changes how much is logged. Cheap to clone.
#[derive(Clone)]
pub struct LogLevel(Arc<Set>);

impl LogLevel {
    pub(super) fn new<S: Subscriber + 'static>(handle: reload::Handle<EnvFilter, S>) -> Self
    where
        EnvFilter: Send + Sync,
    {
        Self(Arc::new(move |filter| {
            handle.reload(filter).map_err(|error| error.to_string())
        }))
    }

    /// What a text says: a level, or directives of `tracing`'s `EnvFilter`.
    ///
    /// # Errors
    /// When it is none of them.
    pub fn parse(text: &str) -> Result<EnvFilter, LevelError> {
        let text = text.trim();
        let refused = |reason: String| LevelError {
            given: text.escape_debug().take(80).collect(),
            reason,
        };
        if text.is_empty() {
            return Err(refused("it is empty".to_owned()));
        }
        if text.len() > LONGEST {
            return Err(refused(format!("it is longer than {LONGEST} bytes")));
        }
        // A bare word that is no level would be taken for the name of a part.
        let levels = ["off", "error", "warn", "info", "debug", "trace"];
        for part in text.split(',') {
            let named = part.contains(['=', '[']);
            if !named && !levels.contains(&part.trim().to_ascii_lowercase().as_str()) {
                return Err(refused(format!("`{}` is none", part.escape_debug())));
            }
        }
        EnvFilter::try_new(text).map_err(|error| refused(error.to_string()))
    }

    /// Writes the wish for the service that has this data folder; whole or not at all.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn wish(data_dir: &Path, text: &str) -> io::Result<()> {
        let beside = data_dir.join(format!("{FILE}.{}", std::process::id()));
        fs::write(&beside, format!("{}\n", text.trim()))?;
        fs::rename(&beside, data_dir.join(FILE))
    }

    /// Follows the wishes in a data folder until it is told to end. `now` makes it look at once.
    pub async fn follow(
        self,
        data_dir: PathBuf,
        mut now: tokio::sync::mpsc::Receiver<()>,
        end: CancellationToken,
    ) {
        let path = data_dir.join(FILE);
        let mut last = None;
        loop {
            tokio::select! {
                () = end.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
                Some(()) = now.recv() => last = None,
            }
            let looked = path.clone();
            let read = tokio::task::spawn_blocking(move || read(&looked)).await;
            let Ok(Some(text)) = read else { continue };
            if last.as_ref() == Some(&text) {
                continue;
            }
            self.change(&text);
            last = Some(text);
        }
    }

    fn change(&self, text: &str) {
        match Self::parse(text) {
            Ok(filter) => match (self.0)(filter) {
                Ok(()) => tracing::warn!(level = text.trim(), "the log level was changed"),
                Err(error) => tracing::warn!(%error, "the log level could not be changed"),
            },
            Err(error) => tracing::warn!(%error, "the log level stays as it is"),
        }
    }

    /// Forgets what an earlier service was told.
    pub fn forget(data_dir: &Path) {
        // There most often is none.
        let _ = fs::remove_file(data_dir.join(FILE));
    }
}

impl std::fmt::Debug for LogLevel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LogLevel")
    }
}

/// The text of a wish, if there is one.
fn read(path: &Path) -> Option<String> {
    use std::io::Read as _;
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(LONGEST as u64 + 1)
        .read_to_string(&mut text)
        .ok()?;
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_and_directives_are_levels_and_nothing_else_is() {
        for good in ["info", " DEBUG\n", "warn,host_api=trace", "off"] {
            assert!(LogLevel::parse(good).is_ok(), "{good}");
        }
        let long = format!("info,{}=debug", "x".repeat(LONGEST));
        for bad in [
            "",
            "loud",
            "info,loud",
            "host_api=loud",
            "info\nwarn\u{1b}",
            &long,
        ] {
            let error = LogLevel::parse(bad).unwrap_err().to_string();
            assert!(error.contains("write error, warn, info"), "{error}");
            assert!(!error.contains('\n') && error.len() < 500, "{error}");
        }
    }

    #[test]
    fn a_wish_is_read_back_whole_and_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        assert_eq!(read(&path), None);
        LogLevel::wish(folder.path(), " debug ").unwrap();
        assert_eq!(read(&path).unwrap(), "debug\n");
        std::fs::write(&path, "x".repeat(1_000_000)).unwrap();
        assert_eq!(read(&path).unwrap().len(), LONGEST + 1);
        LogLevel::forget(folder.path());
        assert_eq!(read(&path), None);
    }
}
