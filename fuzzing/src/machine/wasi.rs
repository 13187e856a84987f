//! WASI preview 1 for a program that has its input and nothing else.
//!
//! The runtime's own functions are made for every policy and for many runs at a time; these are
//! made for a million runs one after the other, and answer the same where there is no folder.
//! Nothing that is reported rests on them alone: what they bring to light is run again by the
//! runtime before it is believed.

use super::guest::{Denied, Guest, Stop};
use crate::world::EPOCH;
use wasmtime::{Caller, Extern, ExternType, Linker, Module, Result, Val};

pub(crate) const MODULE: &str = "wasi_snapshot_preview1";

mod errno {
    pub(super) const SUCCESS: i32 = 0;
    pub(super) const BADF: i32 = 8;
    pub(super) const FAULT: i32 = 21;
    pub(super) const INVAL: i32 = 28;
    pub(super) const SPIPE: i32 = 70;
    pub(super) const NOTCAPABLE: i32 = 76;
}

/// The program exits.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
pub(crate) struct Exit(pub(crate) i32);

/// A call from the guest: its memory, and the state of its run.
struct Host<'a> {
    memory: &'a mut [u8],
    guest: &'a mut Guest,
}

fn enter<'a>(caller: &'a mut Caller<'_, Guest>) -> Result<Host<'a>> {
    let memory = match caller.data().memory {
        Some(memory) => memory,
        // Only while a start function runs.
        None => match caller.get_export("memory") {
            Some(Extern::Memory(memory)) => memory,
            _ => wasmtime::bail!("it exports no memory"),
        },
    };
    let (memory, guest) = memory.data_and_store_mut(caller);
    guest.host_calls += 1;
    Ok(Host { memory, guest })
}

/// What one call may make the host move, over a run: as much as takes a tenth of a second.
const MOVED_LIMIT: u64 = 256 << 20;

impl Host<'_> {
    fn range(&self, at: u32, length: u32) -> Option<std::ops::Range<usize>> {
        let at = at as usize;
        let end = at.checked_add(length as usize)?;
        (end <= self.memory.len()).then_some(at..end)
    }

    fn u32_at(&self, at: u32) -> Option<u32> {
        let bytes = &self.memory[self.range(at, 4)?];
        Some(u32::from_le_bytes(bytes.try_into().ok()?))
    }

    fn put(&mut self, at: u32, bytes: &[u8]) -> Option<()> {
        let length = u32::try_from(bytes.len()).ok()?;
        let range = self.range(at, length)?;
        self.memory[range].copy_from_slice(bytes);
        self.guest.wrote(at, length);
        Some(())
    }

    fn vector(&self, vectors: i32, index: u32) -> Option<(u32, u32)> {
        let at = vectors.cast_unsigned().checked_add(index.checked_mul(8)?)?;
        Some((self.u32_at(at)?, self.u32_at(at.checked_add(4)?)?))
    }

    fn read(&mut self, vectors: i32, count: i32, result: i32) -> Option<()> {
        let mut buffer = (0, 0);
        for index in 0..count.cast_unsigned().min(1024) {
            buffer = self.vector(vectors, index)?;
            if buffer.1 > 0 {
                break;
            }
        }
        let rest = self.guest.input.len() - self.guest.read;
        let length = rest.min(buffer.1 as usize);
        let range = self.range(buffer.0, u32::try_from(length).ok()?)?;
        let from = self.guest.read;
        self.memory[range].copy_from_slice(&self.guest.input[from..from + length]);
        self.guest.read += length;
        let length = u32::try_from(length).ok()?;
        self.guest.wrote(buffer.0, length);
        self.put(result.cast_unsigned(), &length.to_le_bytes())
    }

    fn write(&mut self, out: bool, vectors: i32, count: i32, result: i32) -> Option<Result<()>> {
        let mut written: u32 = 0;
        self.range(result.cast_unsigned(), 4)?;
        for index in 0..count.cast_unsigned().min(1024) {
            let (at, length) = self.vector(vectors, index)?;
            let range = self.range(at, length)?;
            let guest = &mut *self.guest;
            let (kept, limit) = if out {
                (&mut guest.stdout, guest.limits.output)
            } else {
                (&mut guest.stderr, guest.limits.stderr)
            };
            let room = limit.saturating_sub(kept.len());
            kept.extend_from_slice(&self.memory[range.start..range.start + range.len().min(room)]);
            if out && range.len() > room {
                return Some(Err(Stop::Output.into()));
            }
            written = written.saturating_add(length);
            guest.moved += u64::from(length);
        }
        if self.guest.moved > MOVED_LIMIT {
            return Some(Err(Stop::Work.into()));
        }
        self.put(result.cast_unsigned(), &written.to_le_bytes())?;
        Some(Ok(()))
    }

    /// Writes words one behind the other, and where each is.
    fn words(&mut self, words: &[String], list: i32, text: i32) -> Option<()> {
        let (mut list, mut text) = (list.cast_unsigned(), text.cast_unsigned());
        for word in words {
            self.put(list, &text.to_le_bytes())?;
            self.put(text, word.as_bytes())?;
            let end = text.checked_add(u32::try_from(word.len()).ok()?)?;
            self.put(end, &[0])?;
            list = list.checked_add(4)?;
            text = end.checked_add(1)?;
        }
        Some(())
    }

    fn sizes(&mut self, words: &[String], count: i32, size: i32) -> Option<()> {
        let bytes: usize = words.iter().map(|word| word.len() + 1).sum();
        let number = u32::try_from(words.len()).ok()?;
        self.put(count.cast_unsigned(), &number.to_le_bytes())?;
        let bytes = u32::try_from(bytes).ok()?;
        self.put(size.cast_unsigned(), &bytes.to_le_bytes())
    }

    fn environment(&mut self) -> Vec<String> {
        self.guest.asked.environment = true;
        let pairs = self.guest.world.environment.iter();
        pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect()
    }

    fn clock(&mut self, id: i32) -> Option<u64> {
        /// What the runtime's virtual clock goes on by at each reading: a microsecond.
        const STEP: u64 = 1_000;
        self.guest.asked.clock = true;
        let start = self.guest.world.clock;
        let base = match id {
            0 => start,
            // Programs that measure time see the moved clock too, by what it is moved.
            1 => start.abs_diff(EPOCH),
            _ => return None,
        };
        self.guest.elapsed = self.guest.elapsed.saturating_add(STEP);
        Some(base.saturating_add(self.guest.elapsed))
    }

    fn random(&mut self, at: i32, length: i32) -> Option<Result<()>> {
        self.guest.asked.random = true;
        self.guest.moved += u64::from(length.cast_unsigned());
        let range = self.range(at.cast_unsigned(), length.cast_unsigned())?;
        if self.guest.moved > MOVED_LIMIT {
            return Some(Err(Stop::Work.into()));
        }
        for eight in self.memory[range].chunks_mut(8) {
            let bytes = next(&mut self.guest.seed).to_le_bytes();
            eight.copy_from_slice(&bytes[..eight.len()]);
        }
        self.guest.wrote(at.cast_unsigned(), length.cast_unsigned());
        Some(Ok(()))
    }

    /// Nothing is waited for: what can be read or written can be so at once, and else the
    /// earliest clock rings, to which the virtual clock is moved on.
    fn poll(&mut self, at: i32, events: i32, count: u32, result: i32) -> Option<()> {
        let mut all = Vec::new();
        for index in 0..count {
            let at = at.cast_unsigned().checked_add(index.checked_mul(48)?)?;
            let bytes: [u8; 48] = self.memory[self.range(at, 48)?].try_into().ok()?;
            let timeout = u64::from_le_bytes(bytes[24..32].try_into().ok()?);
            let base = if bytes[16] == 0 {
                self.guest.world.clock
            } else {
                0
            };
            let now = base.saturating_add(self.guest.elapsed);
            let wait = if bytes[40] & 1 != 0 {
                timeout.saturating_sub(now)
            } else {
                timeout
            };
            all.push((bytes, bytes[8].min(2), wait));
        }
        let any = all.iter().any(|one| one.1 != 0);
        let least = all.iter().map(|one| one.2).min()?;
        if !any {
            self.guest.elapsed = self.guest.elapsed.saturating_add(least);
        }
        let ready = all
            .iter()
            .filter(|one| if any { one.1 != 0 } else { one.2 == least });
        let mut number: u32 = 0;
        for (bytes, tag, _) in ready {
            let mut event = [0; 32];
            event[..8].copy_from_slice(&bytes[..8]);
            event[10] = *tag;
            event[16] = u8::from(*tag != 0);
            let at = events
                .cast_unsigned()
                .checked_add(number.checked_mul(32)?)?;
            self.put(at, &event)?;
            number += 1;
        }
        self.put(result.cast_unsigned(), &number.to_le_bytes())
    }
}

/// SplitMix64, as the runtime has it: the same seed gives the same numbers there.
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut value = *seed;
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

fn number(done: Option<()>) -> i32 {
    match done {
        Some(()) => errno::SUCCESS,
        None => errno::FAULT,
    }
}

fn outcome(done: Option<Result<()>>) -> Result<i32> {
    match done {
        Some(Ok(())) => Ok(errno::SUCCESS),
        Some(Err(stop)) => Err(stop),
        None => Ok(errno::FAULT),
    }
}

fn is_standard(fd: i32) -> bool {
    (0..3).contains(&fd)
}

/// Defines the functions that `module` imports. One that is not ours to answer says that there
/// is no such file, or that it is not allowed, which is what is true of it.
pub(crate) fn define(linker: &mut Linker<Guest>, module: &Module) -> Result<()> {
    type Call<'a> = Caller<'a, Guest>;
    let mut known = Linker::new(module.engine());
    known
        .func_wrap(MODULE, "proc_exit", |mut caller: Call<'_>, code: i32| {
            enter(&mut caller)?;
            Err::<(), _>(Exit(code).into())
        })?
        .func_wrap(
            MODULE,
            "fd_read",
            |mut caller: Call<'_>, fd: i32, vectors: i32, count: i32, result: i32| {
                let mut host = enter(&mut caller)?;
                if fd != 0 {
                    return Ok(errno::BADF);
                }
                Ok::<_, wasmtime::Error>(number(host.read(vectors, count, result)))
            },
        )?
        .func_wrap(
            MODULE,
            "fd_write",
            |mut caller: Call<'_>, fd: i32, vectors: i32, count: i32, result: i32| {
                let mut host = enter(&mut caller)?;
                if fd != 1 && fd != 2 {
                    return Ok(errno::BADF);
                }
                outcome(host.write(fd == 1, vectors, count, result))
            },
        )?
        .func_wrap(
            MODULE,
            "args_sizes_get",
            |mut caller: Call<'_>, count: i32, size: i32| {
                let mut host = enter(&mut caller)?;
                host.guest.asked.arguments = true;
                Ok::<_, wasmtime::Error>(number(host.sizes(&["tool".to_owned()], count, size)))
            },
        )?
        .func_wrap(
            MODULE,
            "args_get",
            |mut caller: Call<'_>, list: i32, text: i32| {
                let mut host = enter(&mut caller)?;
                Ok::<_, wasmtime::Error>(number(host.words(&["tool".to_owned()], list, text)))
            },
        )?
        .func_wrap(
            MODULE,
            "environ_sizes_get",
            |mut caller: Call<'_>, count: i32, size: i32| {
                let mut host = enter(&mut caller)?;
                let words = host.environment();
                Ok::<_, wasmtime::Error>(number(host.sizes(&words, count, size)))
            },
        )?
        .func_wrap(
            MODULE,
            "environ_get",
            |mut caller: Call<'_>, list: i32, text: i32| {
                let mut host = enter(&mut caller)?;
                let words = host.environment();
                Ok::<_, wasmtime::Error>(number(host.words(&words, list, text)))
            },
        )?
        .func_wrap(
            MODULE,
            "clock_time_get",
            |mut caller: Call<'_>, id: i32, _: i64, result: i32| {
                let mut host = enter(&mut caller)?;
                Ok::<_, wasmtime::Error>(match host.clock(id) {
                    Some(now) => number(host.put(result.cast_unsigned(), &now.to_le_bytes())),
                    None => errno::BADF,
                })
            },
        )?
        .func_wrap(
            MODULE,
            "clock_res_get",
            |mut caller: Call<'_>, _: i32, result: i32| {
                let mut host = enter(&mut caller)?;
                let step = 1_000_u64.to_le_bytes();
                Ok::<_, wasmtime::Error>(number(host.put(result.cast_unsigned(), &step)))
            },
        )?
        .func_wrap(
            MODULE,
            "random_get",
            |mut caller: Call<'_>, at: i32, length: i32| {
                let mut host = enter(&mut caller)?;
                outcome(host.random(at, length))
            },
        )?
        .func_wrap(
            MODULE,
            "poll_oneoff",
            |mut caller: Call<'_>, at: i32, events: i32, count: i32, result: i32| {
                let mut host = enter(&mut caller)?;
                if !(1..=4096).contains(&count) {
                    return Ok::<_, wasmtime::Error>(errno::INVAL);
                }
                Ok(number(host.poll(at, events, count.cast_unsigned(), result)))
            },
        )?
        .func_wrap(
            MODULE,
            "fd_fdstat_get",
            |mut caller: Call<'_>, fd: i32, result: i32| {
                let mut host = enter(&mut caller)?;
                if !is_standard(fd) {
                    return Ok::<_, wasmtime::Error>(errno::BADF);
                }
                // No kind of file that is known, and the right to read or to write.
                let mut stat = [0; 24];
                stat[8] = if fd == 0 { 2 } else { 64 };
                Ok(number(host.put(result.cast_unsigned(), &stat)))
            },
        )?
        .func_wrap(
            MODULE,
            "fd_filestat_get",
            |mut caller: Call<'_>, fd: i32, result: i32| {
                let mut host = enter(&mut caller)?;
                if !is_standard(fd) {
                    return Ok::<_, wasmtime::Error>(errno::BADF);
                }
                Ok(number(host.put(result.cast_unsigned(), &[0; 64])))
            },
        )?
        .func_wrap(
            MODULE,
            "fd_seek",
            |mut caller: Call<'_>, fd: i32, _: i64, _: i32, _: i32| {
                enter(&mut caller)?;
                let error = if is_standard(fd) {
                    errno::SPIPE
                } else {
                    errno::BADF
                };
                Ok::<_, wasmtime::Error>(error)
            },
        )?
        .func_wrap(MODULE, "fd_close", |mut caller: Call<'_>, fd: i32| {
            enter(&mut caller)?;
            let error = if is_standard(fd) {
                errno::SUCCESS
            } else {
                errno::BADF
            };
            Ok::<_, wasmtime::Error>(error)
        })?
        .func_wrap(MODULE, "sched_yield", |mut caller: Call<'_>| {
            enter(&mut caller)?;
            Ok::<_, wasmtime::Error>(errno::SUCCESS)
        })?;
    let mut store = wasmtime::Store::new(module.engine(), Guest::default());
    for import in module.imports() {
        let (from, name) = (import.module(), import.name());
        if from != MODULE {
            continue;
        }
        if known.get(&mut store, from, name).is_ok() {
            continue;
        }
        let ExternType::Func(ty) = import.ty() else {
            continue;
        };
        let what = name.to_owned();
        known.func_new(from, name, ty, move |mut caller, _, results| {
            let host = enter(&mut caller)?;
            // Every program asks for its folders, one by one until there is none.
            let attempt = what.starts_with("path_") || what.starts_with("sock_");
            if attempt {
                host.guest.denied(Denied { what: what.clone() });
            }
            let error = if what.starts_with("sock_") {
                errno::NOTCAPABLE
            } else {
                errno::BADF
            };
            if let [result] = results {
                *result = Val::I32(error);
            }
            Ok(())
        })?;
    }
    *linker = known;
    Ok(())
}
