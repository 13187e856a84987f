//! The SQLite knowledge base: what all must do, and what is its own.

mod backup;
mod child;
#[path = "../conformance/mod.rs"]
mod conformance;
mod crash;
mod damage;
mod files;
mod full;

use conformance::{Backend, conformance_suite};
use kbi::{Clock, KnowledgeBase, SqliteKnowledgeBase, SqliteOptions};
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

/// One file in a folder of its own.
struct Sqlite {
    folder: TempDir,
    clock: Arc<dyn Clock>,
}

impl Sqlite {
    fn path(&self) -> PathBuf {
        self.folder.path().join("kbi.sqlite")
    }
}

impl Backend for Sqlite {
    fn fresh(clock: Arc<dyn Clock>) -> Self {
        Self {
            folder: tempfile::tempdir().expect("a folder"),
            clock,
        }
    }

    fn handle(&self) -> Arc<dyn KnowledgeBase> {
        let options = SqliteOptions {
            clock: self.clock.clone(),
            ..SqliteOptions::default()
        };
        Arc::new(SqliteKnowledgeBase::open_with(&self.path(), options).expect("opens"))
    }
}

mod suite {
    super::conformance_suite!(crate::Sqlite);
}
