//! Looking things up.

use super::ManualClock;
use super::fixtures::{Fresh, activated, brought_to, by, finish, propose, state, tool, version};
use kbi::{
    Cursor, Decision, Digest, ErrorKind, Filter, KbiError, KnowledgeBase, PageRequest, ProposalId,
    State, ValidationStatus,
};
use uuid::Uuid;
use validation::{Language, Verdict};

fn names(kb: &dyn KnowledgeBase, filter: &Filter, page: &PageRequest) -> Vec<String> {
    let items = kb.list(filter, page).expect("a list").items;
    items
        .iter()
        .map(|item| format!("{}@{}", item.name, item.version))
        .collect()
}

pub(crate) fn a_record_says_where_a_version_stands_and_since_when(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    let tool = tool("word-count", "1.0.0");
    let start = 1_750_000_000_000_001;
    bench.clock.set(start);
    let id = propose(kb, &tool);
    let record = kb.version("word-count", &tool.version).unwrap();
    assert_eq!(record, kb.proposal(id).unwrap().version);
    assert_eq!((record.proposal_id, record.state), (id, State::Proposed));
    assert_eq!(
        (record.name.as_str(), &record.version),
        ("word-count", &tool.version)
    );
    assert_eq!(record.language, Language::Rust);
    assert_eq!(record.generated_by_agent_id, "agent-7");
    assert_eq!(
        (record.verdict, record.confidence, record.artifact),
        (None, None, None)
    );
    assert_eq!(record.created_at, ManualClock::at(start));
    assert_eq!(record.updated_at, record.created_at);
    assert_eq!(record.state.validation_status(), ValidationStatus::Pending);

    bench.clock.set(start + 5);
    kb.begin_validation(id, &by()).unwrap();
    bench.clock.set(start + 9);
    finish(kb, id, &tool, Verdict::Passed).unwrap();
    let record = kb.version("word-count", &tool.version).unwrap();
    assert_eq!(record.created_at, ManualClock::at(start));
    assert_eq!(record.updated_at, ManualClock::at(start + 9));
    let times: Vec<_> = kb
        .audit(id)
        .unwrap()
        .iter()
        .map(|entry| entry.time)
        .collect();
    assert_eq!(times, [start, start + 5, start + 9].map(ManualClock::at));
}

pub(crate) fn pages_together_are_the_whole_list_in_order(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    for name in ["b", "a", "a-z", "a_z", "aa", "c"] {
        for number in ["1.0.0", "1.10.0", "1.2.0", "2.0.0-rc.1"] {
            propose(kb, &tool(name, number));
        }
    }
    let expected: Vec<_> = ["a", "a-z", "a_z", "aa", "b", "c"]
        .iter()
        .flat_map(|name| {
            ["2.0.0-rc.1", "1.10.0", "1.2.0", "1.0.0"].map(|number| format!("{name}@{number}"))
        })
        .collect();
    for size in [1, 3, 4, 23, 24, 25] {
        let mut seen = Vec::new();
        let mut page = PageRequest { size, after: None };
        loop {
            let found = names(kb, &Filter::default(), &page);
            assert!(found.len() <= size as usize);
            seen.extend(found);
            let next = kb.list(&Filter::default(), &page).unwrap().next;
            match next {
                // Through its text, as it travels.
                Some(cursor) => page.after = Some(cursor.to_string().parse().unwrap()),
                None => break,
            }
        }
        assert_eq!(seen, expected, "pages of {size}");
    }
}

pub(crate) fn a_cursor_holds_while_versions_come_and_go(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    let ids = ["a", "b", "c", "d"].map(|name| propose(kb, &tool(name, "1.0.0")));
    let proposed = Filter {
        states: vec![State::Proposed],
        ..Filter::default()
    };
    let first = kb
        .list(
            &proposed,
            &PageRequest {
                size: 2,
                after: None,
            },
        )
        .unwrap();
    let next = first.next.clone().unwrap();
    assert_eq!(next.to_string(), "b@1.0.0");
    // The one that the cursor names leaves the list; others come before and behind it.
    kb.begin_validation(ids[1], &by()).unwrap();
    for (name, number) in [
        ("a", "0.1.0"),
        ("b", "2.0.0"),
        ("b", "0.5.0"),
        ("c", "2.0.0"),
    ] {
        propose(kb, &tool(name, number));
    }
    let page = PageRequest {
        size: 10,
        after: Some(next),
    };
    assert_eq!(
        names(kb, &proposed, &page),
        ["b@0.5.0", "c@2.0.0", "c@1.0.0", "d@1.0.0"]
    );
}

pub(crate) fn filters_by_state_and_prefix(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    for (number, &state) in State::ALL.iter().enumerate() {
        brought_to(kb, &tool(&format!("s{number}"), "1.0.0"), state);
    }
    for name in ["csv_a", "csv-b", "csvx"] {
        propose(kb, &tool(name, "1.0.0"));
    }
    let listed = |states: &[State], prefix: &str| {
        let filter = Filter {
            states: states.to_vec(),
            name_prefix: prefix.to_owned(),
        };
        names(kb, &filter, &PageRequest::default())
    };
    for (number, &state) in State::ALL.iter().enumerate() {
        assert_eq!(listed(&[state], "s"), [format!("s{number}@1.0.0")]);
    }
    assert_eq!(listed(&[State::Active, State::Failed], "").len(), 2);
    assert_eq!(listed(&[], "").len(), State::ALL.len() + 3);
    // No character of a prefix is special, and case counts.
    assert_eq!(listed(&[], "csv_"), ["csv_a@1.0.0"]);
    assert_eq!(
        listed(&[], "csv"),
        ["csv-b@1.0.0", "csv_a@1.0.0", "csvx@1.0.0"]
    );
    for none in [
        "csv%",
        "CSV",
        "csv*",
        "csvxy",
        "'",
        "csvx\0",
        "\u{10ffff}",
        "zz",
    ] {
        assert_eq!(listed(&[], none), [""; 0], "{none:?}");
    }
    // A prefix that lies behind or before the cursor.
    let after = |name: &str| PageRequest {
        size: 10,
        after: Some(Cursor {
            name: name.to_owned(),
            version: version("1.0.0"),
        }),
    };
    let filter = Filter {
        states: vec![],
        name_prefix: "csv".to_owned(),
    };
    assert_eq!(names(kb, &filter, &after("a")).len(), 3);
    assert_eq!(names(kb, &filter, &after("csv-b")).len(), 2);
    assert_eq!(names(kb, &filter, &after("d")).len(), 0);
}

pub(crate) fn page_sizes_are_kept_within_their_bounds(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    for number in 0..3 {
        propose(kb, &tool("a", &format!("1.0.{number}")));
    }
    for (size, expected) in [(0, 1), (1, 1), (2, 2), (3, 3), (u32::MAX, 3)] {
        let page = kb
            .list(&Filter::default(), &PageRequest { size, after: None })
            .unwrap();
        assert_eq!(
            (page.items.len(), page.next.is_some()),
            (expected, expected < 3),
            "{size}"
        );
    }
}

pub(crate) fn what_is_unknown_is_said_to_be(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    activated(kb, "word-count", "1.0.0");
    let nobody = ProposalId::from(Uuid::from_u128(9));
    let known = tool("word-count", "1.0.0");
    let answers: [(&str, Option<KbiError>); 9] = [
        ("proposal", kb.proposal(nobody).err()),
        ("report", kb.report(nobody).err()),
        ("audit", kb.audit(nobody).err()),
        ("begin", kb.begin_validation(nobody, &by()).err()),
        ("finish", finish(kb, nobody, &known, Verdict::Passed).err()),
        ("decide", kb.decide(nobody, Decision::Approve, &by()).err()),
        ("activate", kb.activate(nobody, &by()).err()),
        ("deprecate", kb.deprecate(nobody, &by()).err()),
        ("roll back", kb.roll_back(nobody, &by()).err()),
    ];
    for (what, error) in answers {
        match error {
            Some(error @ KbiError::UnknownProposal { id }) => {
                assert_eq!((id, error.kind()), (nobody, ErrorKind::NotFound));
            }
            other => panic!("{what}: {other:?}"),
        }
    }
    assert!(matches!(
        kb.version("nobody", &version("1.0.0")),
        Err(KbiError::UnknownTool { name }) if name == "nobody"
    ));
    assert!(matches!(
        kb.version("word-count", &version("1.0.1")),
        Err(KbiError::UnknownVersion { .. })
    ));
    let tool_id = Uuid::from_u128(9);
    assert!(matches!(
        kb.tool_name(tool_id),
        Err(KbiError::UnknownToolId { tool_id: found }) if found == tool_id
    ));
    // What is kept under a digest but is no module is no artifact either.
    let record = kb.version("word-count", &version("1.0.0")).unwrap();
    let report = serde_json::to_vec(&kb.report(record.proposal_id).unwrap()).unwrap();
    for digest in [Digest::of(b"nothing"), Digest::of(&report)] {
        assert!(matches!(
            kb.artifact(&digest),
            Err(KbiError::UnknownArtifact { digest: found }) if found == digest
        ));
    }
    assert_eq!(state(kb, record.proposal_id), State::Active);
}

pub(crate) fn a_census_counts_each_state_and_says_since_when(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    assert_eq!(kb.census().unwrap(), []);
    bench.clock.set(1_000_000);
    brought_to(kb, &tool("old", "1.0.0"), State::Review);
    bench.clock.set(2_000_000);
    brought_to(kb, &tool("newer", "1.0.0"), State::Review);
    let decided = brought_to(kb, &tool("decided", "1.0.0"), State::Review);
    bench.clock.set(3_000_000);
    kb.decide(decided, Decision::Approve, &by()).unwrap();
    let mut census = kb.census().unwrap();
    census.sort_by_key(|entry| entry.state);
    let census: Vec<_> = census
        .iter()
        .map(|entry| (entry.state, entry.versions, entry.oldest))
        .collect();
    assert_eq!(
        census,
        [
            (State::Review, 2, ManualClock::at(1_000_000)),
            (State::Active, 1, ManualClock::at(3_000_000)),
        ]
    );
}

pub(crate) fn an_agent_is_known_by_what_became_of_its_versions(fresh: &Fresh) {
    let bench = fresh();
    let by_agent = |name: &str, agent: &str| {
        let mut tool = tool(name, "1.0.0");
        agent.clone_into(&mut tool.generated_by_agent_id);
        tool
    };
    let day = |number: i64| 1_700_000_000_000_000 + number * 86_400_000_000;
    bench.clock.set(day(0));
    brought_to(&*bench.kb, &by_agent("old", "agent-7"), State::Failed);
    bench.clock.set(day(1));
    for (number, state) in [
        State::Passed,
        State::Active,
        State::Deprecated,
        State::Failed,
        State::Rejected,
        State::RolledBack,
        State::Proposed,
        State::Validating,
        State::Review,
    ]
    .into_iter()
    .enumerate()
    {
        brought_to(
            &*bench.kb,
            &by_agent(&format!("tool-{number}"), "agent-7"),
            state,
        );
    }
    brought_to(&*bench.kb, &by_agent("other", "agent-70"), State::Failed);
    let record = |agent: &str, since| {
        let since = ManualClock::at(since);
        let record = bench.kb.track_record(agent, since).unwrap();
        (record.passed, record.failed)
    };
    assert_eq!(record("agent-7", day(1)), (3, 3));
    // What lies at the edge of the window is in it.
    assert_eq!(record("agent-7", day(1) + 1), (0, 0));
    assert_eq!(record("agent-7", day(0)), (3, 4));
    assert_eq!(record("agent-70", day(0)), (0, 1));
    assert_eq!(record("agent-8", day(0)), (0, 0));
}
