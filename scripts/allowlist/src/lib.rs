//! Names the crates that tools may use, so that cargo can resolve and vendor them.
//! It holds no code and is never built.
