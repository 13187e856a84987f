//! WASI's values as recordings keep them, and what stands for the outside where they are told.

use crate::host::State;
use crate::record::{Kept, Tape, kept, lists};
use wasmtime::component::Resource;
use wasmtime::{Error, Result};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, ErrorCode, MetadataHashValue,
};
use wasmtime_wasi::p2::bindings::sockets::network::{
    ErrorCode as SocketCode, IpAddressFamily, IpSocketAddress,
};
use wasmtime_wasi::p2::bindings::sockets::udp::IncomingDatagram;
use wasmtime_wasi::p2::{Pollable, StreamError, StreamResult};

/// What stands in the table of a replay for something of the outside: a file, a socket, a timer.
pub(super) struct StandIn;

#[wasmtime_wasi::async_trait]
impl Pollable for StandIn {
    async fn ready(&mut self) {}
}

impl State {
    /// Whether nothing outside is asked.
    pub(super) fn replays(&self) -> bool {
        self.tape.as_ref().is_some_and(Tape::replays)
    }

    /// In a replay, puts what stands for something of the outside where that would be.
    pub(super) fn stand_in<T: 'static>(&mut self) -> Result<Resource<T>> {
        let stand_in = self.parts.table.push(StandIn)?;
        Ok(Resource::new_own(stand_in.rep()))
    }

    /// The same for what belongs to something else.
    pub(super) fn stand_in_of<T: 'static, U>(&mut self, of: &Resource<U>) -> Result<Resource<T>> {
        let of = Resource::<StandIn>::new_borrow(of.rep());
        let stand_in = self.parts.table.push_child(StandIn, &of)?;
        Ok(Resource::new_own(stand_in.rep()))
    }

    /// Takes something of the outside from the table, or what stands for it.
    pub(super) fn take_away<T: Send + 'static>(&mut self, resource: Resource<T>) -> Result<()> {
        if self.replays() {
            let stand_in = Resource::<StandIn>::new_own(resource.rep());
            self.parts.table.delete(stand_in)?;
        } else {
            self.parts.table.delete(resource)?;
        }
        Ok(())
    }
}

/// Enums without anything in them, by their order.
macro_rules! numbered {
    ($ty:ident: $($name:ident),* $(,)?) => {
        impl Kept for $ty {
            fn put(&self, to: &mut Vec<u8>) {
                const ALL: &[$ty] = &[$($ty::$name),*];
                let number = ALL.iter().position(|one| one == self);
                number.and_then(|number| u8::try_from(number).ok()).unwrap_or(u8::MAX).put(to);
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                const ALL: &[$ty] = &[$($ty::$name),*];
                ALL.get(usize::from(u8::take(from)?)).copied()
            }
        }

        /// Fails to compile where one is missing.
        const _: fn($ty) = |it| match it {
            $($ty::$name => {})*
        };
    };
}

numbered!(ErrorCode: Access, WouldBlock, Already, BadDescriptor, Busy, Deadlock, Quota, Exist,
    FileTooLarge, IllegalByteSequence, InProgress, Interrupted, Invalid, Io, IsDirectory, Loop,
    TooManyLinks, MessageSize, NameTooLong, NoDevice, NoEntry, NoLock, InsufficientMemory,
    InsufficientSpace, NotDirectory, NotEmpty, NotRecoverable, Unsupported, NoTty, NoSuchDevice,
    Overflow, NotPermitted, Pipe, ReadOnly, InvalidSeek, TextFileBusy, CrossDevice);
numbered!(DescriptorType: Unknown, BlockDevice, CharacterDevice, Directory, Fifo, SymbolicLink,
    RegularFile, Socket);
numbered!(SocketCode: Unknown, AccessDenied, NotSupported, InvalidArgument, OutOfMemory, Timeout,
    ConcurrencyConflict, NotInProgress, WouldBlock, InvalidState, NewSocketLimit,
    AddressNotBindable, AddressInUse, RemoteUnreachable, ConnectionRefused, ConnectionReset,
    ConnectionAborted, DatagramTooLarge, NameUnresolvable, TemporaryResolverFailure,
    PermanentResolverFailure);
numbered!(IpAddressFamily: Ipv4, Ipv6);

/// Records, field by field.
macro_rules! fields {
    ($ty:ident { $($field:ident),* $(,)? }) => {
        impl Kept for $ty {
            fn put(&self, to: &mut Vec<u8>) {
                $(self.$field.put(to);)*
            }

            fn take(from: &mut &[u8]) -> Option<Self> {
                Some(Self { $($field: Kept::take(from)?),* })
            }
        }
    };
}

fields!(Datetime {
    seconds,
    nanoseconds
});
fields!(MetadataHashValue { lower, upper });
fields!(DirectoryEntry { type_, name });
fields!(DescriptorStat {
    type_,
    link_count,
    size,
    data_access_timestamp,
    data_modification_timestamp,
    status_change_timestamp,
});
fields!(IncomingDatagram {
    data,
    remote_address
});
lists!(Result<DirectoryEntry, ErrorCode>, IncomingDatagram);

impl Kept for DescriptorFlags {
    fn put(&self, to: &mut Vec<u8>) {
        let all = FLAGS.iter().enumerate();
        let bits = all.filter(|(_, flag)| self.contains(**flag));
        bits.fold(0u8, |bits, (at, _)| bits | 1 << at).put(to);
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let bits = u8::take(from)?;
        let all = FLAGS.iter().enumerate();
        let set = all.filter(|(at, _)| bits & (1 << at) != 0);
        Some(set.fold(Self::empty(), |flags, (_, flag)| flags | *flag))
    }
}

const FLAGS: [DescriptorFlags; 6] = [
    DescriptorFlags::READ,
    DescriptorFlags::WRITE,
    DescriptorFlags::FILE_INTEGRITY_SYNC,
    DescriptorFlags::DATA_INTEGRITY_SYNC,
    DescriptorFlags::REQUESTED_WRITE_SYNC,
    DescriptorFlags::MUTATE_DIRECTORY,
];

impl Kept for IpSocketAddress {
    fn put(&self, to: &mut Vec<u8>) {
        let address = std::net::SocketAddr::from(*self);
        address.ip().put(to);
        address.port().put(to);
        if let Self::Ipv6(address) = self {
            address.flow_info.put(to);
            address.scope_id.put(to);
        }
    }

    fn take(from: &mut &[u8]) -> Option<Self> {
        let (ip, port) = (std::net::IpAddr::take(from)?, u16::take(from)?);
        let mut address = std::net::SocketAddr::new(ip, port);
        if let std::net::SocketAddr::V6(address) = &mut address {
            address.set_flowinfo(u32::take(from)?);
            address.set_scope_id(u32::take(from)?);
        }
        Some(address.into())
    }
}

/// Why an operation on a stream failed, as it is told again.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
pub(super) struct Fault {
    text: String,
    /// What `filesystem-error-code` makes of it.
    pub(super) file: Option<ErrorCode>,
}

impl Fault {
    fn of(error: &Error) -> Self {
        let io = error.downcast_ref::<std::io::Error>().map(ErrorCode::from);
        Self {
            text: crate::run::shortened(format!("{error:#}")),
            file: io.or_else(|| error.downcast_ref::<ErrorCode>().copied()),
        }
    }
}

fields!(Fault { text, file });

/// What a stream gives, without what it has: an answer of the outside, or what it was then.
pub(super) fn kept_stream<T: Kept>(
    tape: Option<&Tape>,
    function: &str,
    outside: impl FnOnce() -> StreamResult<T>,
) -> StreamResult<T> {
    if let Some(told) = told_stream(tape, function) {
        return told;
    }
    let result = outside();
    keep_stream(tape, function, result)
}

/// What a stream gave then.
pub(super) fn told_stream<T: Kept>(tape: Option<&Tape>, function: &str) -> Option<StreamResult<T>> {
    let told: Result<T, Option<Fault>> = match crate::record::told(tape, function) {
        Ok(told) => told?,
        Err(error) => return Some(Err(StreamError::Trap(error))),
    };
    Some(told.map_err(|fault| match fault {
        None => StreamError::Closed,
        Some(fault) => StreamError::LastOperationFailed(fault.into()),
    }))
}

/// Keeps what a stream gives.
pub(super) fn keep_stream<T: Kept>(
    tape: Option<&Tape>,
    function: &str,
    result: StreamResult<T>,
) -> StreamResult<T> {
    let Some(tape) = tape else {
        return result;
    };
    let (answer, result) = match result {
        Ok(value) => (Ok(Ok(value)), None),
        Err(StreamError::Closed) => (Ok(Err(None)), Some(StreamError::Closed)),
        Err(StreamError::LastOperationFailed(error)) => (
            Ok(Err(Some(Fault::of(&error)))),
            Some(StreamError::LastOperationFailed(error)),
        ),
        Err(StreamError::Trap(error)) => (Err(error), None),
    };
    tape.keep::<Result<T, Option<Fault>>>(function, &answer);
    match (answer, result) {
        (_, Some(error)) => Err(error),
        (Ok(Ok(value)), _) => Ok(value),
        (Ok(Err(_)), None) => Err(StreamError::Closed),
        (Err(error), None) => Err(StreamError::Trap(error)),
    }
}

/// How long a file is; `None` where nobody can say.
pub(super) fn size(state: &State, file: Option<&std::fs::File>) -> Result<Option<u64>> {
    kept!(state, "size of a file", {
        let metadata = file.and_then(|file| file.metadata().ok());
        Ok(metadata.map(|metadata| metadata.len()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn again<T: Kept>(value: &T) -> T {
        let mut bytes = Vec::new();
        value.put(&mut bytes);
        let mut rest = bytes.as_slice();
        let again = T::take(&mut rest).expect("it was kept");
        assert!(rest.is_empty());
        again
    }

    #[test]
    fn wasi_values_are_told_as_they_were() {
        for code in [
            ErrorCode::Access,
            ErrorCode::NoEntry,
            ErrorCode::CrossDevice,
        ] {
            assert_eq!(again(&code), code);
        }
        assert_eq!(ErrorCode::take(&mut &[37][..]), None);
        let flags = DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY;
        assert_eq!(again(&flags), flags);
        assert_eq!(again(&DescriptorFlags::empty()), DescriptorFlags::empty());
        for address in ["127.0.0.1:80", "[2001:db8::1]:443"] {
            let address: std::net::SocketAddr = address.parse().expect("an address");
            let told = again(&IpSocketAddress::from(address));
            assert_eq!(std::net::SocketAddr::from(told), address);
        }
    }

    #[test]
    fn a_fault_says_again_what_it_said() {
        let error = Error::from(std::io::Error::from_raw_os_error(28));
        let fault = again(&Fault::of(&error));
        assert_eq!(fault.to_string(), format!("{error:#}"));
        assert_eq!(fault.file, Some(ErrorCode::InsufficientSpace));
        assert_eq!(again(&Fault::of(&Error::msg("other"))).file, None);
    }
}
