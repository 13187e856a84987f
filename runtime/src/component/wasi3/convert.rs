//! WASI 0.2's values of files as WASI 0.3 has them, and back: rules and recordings know the former.

use super::super::words::Word;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::bindings::clocks::wall_clock::Datetime;
use wasmtime_wasi::p2::bindings::filesystem::types as older;
use wasmtime_wasi::p3::bindings::clocks::system_clock::Instant;
use wasmtime_wasi::p3::bindings::filesystem::types as newer;

/// What a guest gives, as the functions of WASI 0.2 take it.
pub(super) trait Older {
    type To;
    fn older(self) -> Self::To;
}

/// What they give, as the guest gets it.
pub(super) trait Newer {
    type To;
    fn newer(self) -> Self::To;
}

macro_rules! same {
    ($trait:ident $method:ident: $($ty:ty),*) => {$(
        impl $trait for $ty {
            type To = Self;

            fn $method(self) -> Self {
                self
            }
        }
    )*};
}
same!(Older older: u64, String);
same!(Newer newer: (), bool, String);

impl<T: 'static> Older for Resource<T> {
    type To = Self;

    fn older(self) -> Self {
        self
    }
}

impl<T: 'static> Newer for Resource<T> {
    type To = Self;

    fn newer(self) -> Self {
        self
    }
}

impl<T: Newer> Newer for Result<T, older::ErrorCode> {
    type To = Result<T::To, newer::ErrorCode>;

    fn newer(self) -> Self::To {
        self.map(T::newer).map_err(older::ErrorCode::newer)
    }
}

/// Enums and flags whose names are the same in both.
macro_rules! named {
    ($(enum $method:ident $trait:ident $from:ty => $to:ty { $($name:ident),* $(,)? })*) => {$(
        impl $trait for $from {
            type To = $to;

            fn $method(self) -> $to {
                type From = $from;
                type To = $to;
                match self {
                    $(From::$name => To::$name),*
                }
            }
        }
    )*};
    ($(flags $method:ident $trait:ident $from:ty => $to:ty { $($name:ident),* $(,)? })*) => {$(
        impl $trait for $from {
            type To = $to;

            fn $method(self) -> $to {
                type From = $from;
                type To = $to;
                let mut flags = To::empty();
                $(if self.contains(From::$name) {
                    flags |= To::$name;
                })*
                flags
            }
        }
    )*};
}

named! {
    enum older Older newer::Advice => older::Advice {
        Normal, Sequential, Random, WillNeed, DontNeed, NoReuse
    }
}

named! {
    flags older Older newer::PathFlags => older::PathFlags { SYMLINK_FOLLOW }
    flags older Older newer::OpenFlags => older::OpenFlags {
        CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE
    }
    flags older Older newer::DescriptorFlags => older::DescriptorFlags {
        READ, WRITE, FILE_INTEGRITY_SYNC, DATA_INTEGRITY_SYNC, REQUESTED_WRITE_SYNC,
        MUTATE_DIRECTORY
    }
    flags newer Newer older::DescriptorFlags => newer::DescriptorFlags {
        READ, WRITE, FILE_INTEGRITY_SYNC, DATA_INTEGRITY_SYNC, REQUESTED_WRITE_SYNC,
        MUTATE_DIRECTORY
    }
}

impl Newer for older::ErrorCode {
    type To = newer::ErrorCode;

    fn newer(self) -> newer::ErrorCode {
        use newer::ErrorCode as To;
        use older::ErrorCode as From;
        match self {
            From::Access => To::Access,
            From::Already => To::Already,
            From::BadDescriptor => To::BadDescriptor,
            From::Busy => To::Busy,
            From::CrossDevice => To::CrossDevice,
            From::Deadlock => To::Deadlock,
            From::Exist => To::Exist,
            From::FileTooLarge => To::FileTooLarge,
            From::IllegalByteSequence => To::IllegalByteSequence,
            From::InProgress => To::InProgress,
            From::InsufficientMemory => To::InsufficientMemory,
            From::InsufficientSpace => To::InsufficientSpace,
            From::Interrupted => To::Interrupted,
            From::Invalid => To::Invalid,
            From::InvalidSeek => To::InvalidSeek,
            From::Io => To::Io,
            From::IsDirectory => To::IsDirectory,
            From::Loop => To::Loop,
            From::MessageSize => To::MessageSize,
            From::NameTooLong => To::NameTooLong,
            From::NoDevice => To::NoDevice,
            From::NoEntry => To::NoEntry,
            From::NoLock => To::NoLock,
            From::NoSuchDevice => To::NoSuchDevice,
            From::NoTty => To::NoTty,
            From::NotDirectory => To::NotDirectory,
            From::NotEmpty => To::NotEmpty,
            From::NotPermitted => To::NotPermitted,
            From::NotRecoverable => To::NotRecoverable,
            From::Overflow => To::Overflow,
            From::Pipe => To::Pipe,
            From::Quota => To::Quota,
            From::ReadOnly => To::ReadOnly,
            From::TextFileBusy => To::TextFileBusy,
            From::TooManyLinks => To::TooManyLinks,
            From::Unsupported => To::Unsupported,
            // WASI 0.3 has no such code, and nothing here gives it.
            From::WouldBlock => To::Other(Some("would-block".to_owned())),
        }
    }
}

impl Newer for older::DescriptorType {
    type To = newer::DescriptorType;

    fn newer(self) -> newer::DescriptorType {
        use newer::DescriptorType as To;
        use older::DescriptorType as From;
        match self {
            From::Unknown => To::Other(None),
            From::BlockDevice => To::BlockDevice,
            From::CharacterDevice => To::CharacterDevice,
            From::Directory => To::Directory,
            From::Fifo => To::Fifo,
            From::SymbolicLink => To::SymbolicLink,
            From::RegularFile => To::RegularFile,
            From::Socket => To::Socket,
        }
    }
}

fn instant(time: Datetime) -> Instant {
    Instant {
        // Later than any file is.
        seconds: i64::try_from(time.seconds).unwrap_or(i64::MAX),
        nanoseconds: time.nanoseconds,
    }
}

impl Newer for older::DescriptorStat {
    type To = newer::DescriptorStat;

    fn newer(self) -> newer::DescriptorStat {
        newer::DescriptorStat {
            type_: self.type_.newer(),
            link_count: self.link_count,
            size: self.size,
            data_access_timestamp: self.data_access_timestamp.map(instant),
            data_modification_timestamp: self.data_modification_timestamp.map(instant),
            status_change_timestamp: self.status_change_timestamp.map(instant),
        }
    }
}

impl Newer for older::MetadataHashValue {
    type To = newer::MetadataHashValue;

    fn newer(self) -> newer::MetadataHashValue {
        newer::MetadataHashValue {
            lower: self.lower,
            upper: self.upper,
        }
    }
}

impl Newer for older::DirectoryEntry {
    type To = newer::DirectoryEntry;

    fn newer(self) -> newer::DirectoryEntry {
        newer::DirectoryEntry {
            type_: self.type_.newer(),
            name: self.name,
        }
    }
}

/// A time that a file shall have; WASI 0.2 knows none before 1970.
pub(super) struct Moment(Result<older::NewTimestamp, i64>);

impl Moment {
    pub(super) fn given(self) -> Result<older::NewTimestamp, older::ErrorCode> {
        self.0.map_err(|_| older::ErrorCode::Overflow)
    }
}

impl Older for newer::NewTimestamp {
    type To = Moment;

    fn older(self) -> Moment {
        Moment(match self {
            Self::NoChange => Ok(older::NewTimestamp::NoChange),
            Self::Now => Ok(older::NewTimestamp::Now),
            Self::Timestamp(time) => match u64::try_from(time.seconds) {
                Ok(seconds) => Ok(older::NewTimestamp::Timestamp(Datetime {
                    seconds,
                    nanoseconds: time.nanoseconds,
                })),
                Err(_) => Err(time.seconds),
            },
        })
    }
}

impl Word for Moment {
    fn word(&self) -> String {
        match &self.0 {
            Ok(time) => time.word(),
            Err(seconds) => format!("{seconds} s"),
        }
    }
}
