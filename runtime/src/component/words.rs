//! What a component asks of its host, in words.
//!
//! Resources are called by their place in the host's table, which is the same for whoever asks
//! the same; data by its length and a hash.

use crate::record::{hash, quoted};
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    Advice, DescriptorFlags, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::bindings::sockets::network::{IpAddressFamily, IpSocketAddress};
use wasmtime_wasi::p2::bindings::sockets::tcp::ShutdownType;
use wasmtime_wasi::p2::bindings::sockets::udp::OutgoingDatagram;
use wasmtime_wasi::p3::bindings::sockets::types as later;
use wasmtime_wasi_http::p2::bindings::http::types::{ErrorCode, Method, Scheme};
use wasmtime_wasi_http::p3::bindings::http::types as later_http;

/// An argument in words.
pub(super) trait Word {
    fn word(&self) -> String;
}

/// So much is shown of what can be long.
const SHOWN: usize = 512;

/// A long text as its start and a hash of the rest.
fn shortened(text: String) -> String {
    if text.len() <= SHOWN {
        return text;
    }
    let (start, rest) = text.split_at(text.floor_char_boundary(SHOWN));
    format!("{start}… ({})", hash(&[rest.as_bytes()]))
}

fn list(words: impl Iterator<Item = String>) -> String {
    shortened(format!("[{}]", words.collect::<Vec<_>>().join(", ")))
}

macro_rules! shown {
    ($($ty:ty),*) => {$(
        impl Word for $ty {
            fn word(&self) -> String {
                self.to_string()
            }
        }
    )*};
}
shown!(u8, u16, u32, u64, bool);

macro_rules! told {
    ($($ty:ty),* $(,)?) => {$(
        impl Word for $ty {
            fn word(&self) -> String {
                shortened(format!("{self:?}"))
            }
        }
    )*};
}
told!(
    later::IpAddressFamily,
    later::IpSocketAddress,
    later_http::Method,
    later_http::Scheme,
    Advice,
    Datetime,
    DescriptorFlags,
    ErrorCode,
    IpAddressFamily,
    IpSocketAddress,
    Method,
    NewTimestamp,
    OpenFlags,
    PathFlags,
    Scheme,
    ShutdownType,
    Result<(), ()>,
);

impl Word for String {
    fn word(&self) -> String {
        quoted(self.as_bytes())
    }
}

impl Word for Vec<u8> {
    fn word(&self) -> String {
        format!("{} bytes ({})", self.len(), hash(&[self]))
    }
}

impl Word for Vec<Vec<u8>> {
    fn word(&self) -> String {
        list(self.iter().map(Word::word))
    }
}

impl Word for Vec<(String, Vec<u8>)> {
    fn word(&self) -> String {
        let field = |(name, value): &(String, Vec<u8>)| format!("{} {}", name.word(), value.word());
        list(self.iter().map(field))
    }
}

impl Word for Vec<OutgoingDatagram> {
    fn word(&self) -> String {
        let one = |it: &OutgoingDatagram| format!("{} to {:?}", it.data.word(), it.remote_address);
        list(self.iter().map(one))
    }
}

impl<T> Word for Resource<T> {
    fn word(&self) -> String {
        self.rep().to_string()
    }
}

impl<T> Word for Vec<Resource<T>> {
    fn word(&self) -> String {
        list(self.iter().map(Word::word))
    }
}

impl<T: Word> Word for Option<T> {
    fn word(&self) -> String {
        self.as_ref().map_or_else(|| "none".to_owned(), Word::word)
    }
}

impl<T> Word for Result<Resource<T>, ErrorCode> {
    fn word(&self) -> String {
        match self {
            Ok(resource) => resource.word(),
            Err(code) => code.word(),
        }
    }
}

/// All arguments in words, such as `fd 3, path "a.txt"`.
macro_rules! words {
    ($($arg:ident),*) => {{
        let all: &[(&str, String)] =
            &[$((stringify!($arg), $crate::component::words::Word::word(&$arg))),*];
        let all = all.iter().map(|(name, word)| format!("{} {word}", name.replace('_', " ")));
        all.collect::<Vec<_>>().join(", ")
    }};
}
pub(super) use words;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_named_and_long_ones_told_by_a_hash() {
        let (fd, path, open_flags) = (7u32, "a\n.txt".to_owned(), OpenFlags::CREATE);
        assert_eq!(
            words!(fd, path, open_flags),
            r#"fd 7, path "a\n.txt", open flags (CREATE)"#
        );
        let data = b"abc".to_vec();
        assert_eq!(words!(data), "data 3 bytes (ba7816bf8f01cfea)");
        let (one, other) = (vec![vec![1]; 999], vec![vec![1]; 998]);
        assert!(one.word().len() < 600);
        assert_ne!(one.word(), other.word());
        let none: Option<u64> = None;
        assert_eq!(words!(none), "none none");
        assert_eq!(words!(), "");
    }
}
