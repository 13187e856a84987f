//! The process that makes a component of a module: what it is given may be hostile, and what it
//! leaves is not believed.

mod common;

use common::{installation, launcher};
use isolation::{Holds, Job, LaunchError, Launcher, LocalLauncher, Program, Running};
use runtime::CancellationToken;
use serde_json::json;
use validation::{BuildOptions, Built, ENCODE, Form, ProposedTool, build_with};

/// Starts a script, if there is one, where the encoder should be.
struct Instead {
    launcher: LocalLauncher,
    script: Option<&'static str>,
}

impl Launcher for Instead {
    fn launch(&self, job: &Job) -> Result<Running, LaunchError> {
        let mut job = job.clone();
        if let Some(script) = self.script
            && job.program == Program::Role(ENCODE.to_owned())
        {
            job.program = Program::Path("/bin/sh".into());
            job.arguments = vec!["-c".into(), script.into()];
            job.reads.extend(["/bin".into(), "/usr/bin".into()]);
        }
        self.launcher.launch(&job)
    }

    fn holds(&self) -> &Holds {
        self.launcher.holds()
    }
}

async fn built(source: &str, script: Option<&'static str>) -> Built {
    let proposal = json!({
        "name": "attack", "version": "1.0.0", "description": "d", "language": "rust",
        "source_code": source,
    });
    let proposal = ProposedTool::from_json(&proposal.to_string()).expect("a proposal");
    let launcher = launcher().await;
    let instead = Instead { launcher, script };
    let mut options = BuildOptions::default();
    options.form = Some(Form::Component);
    let cancel = CancellationToken::new();
    build_with(
        &options,
        &installation(),
        &instead,
        &proposal,
        &|_| {},
        &cancel,
    )
    .await
    .expect("the machine does its part")
}

/// There is no artifact, and one finding says why.
#[track_caller]
fn assert_refused(built: &Built, rule: &str, says: &str) {
    assert_eq!(built.module, None);
    let [finding] = built.findings.as_slice() else {
        panic!("{:?}", built.findings);
    };
    assert_eq!(finding.rule, rule, "{finding:?}");
    assert!(finding.message.contains(says), "{finding:?}");
    assert!(!finding.remedy.is_empty());
}

#[tokio::test]
async fn functions_that_only_have_the_tools_names_make_no_tool() {
    let source = r#"
        #[unsafe(no_mangle)] extern "C" fn manifest() -> i64 { 0 }
        #[unsafe(no_mangle)] extern "C" fn run(_: f32) {}
        fn main() {}"#;
    let built = built(source, None).await;
    assert_refused(&built, "build/no-component", "manifest");
}

#[tokio::test]
async fn a_function_of_another_host_makes_no_component() {
    let source = r#"
        #[link(wasm_import_module = "env")] unsafe extern "C" { fn system(command: i32); }
        fn main() { unsafe { system(1) } }"#;
    let built = built(source, None).await;
    assert_refused(&built, "build/no-component", "env");
}

#[tokio::test]
async fn a_section_that_speaks_of_another_world_is_not_believed() {
    let source = r#"
        #[unsafe(link_section = "component-type:forged")]
        #[used] static FORGED: [u8; 4] = *b"\x00asm";
        fn main() {}"#;
    let built = built(source, None).await;
    assert_refused(&built, "build/no-component", "");
}

#[tokio::test]
async fn a_death_of_the_encoder_is_a_finding() {
    let built = built("fn main() {}", Some("kill -9 $$")).await;
    assert_refused(&built, "build/process-ended", "SIGKILL");
}

#[tokio::test]
async fn only_a_plain_file_is_taken_for_a_component() {
    for script in [
        "ln -s /etc/passwd component.wasm",
        "mkdir component.wasm",
        ":",
    ] {
        let built = built("fn main() {}", Some(script)).await;
        assert_refused(&built, "build/process-ended", "no plain file");
    }
}

#[tokio::test]
async fn a_flood_of_words_does_not_keep_the_encoder_from_its_end() {
    let script = "head -c 9000000 /dev/zero; head -c 9000000 /dev/zero >&2; exit 2";
    let built = built("fn main() {}", Some(script)).await;
    assert_refused(&built, "build/no-component", "can't be made a component");
    assert!(built.findings[0].message.len() < 20_000);
}
