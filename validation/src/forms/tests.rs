use super::fixtures::{HOSTILE, failed, hostile, passed};
use super::*;
use proptest::prelude::*;
use quick_xml::events::Event;
use quick_xml::reader::Reader;
use serde_json::Value;

fn rendered(report: &ValidationReport, form: ReportForm) -> String {
    report.render(form, Budget::default())
}

fn sarif(report: &ValidationReport) -> Value {
    let text = rendered(report, ReportForm::Sarif);
    serde_json::from_str(&text).expect("JSON")
}

/// Closes every object of a schema, so that a field which it does not name is refused.
fn closed(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            if fields.contains_key("properties") && !fields.contains_key("additionalProperties") {
                fields.insert("additionalProperties".to_owned(), false.into());
            }
            fields.values_mut().for_each(closed);
        }
        Value::Array(items) => items.iter_mut().for_each(closed),
        _ => {}
    }
}

#[test]
fn the_schema_is_what_it_was() {
    insta::assert_snapshot!(serde_json::to_string_pretty(&report_schema()).expect("JSON"));
}

#[test]
fn the_schema_takes_reports_and_names_all_of_their_fields() {
    let mut schema = report_schema();
    assert!(jsonschema::draft202012::meta::is_valid(&schema));
    closed(&mut schema);
    let validator = jsonschema::draft202012::new(&schema).expect("a schema");
    for report in [failed(), passed(), hostile()] {
        let report = serde_json::to_value(report).expect("JSON");
        let wrong: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }
    let mut strange = serde_json::to_value(failed()).expect("JSON");
    strange["stages"][0]["status"] = "perhaps".into();
    assert!(!validator.is_valid(&strange));
}

#[test]
fn forms_have_names_that_find_them() {
    for form in ReportForm::ALL {
        assert_eq!(form.as_str().parse(), Ok(form));
    }
    assert!("pdf".parse::<ReportForm>().is_err());
}

#[test]
fn sarif_is_what_its_types_read() {
    for report in [failed(), passed(), hostile()] {
        let text = rendered(&report, ReportForm::Sarif);
        let log: serde_sarif::sarif::Sarif = serde_json::from_str(&text).expect("SARIF");
        assert_eq!(log.runs.len(), 1);
        let run = &log.runs[0];
        let results = run.results.as_ref().expect("results");
        assert_eq!(results.len(), report.findings().count());
        let rules = run.tool.driver.rules.as_ref().expect("rules");
        for result in results {
            let index = result.rule_index.expect("an index");
            let index = usize::try_from(index).expect("from 0");
            let known = &rules[index].id;
            assert_eq!(Some(known), result.rule_id.as_ref());
        }
    }
}

#[test]
fn a_sarif_log_of_a_failed_tool() {
    let mut log = sarif(&failed());
    // All the rules are in their own file.
    let rules = log["runs"][0]["tool"]["driver"]["rules"].take();
    assert!(rules.as_array().is_some_and(|rules| rules.len() > 50));
    for rule in rules.as_array().expect("rules") {
        for part in ["shortDescription", "fullDescription", "help"] {
            assert!(
                rule[part]["text"].as_str().is_some_and(|it| !it.is_empty()),
                "{rule}"
            );
        }
    }
    insta::assert_json_snapshot!(log);
}

#[test]
fn fingerprints_stay_when_lines_move_and_tell_two_of_a_kind_apart() {
    let prints = |report: &ValidationReport| -> Vec<String> {
        let log = sarif(report);
        let results = log["runs"][0]["results"]
            .as_array()
            .expect("results")
            .clone();
        results
            .iter()
            .map(|it| it["partialFingerprints"]["wasmRunnerFinding/v1"].to_string())
            .collect()
    };
    let before = failed();
    let text = serde_json::to_string(&before).expect("JSON");
    let moved = text.replace("\"line\":21", "\"line\":121").replace(
        "\"first_line\":19,\"marked_line\":21",
        "\"first_line\":119,\"marked_line\":121",
    );
    let moved = ValidationReport::from_json(moved.as_bytes()).expect("a report");
    assert_ne!(before, moved);
    assert_eq!(prints(&before), prints(&moved));
    let mut all = prints(&before);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), before.findings().count());
    let other = text.replace("sum / values[0]", "sum / values[1]");
    let other = ValidationReport::from_json(other.as_bytes()).expect("a report");
    assert_ne!(prints(&before), prints(&other));
}

/// All texts and attributes of an XML document, which it reads to its end.
fn texts(xml: &str) -> Vec<String> {
    let mut reader = Reader::from_str(xml);
    reader.config_mut().check_end_names = true;
    let mut texts = Vec::new();
    let mut depth = 0_i32;
    loop {
        match reader.read_event().expect("well-formed") {
            Event::Eof => break,
            Event::Start(element) => {
                depth += 1;
                texts.extend(attributes(&element));
            }
            Event::Empty(element) => texts.extend(attributes(&element)),
            Event::End(_) => depth -= 1,
            Event::CData(data) => {
                texts.push(data.into_inner().into_owned());
            }
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    texts
}

fn attributes(element: &quick_xml::events::BytesStart<'_>) -> Vec<String> {
    element
        .attributes()
        .map(|attribute| {
            let attribute = attribute.expect("well-formed");
            let value = attribute.value.into_owned();
            assert!(!value.contains('<'), "{value}");
            value
        })
        .collect()
}

#[test]
fn a_junit_file_of_a_failed_tool() {
    insta::assert_snapshot!(rendered(&failed(), ReportForm::Junit));
}

#[test]
fn junit_holds_hostile_texts_as_texts() {
    let xml = rendered(&hostile(), ReportForm::Junit);
    let all = texts(&xml).join("");
    for character in xml.chars() {
        let allowed = matches!(character, '\t' | '\n' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
        assert!(allowed, "{character:?} may not stand in XML");
    }
    assert!(
        all.contains("]]>") || all.contains("]]&gt;"),
        "the end of a section is kept as text"
    );
    assert!(!xml.contains('\u{202e}'));
    assert_eq!(xml.matches("<testsuite ").count(), hostile().stages.len());
}

#[test]
fn a_page_of_a_failed_tool() {
    insta::assert_snapshot!(rendered(&failed(), ReportForm::Html));
}

#[test]
fn a_page_holds_hostile_texts_as_texts_and_loads_nothing() {
    let page = rendered(&hostile(), ReportForm::Html);
    let body = page.split("</style>").nth(1).expect("one style sheet");
    for forbidden in [
        "<script",
        "<img",
        "<iframe",
        "<link",
        "<object",
        "<base",
        "<form",
        " style=",
        " onerror=\"",
        " src=",
        " href=",
    ] {
        let forbidden_as_markup = body.contains(forbidden)
            && !matches!(forbidden, " src=" | " href=")
            || (matches!(forbidden, " src=" | " href=")
                && body.contains(&format!("{forbidden}\"")));
        assert!(!forbidden_as_markup, "{forbidden}");
    }
    assert!(body.contains("&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"));
    assert!(body.contains("\\u{202e}") && !page.contains('\u{202e}'));
    assert!(!page.contains("http://") && !page.contains("https://") && !page.contains("url("));
    // Tags are balanced whatever the texts are: the same as with harmless ones.
    let tags = |page: &str| {
        let mut tags: Vec<String> = page
            .split('<')
            .skip(1)
            .map(|tag| tag.split(['>', ' ']).next().unwrap_or_default().to_owned())
            .collect();
        tags.sort();
        tags.dedup();
        tags
    };
    let strange: Vec<String> = tags(&page)
        .into_iter()
        .filter(|tag| !tags(&rendered(&failed(), ReportForm::Html)).contains(tag))
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}

#[test]
fn the_policy_of_the_page_allows_its_own_style_sheet_alone() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let page = rendered(&passed(), ReportForm::Html);
    let style = page
        .split("<style>")
        .nth(1)
        .and_then(|it| it.split("</style>").next());
    let digest = sha2::Sha256::digest(style.expect("a style sheet"));
    let digest = base64::engine::general_purpose::STANDARD.encode(digest);
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    );
    assert!(
        page.contains(&policy.replace('\'', "&#39;")) || page.contains(&policy),
        "{policy}"
    );
}

#[test]
fn the_agent_s_form_of_a_failed_tool() {
    insta::assert_snapshot!(rendered(&failed(), ReportForm::Agent));
}

#[test]
fn the_agent_s_form_of_a_tool_with_nothing_wrong() {
    insta::assert_snapshot!(rendered(&passed(), ReportForm::Agent));
}

#[test]
fn a_small_budget_says_what_it_leaves_out() {
    let budget = Budget::new(Budget::MIN).expect("the least");
    let text = failed().render(ReportForm::Agent, budget);
    insta::assert_snapshot!(text);
}

#[test]
fn budgets_have_edges() {
    assert_eq!(Budget::new(Budget::MIN - 1), None);
    assert_eq!(
        Budget::new(Budget::MIN).map(Budget::tokens),
        Some(Budget::MIN)
    );
    assert_eq!(
        Budget::new(Budget::MAX).map(Budget::tokens),
        Some(Budget::MAX)
    );
    assert_eq!(Budget::new(Budget::MAX + 1), None);
}

#[test]
fn no_line_of_a_tool_can_pass_for_ours() {
    let text = hostile().render(ReportForm::Agent, Budget::new(20_000).expect("a budget"));
    insta::assert_snapshot!(text);
    assert!(
        text.chars().all(|c| c == '\n' || !text::is_hidden(c)),
        "{text}"
    );
    for line in text.lines().filter(|line| !line.starts_with("  |")) {
        for word in ["Ignore", "System", "approve", "script", "evil"] {
            assert!(!line.contains(word), "{line}");
        }
    }
    assert_eq!(text.matches("\nverdict: ").count(), 1);
}

/// A report with so many findings, of such sizes.
fn many(sizes: &[(usize, usize)]) -> ValidationReport {
    let mut report = failed();
    let pattern = report.stages[4].findings[0].clone();
    report.stages[4].findings = sizes
        .iter()
        .enumerate()
        .map(|(index, (message, input))| {
            let mut finding = pattern.clone();
            finding.message = format!("{index} {}", "é ".repeat(*message));
            finding.place = Some(crate::Place::Example {
                index: u32::try_from(index).expect("few"),
            });
            finding.reproducer.as_mut().expect("one").input = "{\n".repeat(*input);
            finding
        })
        .collect();
    report
}

proptest! {
    #[test]
    fn the_agent_s_form_never_exceeds_its_budget(
        sizes in prop::collection::vec((0usize..3000, 0usize..3000), 0..40),
        tokens in Budget::MIN..6000,
        is_hostile in any::<bool>(),
    ) {
        let report = if is_hostile { hostile() } else { many(&sizes) };
        let text = report.render(ReportForm::Agent, Budget::new(tokens).expect("within"));
        let most = tokens as usize * Budget::BYTES_PER_TOKEN;
        prop_assert!(text.len() <= most, "{} of {most}", text.len());
        prop_assert!(text.contains("Nothing was left out.") || text.contains("--budget"));
    }

    #[test]
    fn any_text_is_well_formed_in_every_form(words in "\\PC*|[\\x00-\\x20\\]>&<'\"-]*") {
        let text = serde_json::to_string(&failed()).expect("JSON");
        let quoted = serde_json::to_string(&words).expect("JSON");
        let text = text.replace("unused variable: `x`", &quoted[1..quoted.len() - 1]);
        let report = ValidationReport::from_json(text.as_bytes()).expect("a report");
        texts(&rendered(&report, ReportForm::Junit));
        serde_json::from_str::<Value>(&rendered(&report, ReportForm::Sarif)).expect("JSON");
        let page = rendered(&report, ReportForm::Html);
        let body = page.split("</style>").nth(1).expect("one style sheet");
        prop_assert_eq!(body.matches("<article").count(), report.findings().count());
    }
}

#[test]
fn hostile_words_are_in_the_reports_that_are_tested() {
    let report = serde_json::to_string(&hostile()).expect("JSON");
    let word = serde_json::to_string(HOSTILE).expect("JSON");
    assert!(report.matches(word.trim_matches('"')).count() > 50);
}
