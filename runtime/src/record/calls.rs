//! Which questions were asked, in order: in words up to a bound, beyond it by hashes.

use serde::{Deserialize, Serialize};

/// Bytes of questions that are kept in words: some hundred thousand calls.
const MAX_WORDS: usize = 8 << 20;

/// Hashes that are kept of the calls after those; when they are too many, every second is
/// dropped, and a divergence is found within twice as many calls.
const MAX_HASHES: usize = 8192;

/// One question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// The host function.
    pub(super) function: String,
    /// Its arguments in words.
    pub(super) arguments: String,
    /// Units of fuel used before it.
    pub(super) fuel: u64,
}

/// The questions of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Calls {
    /// How many there were.
    pub(super) count: u64,
    /// How many are in `words`.
    kept: u64,
    /// One after the other: fuel since the one before, length of the function's name and of the
    /// arguments (LEB128 each), then both.
    #[serde(with = "serde_bytes")]
    words: Vec<u8>,
    /// Over all that came after `words`.
    hash: u64,
    /// How many calls lie between two hashes.
    stride: u64,
    /// The value of `hash` after each `stride` calls.
    hashes: Vec<u64>,
}

impl Default for Calls {
    fn default() -> Self {
        Self {
            count: 0,
            kept: 0,
            words: Vec::new(),
            hash: FNV_BASIS,
            stride: 1,
            hashes: Vec::new(),
        }
    }
}

impl Calls {
    /// Bytes that these take.
    pub(super) fn size(&self) -> u64 {
        (self.words.len() + self.hashes.len() * 8) as u64
    }

    /// Adds one; `before` is the fuel that was used when the one before it was asked.
    pub(super) fn add(&mut self, question: &Question, before: u64) {
        self.add_within(question, before, MAX_WORDS);
    }

    fn add_within(&mut self, question: &Question, before: u64, room: usize) {
        self.count += 1;
        let (function, arguments) = (&question.function, &question.arguments);
        let needed = function.len() + arguments.len() + 30;
        if self.kept + 1 == self.count && self.words.len() + needed <= room {
            self.kept = self.count;
            put(&mut self.words, question.fuel.saturating_sub(before));
            put(&mut self.words, function.len() as u64);
            put(&mut self.words, arguments.len() as u64);
            self.words.extend_from_slice(function.as_bytes());
            self.words.extend_from_slice(arguments.as_bytes());
            return;
        }
        self.hash = hashed(self.hash, question);
        if (self.count - self.kept).is_multiple_of(self.stride) {
            self.hashes.push(self.hash);
            if self.hashes.len() > MAX_HASHES {
                let mut even = true;
                self.hashes.retain(|_| {
                    even = !even;
                    even
                });
                self.stride *= 2;
            }
        }
    }

    /// Whether what a file says of them can be; and each question in words can be read.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let beyond = self
            .count
            .checked_sub(self.kept)
            .ok_or("it holds more host calls than it counts")?;
        if self.stride == 0 || self.hashes.len() as u64 != beyond / self.stride {
            return Err("its hashes of host calls do not fit their count");
        }
        let mut cursor = Cursor::default();
        for _ in 0..self.kept {
            cursor
                .next(self)
                .ok_or("one of its host calls can't be read")?;
        }
        if cursor.at != self.words.len() {
            return Err("there is more after its last host call");
        }
        Ok(())
    }
}

/// Goes through the questions of a recording beside a run.
#[derive(Clone, Debug, Default)]
pub(super) struct Cursor {
    at: usize,
    fuel: u64,
    passed: u64,
    hash: Option<u64>,
}

/// What a recording says to a question of a replay.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Compared {
    /// The same was asked then.
    Same {
        /// The fuel that had been used then, as far as that was kept.
        fuel: Option<u64>,
    },
    /// Something else was asked then.
    Other(Question),
    /// Something else was asked since this call: only hashes were kept.
    OtherSince(u64),
    /// No more was asked.
    Ended,
}

impl Cursor {
    /// The next question in words.
    pub(super) fn next(&mut self, calls: &Calls) -> Option<Question> {
        if self.passed >= calls.kept {
            return None;
        }
        let mut rest = calls.words.get(self.at..)?;
        let fuel = take(&mut rest)?;
        let function = usize::try_from(take(&mut rest)?).ok()?;
        let arguments = usize::try_from(take(&mut rest)?).ok()?;
        let (function, after) = rest.split_at_checked(function)?;
        let (arguments, after) = after.split_at_checked(arguments)?;
        self.at = calls.words.len() - after.len();
        self.fuel = self.fuel.checked_add(fuel)?;
        self.passed += 1;
        Some(Question {
            function: std::str::from_utf8(function).ok()?.to_owned(),
            arguments: std::str::from_utf8(arguments).ok()?.to_owned(),
            fuel: self.fuel,
        })
    }

    /// Compares the next call of a replay.
    pub(super) fn compare(&mut self, calls: &Calls, asked: &Question) -> Compared {
        if self.passed >= calls.count {
            return Compared::Ended;
        }
        if let Some(question) = self.next(calls) {
            let same = question.function == asked.function && question.arguments == asked.arguments;
            return if same {
                Compared::Same {
                    fuel: Some(question.fuel),
                }
            } else {
                Compared::Other(question)
            };
        }
        let hash = hashed(self.hash.unwrap_or(FNV_BASIS), asked);
        self.hash = Some(hash);
        self.passed += 1;
        let beyond = self.passed - calls.kept;
        let last = self.passed == calls.count;
        let known = if beyond.is_multiple_of(calls.stride) {
            let index = usize::try_from(beyond / calls.stride - 1).unwrap_or(usize::MAX);
            calls.hashes.get(index).copied()
        } else {
            last.then_some(calls.hash)
        };
        match known {
            Some(known) if known != hash => {
                let since = (beyond - 1) / calls.stride * calls.stride;
                Compared::OtherSince(calls.kept + since + 1)
            }
            _ => Compared::Same { fuel: None },
        }
    }
}

/// FNV-1a (Fowler, Noll, Vo): enough to find what differs by itself, and the same everywhere.
const FNV_BASIS: u64 = 0xcbf2_9ce4_8422_2325;

fn hashed(mut hash: u64, question: &Question) -> u64 {
    let words = [&question.function, "\0", &question.arguments, "\n"];
    for byte in words.iter().flat_map(|word| word.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash
}

fn put(to: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        to.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    to.push(number.to_le_bytes()[0]);
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = from.split_first()?;
        *from = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(number: u64) -> Question {
        Question {
            function: "fd_read".to_owned(),
            arguments: format!("fd {number}"),
            fuel: number * 300,
        }
    }

    fn recorded(count: u64, room: usize) -> Calls {
        let mut calls = Calls::default();
        for number in 0..count {
            let before = question(number.saturating_sub(1)).fuel;
            calls.add_within(&question(number), before, room);
        }
        calls.check().expect("they can be");
        calls
    }

    #[test]
    fn the_same_questions_are_the_same_and_one_more_is_not() {
        let calls = recorded(100, MAX_WORDS);
        let mut cursor = Cursor::default();
        for number in 0..100 {
            let fuel = Some(number * 300);
            assert_eq!(
                cursor.compare(&calls, &question(number)),
                Compared::Same { fuel }
            );
        }
        assert_eq!(cursor.compare(&calls, &question(100)), Compared::Ended);
    }

    #[test]
    fn another_question_is_found_at_its_place_in_words_or_between_two_hashes() {
        for (count, room, stride) in [(100, MAX_WORDS, 1), (20_000, 0, 4), (20_000, 4000, 4)] {
            let calls = recorded(count, room);
            assert_eq!(calls.stride, stride);
            for wrong in [0, 1, 57, count / 2, count - 1] {
                let mut cursor = Cursor::default();
                let mut found = None;
                for number in 0..count {
                    let asked = question(if number == wrong { 999_999 } else { number });
                    match cursor.compare(&calls, &asked) {
                        Compared::Same { .. } => continue,
                        Compared::Other(then) => {
                            assert_eq!(then, question(number));
                            found = Some((number, number));
                        }
                        Compared::OtherSince(since) => found = Some((since - 1, number)),
                        Compared::Ended => panic!("it had not ended"),
                    }
                    break;
                }
                let (first, last) = found.expect("found");
                assert!((first..=last).contains(&wrong), "{first} {wrong} {last}");
                assert!(last - first < stride);
            }
        }
    }
}
