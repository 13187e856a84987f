//! What others are told.

use super::fixtures::{Fresh, activated, artifact, brought_to, by, propose, tool};
use kbi::{Digest, Event, KnowledgeBase, Move, State};
use serde_json::json;
use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};

fn sequences(events: &[Event]) -> Vec<u64> {
    events.iter().map(|event| event.sequence).collect()
}

pub(crate) fn each_move_is_one_audit_row_and_one_event(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    let ids: Vec<_> = State::ALL
        .iter()
        .enumerate()
        .map(|(number, &state)| brought_to(kb, &tool(&format!("t{number}"), "1.0.0"), state))
        .collect();
    let mut audit: Vec<_> = ids.iter().flat_map(|&id| kb.audit(id).unwrap()).collect();
    audit.sort_by_key(|entry| entry.sequence);
    let events = kb.events_after(0, u32::MAX).unwrap();
    assert_eq!(events.len(), audit.len());
    assert_eq!(
        events
            .iter()
            .map(|event| event.id)
            .collect::<HashSet<_>>()
            .len(),
        events.len()
    );
    for (event, entry) in events.iter().zip(&audit) {
        assert_eq!(event.sequence, entry.sequence);
        assert_eq!(event.event_type, entry.by_move.event_type());
        assert_eq!(event.time, entry.time);
        assert_eq!(event.data.proposal_id, entry.proposal_id);
        let data = &event.data;
        assert_eq!(
            (data.by_move, data.from, data.to),
            (entry.by_move, entry.from, entry.to)
        );
        assert_eq!(
            (&data.by, &data.reason),
            (&entry.attribution.by, &entry.attribution.reason)
        );
    }
}

pub(crate) fn numbers_have_no_gaps_and_refusals_leave_none(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    for number in 0..5 {
        let name = format!("t{number}");
        let id = propose(kb, &tool(&name, "1.0.0"));
        // Refused before, within and after what is written.
        let mut other = tool(&name, "1.0.0");
        other.source_code.push(' ');
        assert!(kb.propose(&other, &by()).is_err());
        assert!(kb.activate(id, &by()).is_err());
        kb.begin_validation(id, &by()).unwrap();
        assert!(kb.roll_back(id, &by()).is_err());
    }
    let events = kb.events_after(0, u32::MAX).unwrap();
    assert_eq!(sequences(&events), (1..=10).collect::<Vec<_>>());
    assert_eq!(kb.last_event().unwrap(), 10);
}

pub(crate) fn events_come_in_portions(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    assert_eq!(
        (kb.last_event().unwrap(), kb.events_after(0, 5).unwrap()),
        (0, vec![])
    );
    activated(kb, "word-count", "1.0.0");
    for (after, limit, expected) in [
        (0, 0, vec![]),
        (0, 1, vec![1]),
        (0, 3, vec![1, 2, 3]),
        (2, 2, vec![3, 4]),
        (3, 10, vec![4]),
        (4, 10, vec![]),
        (u64::MAX, u32::MAX, vec![]),
    ] {
        let events = kb.events_after(after, limit).unwrap();
        assert_eq!(sequences(&events), expected, "{limit} after {after}");
    }
}

pub(crate) fn an_event_says_what_cloud_events_asks_for(fresh: &Fresh) {
    let bench = fresh();
    let kb = &*bench.kb;
    bench.clock.set(1_700_000_000_123_456);
    let id = activated(kb, "word-count", "1.0.0");
    let event = kb.events_after(3, 1).unwrap().remove(0);
    let mut value = serde_json::to_value(&event).unwrap();
    let source = value["source"].take();
    assert!(
        source
            .as_str()
            .unwrap()
            .starts_with("/wasm-runner/knowledge-base/")
    );
    assert_eq!(
        value,
        json!({
            "specversion": "1.0",
            "id": event.id,
            "source": null,
            "type": "dev.ocode.tool.activated.v1",
            "subject": "word-count@1.0.0",
            "time": "2023-11-14T22:13:20.123456Z",
            "datacontenttype": "application/json",
            "sequence": "00000000000000000004",
            "data": {
                "proposal_id": id,
                "tool_id": kb.proposal(id).unwrap().version.tool_id,
                "name": "word-count",
                "version": "1.0.0",
                "move": "activate",
                "from": "passed",
                "to": "active",
                "artifact_digest": Digest::of(&artifact(&tool("word-count", "1.0.0"))),
                "by": "tester",
                "reason": "because the test says so",
            },
        })
    );
    let of_another = fresh();
    activated(&*of_another.kb, "word-count", "1.0.0");
    let other = of_another.kb.events_after(3, 1).unwrap().remove(0);
    assert_ne!(other.source, event.source);
    // The verdict already knows the module, the moves before it do not.
    let known: Vec<_> = kb
        .events_after(0, 9)
        .unwrap()
        .into_iter()
        .map(|e| e.data)
        .collect();
    let with: Vec<_> = known
        .iter()
        .filter(|d| d.artifact_digest.is_some())
        .collect();
    assert_eq!(
        with.iter().map(|d| d.by_move).collect::<Vec<_>>(),
        [Move::Pass, Move::Activate]
    );
}

pub(crate) fn readers_never_see_a_gap_while_many_write(fresh: &Fresh) {
    const WRITERS: usize = 3;
    const EACH: usize = 15;
    let bench = fresh();
    let done = AtomicBool::new(false);
    let follow = |kb: &dyn KnowledgeBase| {
        let mut last = 0;
        loop {
            // Looked at before asking, so that the last question comes after the last write.
            let finished = done.load(Ordering::SeqCst);
            for event in kb.events_after(last, 4).unwrap() {
                assert_eq!(event.sequence, last + 1);
                last = event.sequence;
            }
            if finished && last == kb.last_event().unwrap() {
                return last;
            }
        }
    };
    std::thread::scope(|scope| {
        let reader = bench.another_handle();
        let reading = scope.spawn(move || follow(&*reader));
        bench.at_once(WRITERS, |writer, kb| {
            for number in 0..EACH {
                propose(kb, &tool(&format!("w{writer}"), &format!("1.0.{number}")));
            }
        });
        done.store(true, Ordering::SeqCst);
        let seen = reading.join().expect("no gap");
        assert_eq!(seen, u64::try_from(WRITERS * EACH).unwrap());
    });
}
