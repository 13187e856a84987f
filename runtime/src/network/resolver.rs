//! Where names are looked up.

use futures::future::BoxFuture;
use std::fmt;
use std::io;
use std::net::IpAddr;

/// Looks names up. The sandbox asks once a call for each name and keeps to the first answer.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// All addresses of a name, which is in lower case and without a dot at its end.
    ///
    /// # Errors
    /// When there is no such name, or nobody answers.
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The machine's own resolver.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            // With the dot the name is whole: no search list of this machine makes another of it.
            let name = if name.contains('.') {
                format!("{name}.")
            } else {
                name.to_owned()
            };
            let found = tokio::net::lookup_host((name, 0)).await?;
            Ok(found.map(|address| address.ip()).collect())
        })
    }
}
