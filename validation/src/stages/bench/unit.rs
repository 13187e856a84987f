use super::*;
use crate::stages::example::{Answer, End, Script, load, options, proposal};
use crate::{BehaviourKind, CallBudget, Example, Properties, Severity, ValidatorOptions};
use policies::Bytes;
use runtime::CancellationToken;
use serde_json::{Value, json};

/// A tool of one example, `{}`.
fn manifest(budget: CallBudget) -> Manifest {
    Manifest {
        name: "adder".to_owned(),
        version: semver::Version::new(1, 0, 0),
        description: "Adds.".to_owned(),
        input_schema: json!({"type": "object"}),
        output_schema: json!(true),
        capabilities: Vec::new(),
        examples: vec![Example {
            name: "empty".to_owned(),
            input: json!({}),
            output: None,
            error: None,
        }],
        properties: Properties::default(),
        budget,
    }
}

struct Bench {
    module: Vec<u8>,
    manifest: Manifest,
    tried: Tried,
    earlier: Option<(Vec<u8>, &'static str)>,
    reference: Option<Vec<u8>>,
    options: ValidatorOptions,
}

impl Bench {
    fn of(module: Vec<u8>) -> Self {
        let mut options = options();
        // One run of each input: what is asked here is no matter of time.
        options.bench_time = policies::WallTime(1);
        Self {
            module,
            manifest: manifest(CallBudget::default()),
            tried: Tried::default(),
            earlier: None,
            reference: None,
            options,
        }
    }

    fn promising(mut self, budget: CallBudget) -> Self {
        self.manifest.budget = budget;
        self
    }

    fn tried(mut self, inputs: &[&str]) -> Self {
        let inputs = inputs.iter().map(|it| it.as_bytes().to_vec());
        self.tried.corpus = inputs.collect();
        self
    }

    fn since(mut self, module: Vec<u8>, version: &'static str) -> Self {
        self.earlier = Some((module, version));
        self
    }

    fn beside(mut self, module: Vec<u8>) -> Self {
        self.reference = Some(module);
        self
    }

    async fn run(self) -> (Found, Option<Compared>) {
        let (proposal, cancel) = (proposal(), CancellationToken::new());
        let contract = Contract::new(&self.manifest).expect("schemas");
        let ceiling = Policy::default();
        let earlier = self.earlier.as_ref().map(|(module, version)| Earlier {
            label: (*version).to_owned(),
            version: version.parse().ok(),
            tool: load(module),
            size: module.len(),
            manifest: Some(manifest(CallBudget::default())),
        });
        let reference = self.reference.as_deref().map(load);
        let context = Context {
            stage: Stage {
                options: &self.options,
                cancel: &cancel,
                step: &|_| {},
                until: Instant::now() + Duration::from_mins(1),
            },
            proposal: &proposal,
            manifest: &self.manifest,
            contract: &contract,
            fixtures: &Fixtures::new(&proposal, &[], &ceiling),
            ceiling: &ceiling,
            tool: &load(&self.module),
            size: self.module.len(),
            tried: &self.tried,
            earlier: earlier.as_ref(),
            reference: reference.as_ref(),
        };
        run(context).await.expect("a machine that works")
    }
}

fn prints(stdout: &str) -> Vec<u8> {
    Script::new().prints("", stdout).module()
}

fn ends(end: End) -> Vec<u8> {
    let answer = Answer {
        end,
        ..Answer::default()
    };
    Script::new().answers("", answer).module()
}

fn rules(found: &Found) -> Vec<(&str, Severity)> {
    let findings = found.findings.iter();
    findings.map(|it| (it.rule.as_str(), it.severity)).collect()
}

#[tokio::test]
async fn a_call_may_take_all_that_is_promised_and_not_one_unit_more() {
    // No input but that of the example.
    let only = || {
        let mut bench = Bench::of(prints("{}"));
        bench.manifest.input_schema = json!({"const": {}});
        bench
    };
    let (found, _) = only().run().await;
    let figure = |name: &str| found.metrics[name];
    let (fuel, memory) = (
        figure("examples_most_fuel"),
        figure("examples_most_memory_bytes"),
    );
    assert_eq!(rules(&found), []);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts"
    )]
    let promise = |less_fuel, less_memory| CallBudget {
        fuel: Some(Fuel(fuel as u64 - less_fuel)),
        memory: Some(Bytes(memory as u64 - less_memory)),
        ..CallBudget::default()
    };
    for (budget, expected) in [
        (promise(0, 0), vec![]),
        (
            promise(1, 0),
            vec![("bench/over-fuel-budget", Severity::Error)],
        ),
        (
            promise(0, 1),
            vec![("bench/over-memory-budget", Severity::Error)],
        ),
    ] {
        let (found, _) = only().promising(budget).run().await;
        assert_eq!(rules(&found), expected);
        for finding in &found.findings {
            assert_eq!(finding.place, Some(Place::Example { index: 0 }));
            let again = finding.reproducer.as_ref().expect("a reproducer");
            assert_eq!(again.input, "{}");
        }
    }
}

#[tokio::test]
async fn what_is_promised_holds_for_inputs_up_to_its_size() {
    let longer = r#"{"a":1}"#;
    for (input, expected) in [(longer.len(), 2), (longer.len() - 1, 1)] {
        let budget = CallBudget {
            fuel: Some(Fuel(1)),
            input: Some(Bytes(input as u64)),
            ..CallBudget::default()
        };
        let bench = Bench::of(prints("{}")).promising(budget);
        let (found, _) = bench.tried(&[longer, "no JSON", "[]"]).run().await;
        assert_eq!(rules(&found).len(), expected, "{input}");
    }
}

#[tokio::test]
async fn of_many_inputs_over_the_budget_the_smallest_is_told_and_made_smaller() {
    let budget = CallBudget {
        fuel: Some(Fuel(1)),
        ..CallBudget::default()
    };
    let inputs = [
        r#"{"abc":[1,2,3]}"#,
        r#"{"ab":[1,2,3]}"#,
        r#"{"a":[1,2,3]}"#,
    ];
    let mut bench = Bench::of(prints("{}")).promising(budget).tried(&inputs);
    // Where it may have no less than one member, that is left.
    bench.manifest.input_schema = json!({"type": "object", "minProperties": 1});
    bench.manifest.examples.clear();
    let (found, _) = bench.run().await;
    assert_eq!(rules(&found), [("bench/over-fuel-budget", Severity::Error)]);
    let finding = &found.findings[0];
    let again = finding.reproducer.as_ref().expect("one");
    let value: Value = serde_json::from_str(&again.input).expect("JSON");
    assert!(again.input.len() < inputs[2].len(), "{}", again.input);
    assert_eq!(value.as_object().map(serde_json::Map::len), Some(1));
    let message = &finding.message;
    assert!(
        message.contains("made-up inputs more are over it"),
        "{message}"
    );
}

#[tokio::test]
async fn made_up_inputs_have_figures_of_their_own_and_are_shown_one_by_one() {
    let mut bench = Bench::of(ends(End::Echo)).tried(&[r#"{"a":1}"#]);
    bench.manifest.input_schema = json!({"enum": [{}, {"a": 1}]});
    let (found, _) = bench.run().await;
    assert_eq!(found.metrics["inputs_count"], 2.0);
    assert!(found.metrics["made_up_median_fuel"] > 0.0);
    assert!(
        found.metrics["made_up_p99_wall_micros"] >= found.metrics["made_up_median_wall_micros"]
    );
    let names: Vec<&str> = found.cases.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["made-up input 1 (7 bytes)"]);
}

#[tokio::test]
async fn a_version_that_does_the_same_has_nothing_to_tell() {
    let bench = Bench::of(prints("{}")).since(prints("{}"), "1.0.0");
    let (found, compared) = bench.run().await;
    let compared = compared.expect("compared");
    assert_eq!(rules(&found), []);
    assert!(
        compared.compared > 1,
        "its schema's edges too: {compared:?}"
    );
    assert_eq!((compared.differing, compared.incomparable), (0, 0));
    let ratio = |name: &str| {
        let figure = compared.figures.iter().find(|it| it.name == name);
        figure.and_then(crate::FigureChange::ratio)
    };
    assert_eq!(ratio("module_bytes"), Some(1.0));
    assert_eq!(ratio("median_fuel"), Some(1.0));
}

#[tokio::test]
async fn an_answer_that_changed_is_told_with_both_answers() {
    let bench = |version| Bench::of(prints("[2]")).since(prints("[1]"), version);
    let (found, compared) = bench("1.0.0").run().await;
    assert_eq!(
        rules(&found),
        [
            ("bench/changed-example", Severity::Warning),
            ("bench/changed-answer", Severity::Note),
        ]
    );
    let behaviours = compared.expect("compared").behaviours;
    let first = &behaviours[0];
    assert_eq!(first.kind, BehaviourKind::Example);
    assert_eq!(
        (
            first.input.as_str(),
            first.before.as_str(),
            first.after.as_str()
        ),
        ("{}", "[1]", "[2]")
    );
    // The proposal is 1.0.0: by that number it may do other things than 0.9.0.
    let (found, _) = bench("0.9.0").run().await;
    assert!(rules(&found).iter().all(|it| it.1 == Severity::Note));
}

#[tokio::test]
async fn what_fails_now_weighs_more_than_what_is_answered_now() {
    let fails = || ends(End::Exit(1));
    let (found, _) = Bench::of(fails()).since(prints("{}"), "1.0.0").run().await;
    let rules_found = rules(&found);
    assert!(
        rules_found.contains(&("bench/newly-fails", Severity::Warning)),
        "{rules_found:?}"
    );
    let (found, _) = Bench::of(prints("{}")).since(fails(), "1.0.0").run().await;
    let rules_found = rules(&found);
    assert!(
        rules_found.contains(&("bench/newly-answers", Severity::Note)),
        "{rules_found:?}"
    );
}

#[tokio::test]
async fn answers_of_chance_are_not_compared() {
    let bench = Bench::of(ends(End::Random)).since(prints("[1]"), "1.0.0");
    let (found, compared) = bench.run().await;
    let compared = compared.expect("compared");
    assert_eq!(rules(&found), []);
    assert_eq!(compared.incomparable, compared.compared);
    // The clock is the same for both.
    let clock = || ends(End::Clock);
    let (_, compared) = Bench::of(clock()).since(clock(), "1.0.0").run().await;
    let compared = compared.expect("compared");
    assert_eq!((compared.incomparable, compared.differing), (0, 0));
}

#[tokio::test]
async fn a_second_implementation_that_disagrees_is_an_error_with_a_small_input() {
    // Only inputs with something in them show it.
    let bench = Bench::of(ends(End::Echo)).beside(prints("{}"));
    let (found, _) = bench
        .tried(&[r#"{"name":"a longer text","list":[1,2,3]}"#])
        .run()
        .await;
    assert_eq!(
        rules(&found),
        [("bench/reference-disagrees", Severity::Error)]
    );
    let again = found.findings[0].reproducer.as_ref().expect("one");
    let value: Value = serde_json::from_str(&again.input).expect("JSON");
    assert_eq!(
        value.as_object().map(serde_json::Map::len),
        Some(1),
        "{value}"
    );
    let (found, _) = Bench::of(prints("{}")).beside(prints("{}")).run().await;
    assert_eq!(rules(&found), []);
    assert_eq!(found.metrics["reference_differing_count"], 0.0);
}

#[tokio::test]
async fn a_second_implementation_that_never_ends_is_not_compared() {
    let mut bench = Bench::of(prints("{}")).beside(ends(End::Loop));
    // As much as it may have, it is cut off.
    bench.manifest.input_schema = json!({"const": {}});
    let (found, _) = bench.run().await;
    assert_eq!(
        rules(&found),
        [("bench/reference-not-compared", Severity::Warning)]
    );
}
