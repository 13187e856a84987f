//! The second ring: what is not yet accepted runs in a confined process of its own.
//!
//! A [`Job`] is a program, what it may see and what it may use; a [`Launcher`] starts it and
//! gives a [`Running`], whose end is data ([`Ended`]): a job that crashes, is killed or runs out
//! of anything never takes its launcher with it. [`LocalLauncher`] starts a child process here.
//!
//! The child confines itself before the job begins ([`enter_if_asked`]): namespaces, a file
//! system of nothing but what the job names, no network, an environment of its own, Landlock,
//! a seccomp allow-list, resource limits. [`Holds`] says what of that this machine gives, by
//! having tried each.

mod ended;
mod inside;
mod job;
mod launcher;
mod probe;
mod watch;

pub use ended::Ended;
pub use inside::{Roles, enter_if_asked};
pub use job::{Job, Program, Resources, SYSTEM_LIBRARIES, SYSTEM_PROGRAMS};
pub use launcher::{Isolation, LaunchError, Launcher, LocalLauncher, Running};
pub use probe::{Holds, Part};
