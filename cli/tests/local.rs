//! Commands that need neither a service nor set-up.

mod common;

use common::World;
use serde_json::Value;

#[test]
fn help_is_what_it_was() {
    let world = World::new();
    let ended = world.run(["--help"]);
    assert_eq!(ended.code, 0);
    insta::assert_snapshot!("help", ended.stdout);
    for command in ["run", "validate", "proposal", "tool", "serve"] {
        let ended = world.run([command, "--help"]);
        assert_eq!(ended.code, 0);
        insta::assert_snapshot!(format!("help_{command}"), ended.stdout);
    }
}

#[test]
fn a_wrong_command_line_ends_with_2() {
    let world = World::new();
    for args in [
        &["nonsense"][..],
        &["run"],
        &["run", "--nonsense", "a.wasm"],
        &[],
    ] {
        assert_eq!(world.run(args).code, 2, "{args:?}");
    }
}

#[test]
fn presets_are_explained() {
    let world = World::new();
    for preset in ["pure", "workspace", "web"] {
        let ended = world.run(["policy", "explain", preset]);
        assert_eq!(ended.code, 0);
        insta::assert_snapshot!(format!("explain_{preset}"), ended.stdout);
    }
}

#[test]
fn a_policy_as_json_is_the_policy_and_its_words() {
    let world = World::new();
    let ended = world.run(["policy", "explain", "--json", "pure"]);
    let value: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(value["policy"]["limits"]["memory"], 64 * 1024 * 1024);
    let shown = world.run(["policy", "show", "--json", "pure"]);
    let shown: Value = serde_json::from_str(&shown.stdout).expect("JSON");
    assert_eq!(shown, value["policy"]);
    assert!(
        value["explained"]
            .as_array()
            .is_some_and(|lines| !lines.is_empty())
    );
}

#[test]
fn broken_policies_say_where_and_what_to_do() {
    let world = World::new();
    let broken = [
        ("syntax", "[limits\n"),
        ("unknown_key", "[limits]\nfule = 3\n"),
        ("units", "[limits]\nmemory = 64\nwall_time = \"2\"\n"),
    ];
    for (name, text) in broken {
        world.write("broken.toml", text);
        let ended = world.run(["policy", "explain", "broken.toml"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (1, ""));
        insta::assert_snapshot!(format!("broken_policy_{name}"), ended.stderr);
    }
    let ended = world.run(["policy", "explain", "pur"]);
    assert!(
        ended.stderr.contains("did you mean `pure`?"),
        "{}",
        ended.stderr
    );
    let ended = world.run(["policy", "explain", "nosuch"]);
    assert_eq!(ended.code, 1);
    assert!(
        ended.stderr.contains("pure, workspace, web"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_preset_shown_is_a_policy() {
    let world = World::new();
    let shown = world.run(["policy", "show", "workspace"]).stdout;
    world.write("mine.toml", shown);
    let again = world.run(["policy", "show", "mine.toml"]);
    assert_eq!(again.code, 0, "{}", again.stderr);
    let words = |policy: &str| {
        world
            .run(["policy", "explain", policy])
            .stdout
            .replace(policy, "")
    };
    assert_eq!(words("workspace"), words("mine.toml"));
}

#[test]
fn new_writes_a_package_and_never_over_another() {
    let world = World::new();
    let ended = world.run(["new", "word-count"]);
    assert_eq!(ended.code, 0, "{}", ended.stderr);
    for step in [
        "cargo test",
        "wasm-runner validate .",
        "serve",
        "proposal submit",
        "tool call word-count",
    ] {
        assert!(ended.stdout.contains(step), "{step}: {}", ended.stdout);
    }
    assert!(
        ended.stdout.contains("make setup"),
        "there are no vendored crates in an empty home"
    );
    let manifest = std::fs::read_to_string(world.path("word-count/Cargo.toml")).expect("there");
    assert!(manifest.contains("name = \"word-count\""), "{manifest}");
    for file in [
        "src/main.rs",
        "README.md",
        ".gitignore",
        ".cargo/config.toml",
    ] {
        assert!(world.path("word-count").join(file).is_file(), "{file}");
    }
    let config =
        std::fs::read_to_string(world.path("word-count/.cargo/config.toml")).expect("there");
    assert!(
        config.contains(&world.path("home/vendor").display().to_string()),
        "{config}"
    );

    let again = world.run(["new", "word-count"]);
    assert_eq!(again.code, 1);
    assert!(again.stderr.contains("is not empty"), "{}", again.stderr);
    let elsewhere = world.run(["new", "word-count", "--path", "other/place"]);
    assert_eq!(elsewhere.code, 0, "{}", elsewhere.stderr);
    assert!(world.path("other/place/src/main.rs").is_file());
}

#[test]
fn a_name_that_no_tool_can_have_is_refused() {
    let world = World::new();
    for name in ["Word", "a b", "../a", "serde", "9lives"] {
        let ended = world.run(["new", name]);
        assert_eq!(ended.code, 1, "{name}");
        assert!(ended.stderr.contains("remedy:"), "{}", ended.stderr);
    }
    assert_eq!(
        std::fs::read_dir(world.path("")).expect("listed").count(),
        1,
        "only the home"
    );
}

#[test]
fn doctor_names_what_lacks_and_what_mends_it() {
    let world = World::new();
    let ended = world.run(["doctor"]);
    assert_eq!(ended.code, 1);
    for part in [
        "toolchain",
        "allow-list",
        "vendored crates",
        "make setup",
        "state folder",
    ] {
        assert!(ended.stdout.contains(part), "{part}: {}", ended.stdout);
    }
    let ended = world.run(["doctor", "--json"]);
    let value: Value = serde_json::from_str(&ended.stdout).expect("JSON");
    assert_eq!(value["ok"], false);
    let checks = value["checks"].as_array().expect("a list");
    let state = |name: &str| {
        checks
            .iter()
            .find(|check| check["name"] == name)
            .map(|check| &check["state"])
    };
    assert_eq!(state("sandbox"), Some(&Value::from("ok")), "{value}");
    assert_eq!(state("toolchain"), Some(&Value::from("missing")));
}

#[test]
fn every_shell_gets_completions() {
    let world = World::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = world.run(["completions", shell]);
        assert_eq!(ended.code, 0);
        assert!(ended.stdout.contains("wasm-runner"), "{shell}");
    }
}

#[test]
fn colours_come_only_where_they_are_asked_for() {
    let world = World::new();
    let plain = world.run(["policy", "explain", "pure"]).stdout;
    assert!(!plain.contains('\u{1b}'));
    let coloured = world
        .run(["--color", "always", "policy", "explain", "pure"])
        .stdout;
    assert!(coloured.contains('\u{1b}'));
    let errors = world.run(["policy", "explain", "nosuch"]).stderr;
    assert!(!errors.contains('\u{1b}'));
}

/// Root without any capability, as in a container that may do little.
fn without_privileges(world: &World, args: &[&str]) -> std::process::Output {
    std::process::Command::new("setpriv")
        .args(["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"])
        .arg(env!("CARGO_BIN_EXE_wasm-runner"))
        .args(args)
        .current_dir(world.path("home"))
        .env("WASM_RUNNER_HOME", world.path("home"))
        .stdin(std::process::Stdio::null())
        .output()
        .expect("setpriv is part of util-linux")
}

#[test]
fn less_than_is_demanded_is_refused_with_what_lacks() {
    use std::os::unix::fs::MetadataExt;
    // Another user may have namespaces without a capability; only root has not.
    if std::fs::metadata("/proc/self").expect("there").uid() != 0 {
        return;
    }
    let world = World::new();
    world.pretend_set_up();
    let data = ["--listen", "127.0.0.1:0", "--data-dir", "data"];
    let ended = without_privileges(&world, &[&["serve"], &data[..]].concat());
    let stderr = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("mount namespace, network namespace"),
        "{stderr}"
    );
    assert!(stderr.contains("--isolation best-effort"), "{stderr}");
    // What holds all the same is not among what lacks.
    assert!(!stderr.contains("Landlock"), "{stderr}");
    let ended = without_privileges(&world, &["doctor"]);
    let stdout = String::from_utf8_lossy(&ended.stdout);
    assert!(stdout.contains("no    network namespace"), "{stdout}");
    assert!(stdout.contains("ok    Landlock"), "{stdout}");
    assert!(stdout.contains("ok    seccomp"), "{stdout}");
}

#[test]
fn a_validation_that_is_called_off_says_so() {
    let world = World::new();
    world.pretend_slow_set_up();
    let child = world
        .command()
        .args(["validate", "slow-tool"])
        .env("TMPDIR", world.path(""))
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .expect("it starts");
    let building = || {
        std::fs::read_dir(world.path(""))
            .expect("listed")
            .flatten()
            .any(|entry| entry.path().join("work/package").exists())
    };
    world.slow_build_has_begun();
    assert!(building());
    common::signal("INT", &child);
    let ended = common::ended(child.wait_with_output().expect("it ends"));
    assert_eq!(ended.code, 130, "{}", ended.stderr);
    assert!(ended.stderr.contains("called off"), "{}", ended.stderr);
    assert!(!building(), "the build's folder goes with it");
}
