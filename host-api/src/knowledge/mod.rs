//! What is known about tools: `KnowledgeService`.

mod events;
mod service;
mod view;

pub(crate) use service::KnowledgeApi;
