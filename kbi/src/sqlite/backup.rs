//! Copies of a knowledge base in use.

use super::failure::Failure;
use super::open;
use crate::KbiError;
use rusqlite::Connection;
use std::fs::File;
use std::path::Path;

/// Writes what one snapshot of the database holds into a new file, and makes that durable.
pub(super) fn write(connection: &Connection, to: &Path) -> Result<(), KbiError> {
    let cannot = |source: std::io::Error| open::cannot_open(to, source);
    if !open::create_private(to)? {
        return Err(cannot(std::io::ErrorKind::AlreadyExists.into()));
    }
    let Some(name) = to.to_str() else {
        return Err(cannot(std::io::Error::other("the path is not UTF-8")));
    };
    let written = connection
        .execute("VACUUM INTO ?1", [name])
        .map_err(|error| Failure::from(error).while_("backing up"))
        .and_then(|_| {
            File::open(to)
                .and_then(|file| file.sync_all())
                .map_err(cannot)
        })
        .and_then(|()| open::sync_folder(to).map_err(cannot));
    if written.is_err() {
        // Half a copy is none. That it can't be removed either is not what went wrong first.
        let _ = std::fs::remove_file(to);
    }
    written
}
