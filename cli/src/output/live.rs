//! What goes on while proposals are validated: a line a tool on a terminal, else a line a stage.

use super::report::{StageLine, verdict_style};
use super::{BOLD, DIM, err, harmless, is_live};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::Write;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;
use validation::{Progress, StageStatus, Verdict};

/// The display of several validations, on standard error.
pub(crate) struct Live {
    bars: Option<MultiProgress>,
    /// Names are padded to this many characters.
    width: usize,
}

impl Live {
    /// A display for tools of these names.
    pub(crate) fn new<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self {
            bars: is_live().then(MultiProgress::new),
            width: names
                .into_iter()
                .map(|name| name.chars().count())
                .max()
                .unwrap_or(0)
                .min(64),
        }
    }

    /// Whether lines are drawn anew, so that none of them stays to be read.
    pub(crate) fn redraws(&self) -> bool {
        self.bars.is_some()
    }

    /// The line of one tool.
    pub(crate) fn tool(&self, name: &str) -> ToolLine {
        let name = format!("{:<width$}", harmless(name), width = self.width);
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            bar.set_style(spinning());
            bar.set_prefix(name.clone());
            bar.set_message("waiting");
            bar.enable_steady_tick(Duration::from_millis(100));
            bar
        });
        ToolLine { name, bar }
    }
}

/// One tool's line, or lines.
pub(crate) struct ToolLine {
    name: String,
    bar: Option<ProgressBar>,
}

fn spinning() -> ProgressStyle {
    ProgressStyle::with_template("{spinner:.cyan} {prefix:.bold}  {wide_msg}  {elapsed:.dim}")
        .expect("the template is fixed and was seen to be one")
}

fn ended() -> ProgressStyle {
    ProgressStyle::with_template("  {prefix:.bold}  {wide_msg}")
        .expect("the template is fixed and was seen to be one")
}

impl ToolLine {
    /// Something happened.
    pub(crate) fn progress(&self, progress: &Progress) {
        match progress {
            Progress::StageStarted { stage } => self.now(stage.as_str()),
            Progress::Step { stage, message } => {
                self.now(&format!(
                    "{:<9} {DIM}{}{DIM:#}",
                    stage.as_str(),
                    one_line(message)
                ));
            }
            // Why it was skipped is in the report; a line each would drown the others.
            Progress::StageFinished { report } if report.status == StageStatus::Skipped => {}
            Progress::StageFinished { report } => self.line(&StageLine(report).to_string()),
        }
    }

    /// What it is at, where lines are redrawn; elsewhere only ends are told.
    pub(crate) fn now(&self, what: &str) {
        if let Some(bar) = &self.bar {
            bar.set_message(what.to_owned());
        }
    }

    /// The tool's name, as it may be shown.
    pub(crate) fn name(&self) -> &str {
        self.name.trim_end()
    }

    /// Something that stays to be read, above the lines that are redrawn.
    pub(crate) fn notice(&self, what: &str) {
        let text = format!("{BOLD}{}{BOLD:#}  {what}", self.name);
        match &self.bar {
            Some(bar) => bar.println(text),
            None => {
                let _ = writeln!(err(), "{text}");
            }
        }
    }

    /// Something that is told everywhere.
    pub(crate) fn line(&self, what: &str) {
        match &self.bar {
            Some(bar) => bar.set_message(what.to_owned()),
            None => {
                // A display that can't be written is no reason to stop the work.
                let _ = writeln!(err(), "{BOLD}{}{BOLD:#}  {what}", self.name);
            }
        }
    }

    /// The end: the line stays with the verdict.
    pub(crate) fn verdict(&self, verdict: Verdict) {
        let style = verdict_style(verdict);
        self.end(&format!("{style}{}{style:#}", verdict.as_str()));
    }

    /// The end without a trace: what follows says it all.
    pub(crate) fn clear(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    /// The end with other words.
    pub(crate) fn end(&self, what: &str) {
        match &self.bar {
            Some(bar) => {
                bar.set_style(ended());
                bar.finish_with_message(what.to_owned());
            }
            None => self.line(what),
        }
    }
}

fn one_line(text: &str) -> String {
    harmless(text.lines().next().unwrap_or(""))
}

/// Shows that something goes on, once that has taken a second; on a terminal only.
pub(crate) fn spinner(what: &str) -> Spinner {
    let bar = ProgressBar::hidden();
    bar.set_style(
        ProgressStyle::with_template("{spinner:.cyan} {msg}  {elapsed:.dim}")
            .expect("the template is fixed and was seen to be one"),
    );
    bar.set_message(what.to_owned());
    let (done, is_done) = mpsc::channel::<()>();
    let late = is_live().then(|| {
        let bar = bar.clone();
        thread::spawn(move || {
            if is_done.recv_timeout(Duration::from_secs(1)) == Err(RecvTimeoutError::Timeout) {
                bar.set_draw_target(ProgressDrawTarget::stderr());
                bar.enable_steady_tick(Duration::from_millis(100));
            }
        })
    });
    Spinner {
        bar,
        done: Some(done),
        late,
    }
}

/// Disappears when it is dropped.
pub(crate) struct Spinner {
    bar: ProgressBar,
    done: Option<mpsc::Sender<()>>,
    late: Option<thread::JoinHandle<()>>,
}

impl Spinner {
    /// What it is at now.
    pub(crate) fn say(&self, what: &str) {
        self.bar.set_message(one_line(what));
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        // The thread must have ended before the line is cleared, or it might draw it again.
        drop(self.done.take());
        if let Some(late) = self.late.take() {
            let _ = late.join();
        }
        self.bar.finish_and_clear();
    }
}
