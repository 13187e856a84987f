//! Ctrl-C.

use crate::exit::Exit;
use tokio_util::sync::CancellationToken;

/// Cancelled at the first Ctrl-C; a second one ends the program at once.
pub(crate) fn by_ctrl_c() -> CancellationToken {
    let cancel = CancellationToken::new();
    let token = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            token.cancel();
        }
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(Exit::Interrupted.code().into());
        }
    });
    cancel
}
