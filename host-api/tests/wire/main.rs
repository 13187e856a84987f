//! The service over real TCP, with the generated clients.

mod calls;
mod cancel;
mod common;
mod folders;
mod hostile;
mod knowledge;
mod life;
mod proposals;
