//! Recordings as bytes.
//!
//! Eight bytes of magic, the version and the length of the content (little-endian, 4 and 8
//! bytes), the content (CBOR, compressed as zlib has it), and the SHA-256 of all before it. The
//! digest finds damage; it does not keep anyone from writing another recording.

use super::recording::{Content, Recording};
use crate::Call;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use policies::{Access, Bytes, Policy};
use sha2::{Digest as _, Sha256};
use std::io::{self, BufReader, Read, Write};

/// As PNG has it: what is sent as text, or cut at the first NUL, no longer begins so.
const MAGIC: [u8; 8] = *b"\x89WRrec\r\n";
/// The version of the content's form. Another field is another version.
const VERSION: u32 = 1;
const HEAD: usize = 8 + 4 + 8;
const DIGEST: usize = 32;

/// Why bytes are no recording.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordingError {
    /// Something else.
    #[error("this is no recording of a run: `wasm-runner run --record FILE` makes one")]
    NoRecording,
    /// Made by a version that came later.
    #[error(
        "the recording is of form {found}, and the newest that is known here is {VERSION}; use the wasm-runner that made it, or a newer one"
    )]
    Newer {
        /// The form.
        found: u32,
    },
    /// Of a form that is not read any more.
    #[error(
        "the recording is of form {found}, and {VERSION} is read here; use the wasm-runner that made it, or record anew"
    )]
    Older {
        /// The form.
        found: u32,
    },
    /// Cut off.
    #[error("the recording is cut off after {bytes} bytes; copy it again, or record anew")]
    CutOff {
        /// How many there are.
        bytes: u64,
    },
    /// Changed since it was written.
    #[error("the recording is damaged: its digest is another; copy it again, or record anew")]
    Damaged,
    /// More than is read.
    #[error("the recording's content has {size}, and at most {limit} is read; record less", limit = Recording::MAX_CONTENT)]
    TooLarge {
        /// Its size.
        size: Bytes,
    },
    /// Not what a recording holds.
    #[error("the recording does not hold together: {reason}; record anew")]
    Content {
        /// What is wrong.
        reason: String,
    },
}

impl Recording {
    /// The longest content that is written or read, uncompressed: 256 MiB.
    pub const MAX_CONTENT: Bytes = Bytes::mib(256);

    /// As bytes, for a file or a message.
    ///
    /// # Errors
    /// When it is larger than [`Recording::MAX_CONTENT`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordingError> {
        let mut head = Vec::from(MAGIC);
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&0u64.to_le_bytes());
        let mut counted = Counted {
            to: ZlibEncoder::new(head, Compression::fast()),
            bytes: 0,
        };
        ciborium::into_writer(&self.content, &mut counted)
            .map_err(|error| wrong(error.to_string()))?;
        let size = counted.bytes;
        if size > Self::MAX_CONTENT.0 {
            return Err(RecordingError::TooLarge { size: Bytes(size) });
        }
        let mut bytes = counted
            .to
            .finish()
            .map_err(|error| wrong(error.to_string()))?;
        bytes[12..HEAD].copy_from_slice(&size.to_le_bytes());
        let digest = Sha256::digest(&bytes);
        bytes.extend_from_slice(&digest);
        Ok(bytes)
    }

    /// Reads one. The bytes may be anything; no more memory is taken than the content needs, and
    /// at most [`Recording::MAX_CONTENT`].
    ///
    /// # Errors
    /// When they are no recording, are damaged, or are of another version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, RecordingError> {
        let magic = &bytes[..bytes.len().min(MAGIC.len())];
        if magic.is_empty() || !MAGIC.starts_with(magic) {
            return Err(RecordingError::NoRecording);
        }
        let cut_off = RecordingError::CutOff {
            bytes: bytes.len() as u64,
        };
        let Some((head, rest)) = bytes.split_at_checked(HEAD) else {
            return Err(cut_off);
        };
        // First of all, so that a later version may have anything after it.
        match u32::from_le_bytes([head[8], head[9], head[10], head[11]]) {
            VERSION => {}
            found if found > VERSION => return Err(RecordingError::Newer { found }),
            found => return Err(RecordingError::Older { found }),
        }
        let Some(end) = rest.len().checked_sub(DIGEST) else {
            return Err(cut_off);
        };
        let (body, digest) = rest.split_at(end);
        let mut length = [0; 8];
        length.copy_from_slice(&head[12..]);
        let size = u64::from_le_bytes(length);
        if size > Self::MAX_CONTENT.0 {
            return Err(RecordingError::TooLarge { size: Bytes(size) });
        }
        if Sha256::digest(&bytes[..HEAD + end])[..] != *digest {
            return Err(if ends_early(body, size) {
                cut_off
            } else {
                RecordingError::Damaged
            });
        }
        // Read to its end and one byte further: both show whether it is as long as is said.
        let mut reader = BufReader::new(ZlibDecoder::new(body).take(size + 1));
        let content = read(&mut reader)?;
        if reader.get_ref().limit() != 1 {
            return Err(wrong(NOT_AS_LONG));
        }
        Ok(Self { content })
    }

    /// Reads what is inside of one, for whoever tries its reader: neither compressed nor with the
    /// digest that no change gets past.
    ///
    /// # Errors
    /// When that is nothing that a recording holds.
    #[doc(hidden)]
    pub fn from_content(mut bytes: &[u8]) -> Result<Self, RecordingError> {
        let content = read(&mut bytes)?;
        Ok(Self { content })
    }

    /// What [`Recording::from_content`] reads.
    ///
    /// # Errors
    /// None is known.
    #[doc(hidden)]
    pub fn to_content(&self) -> Result<Vec<u8>, RecordingError> {
        let mut bytes = Vec::new();
        ciborium::into_writer(&self.content, &mut bytes)
            .map_err(|error| wrong(error.to_string()))?;
        Ok(bytes)
    }
}

const NOT_AS_LONG: &str = "its content is not as long as it says";

/// Reads a content to the end of what there is.
fn read(reader: &mut impl Read) -> Result<Content, RecordingError> {
    let content: Content = ciborium::de::from_reader_with_recursion_limit(&mut *reader, 32)
        .map_err(|error| wrong(error.to_string()))?;
    let after = io::copy(reader, &mut io::sink()).map_err(|error| wrong(error.to_string()))?;
    if after != 0 {
        return Err(wrong(NOT_AS_LONG));
    }
    check(&content)?;
    Ok(content)
}

/// Whether what was compressed is right as far as it goes and does not go to its end.
fn ends_early(body: &[u8], size: u64) -> bool {
    let mut reader = ZlibDecoder::new(body).take(size);
    match io::copy(&mut reader, &mut io::sink()) {
        Ok(length) => length < size,
        Err(error) => error.kind() == io::ErrorKind::UnexpectedEof,
    }
}

fn wrong(reason: impl Into<String>) -> RecordingError {
    RecordingError::Content {
        reason: crate::run::shortened(reason.into()),
    }
}

/// Whether what it says can be: whoever wrote it may have meant harm.
fn check(content: &Content) -> Result<(), RecordingError> {
    // What a limit can be, and what a capability, are a policy file's rules; but where several
    // policies meet, more can be shown than is written, or a grant be left without its limits.
    let mut policy = content.policy.clone();
    let (limits, capabilities) = (&mut policy.limits, &mut policy.capabilities);
    limits.stdout = limits.stdout.min(limits.output);
    if limits.files == 0 && limits.file_bytes == Bytes(0) {
        for grant in &mut capabilities.directories {
            grant.access = Access::Read;
        }
    }
    if limits.network_requests == 0 || limits.network_bytes == Bytes(0) {
        capabilities.network.clear();
    }
    Policy::parse(&policy.to_toml(), "the recording")
        .map_err(|error| wrong(format!("its policy can't be: {error}")))?;
    let words = content.args.iter().map(|arg| arg.len() + 1).sum::<usize>();
    let words = words
        + content
            .env
            .iter()
            .map(|(a, b)| a.len() + b.len())
            .sum::<usize>();
    // What was refused for its size is in it as it was.
    if words > Call::MAX_ARGUMENT_BYTES && content.end.began {
        return Err(wrong(
            "it has more arguments and environment than a call can",
        ));
    }
    content.calls.check().map_err(wrong)?;
    let mut before = 0;
    for answer in &content.answers {
        let known = usize::from(answer.function) < content.functions.len();
        if !known || answer.call < before || answer.call > content.calls.count {
            return Err(wrong("an answer in it belongs to no host call"));
        }
        before = answer.call;
    }
    Ok(())
}

/// Counts what passes through.
struct Counted<W> {
    to: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.to.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}
