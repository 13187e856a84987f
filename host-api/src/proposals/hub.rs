//! The progress of one validation, for any number of watchers that come at any time.

use crate::convert::to_wire_time;
use crate::proto::{WatchValidationResponse as Step, watch_validation_response::Event};
use futures::Stream;
use futures::stream;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;
use tonic::Status;

/// How many steps are kept for watchers who come late or read slowly.
const MAX_STEPS: usize = 1024;

/// What has happened so far, and a bell for what happens next.
pub(crate) struct Hub {
    log: Mutex<Log>,
    bell: watch::Sender<()>,
}

#[derive(Default)]
struct Log {
    last: u64,
    steps: VecDeque<Step>,
    /// It is over: well, or for this reason.
    end: Option<Result<(), Status>>,
}

impl Hub {
    pub(crate) fn new() -> Self {
        Self {
            log: Mutex::default(),
            bell: watch::Sender::new(()),
        }
    }

    /// Tells what happened. After the end it is not heard.
    pub(crate) fn say(&self, event: Event) {
        self.change(|log| log.push(event));
    }

    /// Ends it, with what happened last.
    pub(crate) fn finish(&self, event: Event) {
        self.change(|log| {
            log.push(event);
            log.end.get_or_insert(Ok(()));
        });
    }

    /// Ends it before it is finished.
    pub(crate) fn give_up(&self, status: Status) {
        self.change(|log| {
            log.end.get_or_insert(Err(status));
        });
    }

    fn change(&self, change: impl FnOnce(&mut Log)) {
        {
            let mut log = self.lock();
            if log.end.is_none() {
                change(&mut log);
            }
        }
        self.bell.send_replace(());
    }

    fn lock(&self) -> MutexGuard<'_, Log> {
        // What a panic interrupts is at worst one step that is missing.
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything so far and everything that comes, to the end.
    pub(crate) fn follow(self: Arc<Self>) -> impl Stream<Item = Result<Step, Status>> + Send {
        let bell = self.bell.subscribe();
        let start = (self, bell, Some(0_u64), VecDeque::new());
        stream::unfold(start, |(hub, mut bell, mut seen, mut ready)| async move {
            loop {
                if let Some(step) = ready.pop_front() {
                    return Some((Ok(step), (hub, bell, seen, ready)));
                }
                let last = seen?;
                // Before looking: what is said after that rings again.
                bell.borrow_and_update();
                let end = {
                    let log = hub.lock();
                    ready.extend(
                        log.steps
                            .iter()
                            .filter(|step| step.sequence > last)
                            .cloned(),
                    );
                    seen = ready.back().map_or(seen, |step: &Step| Some(step.sequence));
                    if ready.is_empty() {
                        log.end.clone()
                    } else {
                        None
                    }
                };
                match end {
                    Some(Ok(())) => return None,
                    Some(Err(status)) => return Some((Err(status), (hub, bell, None, ready))),
                    // The hub is in our hands, so its bell is not gone.
                    None if ready.is_empty() && bell.changed().await.is_err() => return None,
                    None => {}
                }
            }
        })
    }
}

impl Log {
    fn push(&mut self, event: Event) {
        self.last += 1;
        if self.steps.len() == MAX_STEPS {
            // The small steps inside the stages are the ones that nobody misses.
            let small = |step: &Step| matches!(step.event, Some(Event::Step(_)));
            let index = self.steps.iter().position(small).unwrap_or(0);
            self.steps.remove(index);
        }
        self.steps.push_back(Step {
            sequence: self.last,
            time: Some(to_wire_time(jiff::Timestamp::now())),
            event: Some(event),
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::watch_validation_response::{Begun, Finished, Step as Small};
    use futures::StreamExt as _;

    fn small(message: &str) -> Event {
        Event::Step(Small {
            stage: 1,
            message: message.into(),
        })
    }

    fn begun() -> Event {
        Event::Begun(Begun {
            attempt: 1,
            resumed: false,
        })
    }

    async fn all(hub: &Arc<Hub>) -> Vec<Result<Step, Status>> {
        Arc::clone(hub).follow().collect().await
    }

    #[tokio::test]
    async fn a_late_watcher_hears_everything_and_the_end() {
        let hub = Arc::new(Hub::new());
        let early = tokio::spawn({
            let hub = Arc::clone(&hub);
            async move { all(&hub).await }
        });
        hub.say(begun());
        tokio::task::yield_now().await;
        hub.say(small("one"));
        hub.finish(Event::Finished(Finished::default()));
        hub.say(small("too late"));
        let late: Vec<_> = all(&hub).await.into_iter().map(Result::unwrap).collect();
        let sequences: Vec<_> = late.iter().map(|step| step.sequence).collect();
        assert_eq!(sequences, [1, 2, 3]);
        assert!(matches!(late[2].event, Some(Event::Finished(_))));
        let early: Vec<_> = early
            .await
            .unwrap()
            .into_iter()
            .map(Result::unwrap)
            .collect();
        assert_eq!(early, late);
    }

    #[tokio::test]
    async fn the_reason_of_an_early_end_comes_last() {
        let hub = Arc::new(Hub::new());
        hub.say(begun());
        hub.give_up(Status::unavailable("closing"));
        let heard = all(&hub).await;
        assert_eq!(heard.len(), 2);
        assert_eq!(
            heard[1].as_ref().unwrap_err().code(),
            tonic::Code::Unavailable
        );
    }

    #[tokio::test]
    async fn what_is_kept_is_bounded_and_small_steps_go_first() {
        let hub = Arc::new(Hub::new());
        hub.say(begun());
        for n in 0..MAX_STEPS * 2 {
            hub.say(small(&n.to_string()));
        }
        hub.finish(Event::Finished(Finished::default()));
        let heard: Vec<_> = all(&hub).await.into_iter().map(Result::unwrap).collect();
        assert_eq!(heard.len(), MAX_STEPS);
        assert!(matches!(heard[0].event, Some(Event::Begun(_))));
        // The gap shows in the numbers.
        assert_eq!(heard[0].sequence, 1);
        assert!(heard[1].sequence > 2);
        assert_eq!(heard[MAX_STEPS - 1].sequence, (MAX_STEPS * 2 + 2) as u64);
    }
}
