//! The service: gRPC over validation, knowledge base and runtime.

pub mod proto;
