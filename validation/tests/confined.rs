//! The process in which a module is judged may die, lie or fall silent: that is a finding.

mod common;

use common::{installation, launcher, shown, validate};
use isolation::{Holds, Job, LaunchError, Launcher, LocalLauncher, Program, Running};
use policies::{Policy, WallTime};
use std::path::Path;
use std::sync::Arc;
use validation::{
    JUDGE, ProposedTool, Severity, StageStatus, Validated, Validator, ValidatorOptions, Verdict,
};

/// Starts a script where the judge should be.
struct Instead {
    launcher: LocalLauncher,
    script: &'static str,
}

impl Launcher for Instead {
    fn launch(&self, job: &Job) -> Result<Running, LaunchError> {
        let mut job = job.clone();
        if job.program == Program::Role(JUDGE.to_owned()) {
            job.program = Program::Path("/bin/sh".into());
            job.arguments = vec!["-c".into(), self.script.into()];
            job.reads.extend(["/bin".into(), "/usr/bin".into()]);
        }
        self.launcher.launch(&job)
    }

    fn holds(&self) -> &Holds {
        self.launcher.holds()
    }
}

/// Starts nothing where the judge should be.
struct Nothing(LocalLauncher);

impl Launcher for Nothing {
    fn launch(&self, job: &Job) -> Result<Running, LaunchError> {
        let mut job = job.clone();
        if job.program == Program::Role(JUDGE.to_owned()) {
            job.program = Program::Path("/usr/bin/no-such-program".into());
        }
        self.0.launch(&job)
    }

    fn holds(&self) -> &Holds {
        self.0.holds()
    }
}

async fn judged_by(script: &'static str) -> Validated {
    judged_within(ValidatorOptions::default(), script).await
}

async fn judged_within(options: ValidatorOptions, script: &'static str) -> Validated {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools/good/line-diff");
    let proposal = ProposedTool::from_dir(&folder).expect("a proposal");
    let launcher = launcher().await;
    let instead = Arc::new(Instead { launcher, script });
    let ceiling = Policy::preset("workspace").expect("a preset");
    let validator = Validator::new(installation(), instead, ceiling).with_options(options);
    validate(&validator, &proposal).await.expect("a verdict")
}

/// The rules of what is wrong; what is merely worth knowing is told whatever happens.
fn wrong(validated: &Validated) -> Vec<&str> {
    let findings = validated.report.findings();
    let errors = findings.filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.rule.as_str()).collect()
}

async fn dies(script: &'static str, rule: &str, says: &str) {
    let validated = judged_by(script).await;
    let report = &validated.report;
    assert_eq!(report.verdict, Verdict::Failed, "{}", shown(&validated));
    assert_eq!(wrong(&validated), [rule], "{}", shown(&validated));
    assert!(shown(&validated).contains(says), "{}", shown(&validated));
    // Every stage has its entry, and what could not run says so.
    assert_eq!(report.stages.len(), 7);
    let skipped = report
        .stages
        .iter()
        .rev()
        .take_while(|it| it.status == StageStatus::Skipped);
    assert!(skipped.count() >= 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_is_a_finding_of_the_stage_that_went_on() {
    dies("kill -9 $$", "inspect/process-ended", "SIGKILL").await;
    dies(
        "echo oh >&2; exit 0",
        "inspect/process-ended",
        "before it had said all",
    )
    .await;
    let inspected = r#"echo '{"progress":{"kind":"stage_started","stage":"inspect"}}'
        echo '{"progress":{"kind":"stage_finished","report":{"stage":"inspect","status":"passed","duration_millis":1,"metrics":{},"findings":[]}}}'
        echo '{"progress":{"kind":"stage_started","stage":"manifest"}}'
        kill -SEGV $$"#;
    dies(inspected, "manifest/process-ended", "SIGSEGV").await;
    dies(
        "printf '{\"progress\":'; exit 3",
        "inspect/process-ended",
        "code 3",
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn compiling_for_too_long_is_a_finding() {
    let mut options = ValidatorOptions::default();
    options.compile_time = WallTime::secs(1);
    let slow = "sleep 600";
    let validated = judged_within(options.clone(), slow).await;
    assert_eq!(
        wrong(&validated),
        ["inspect/timeout"],
        "{}",
        shown(&validated)
    );
    // A step is no sign of an end.
    let busy = r#"echo '{"progress":{"kind":"stage_started","stage":"inspect"}}'
        while :; do echo '{"progress":{"kind":"step","stage":"inspect","message":"on"}}'; sleep 0.1; done"#;
    let validated = judged_within(options, busy).await;
    assert_eq!(
        wrong(&validated),
        ["inspect/timeout"],
        "{}",
        shown(&validated)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_can_not_be_is_not_believed() {
    let not = "said what can't be understood";
    dies("echo nonsense; sleep 60", "inspect/process-ended", not).await;
    // Done, with nothing done.
    let early =
        r#"echo '{"done":{"manifest":null,"grant":{"limits":{},"capabilities":{}}}}'; sleep 60"#;
    dies(early, "inspect/process-ended", not).await;
    // A stage out of its turn.
    let turn = r#"echo '{"progress":{"kind":"stage_started","stage":"examples"}}'; sleep 60"#;
    dies(turn, "inspect/process-ended", not).await;
    // More than is listened to, and no end of a line.
    dies("cat /dev/zero", "inspect/process-ended", not).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_ring_that_can_not_be_made_is_no_judgement() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/tools/good/line-diff");
    let proposal = ProposedTool::from_dir(&folder).expect("a proposal");
    let validator = Validator::new(
        installation(),
        Arc::new(Nothing(launcher().await)),
        Policy::preset("workspace").expect("a preset"),
    );
    let error = validate(&validator, &proposal)
        .await
        .expect_err("no verdict");
    assert!(error.to_string().contains("no-such-program"), "{error}");
    // What a judge says with the ring's own code is its own word: a death like any other.
    dies(
        "echo no room for a ring >&2; exit 125",
        "inspect/process-ended",
        "code 126",
    )
    .await;
}
