//! The way to the service.

use crate::problem::Problem;
use host_api::MAX_RESPONSE_BYTES;
use host_api::client::{self, Resilient};
use host_api::proto::GetArtifactRequest;
use host_api::proto::execution_service_client::ExecutionServiceClient;
use host_api::proto::knowledge_service_client::KnowledgeServiceClient;
use host_api::proto::validation_service_client::ValidationServiceClient;
use tonic::transport::Endpoint;

/// Where the service is.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct ServerArgs {
    /// The service's address
    #[arg(
        long,
        value_name = "URL",
        env = "WASM_RUNNER_SERVER",
        hide_env_values = true,
        default_value = "http://127.0.0.1:50051"
    )]
    server: String,
}

/// Who acts, for the audit log.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct By {
    /// Who does it, for the audit log; by default you, as the system knows you
    #[arg(
        long,
        value_name = "NAME",
        env = "WASM_RUNNER_BY",
        hide_env_values = true
    )]
    by: Option<String>,
}

impl By {
    /// The name for the audit log; never empty.
    pub(crate) fn name(&self) -> String {
        let user = || {
            ["USER", "LOGNAME"]
                .iter()
                .find_map(|name| std::env::var(name).ok())
        };
        let name = self.by.clone().or_else(user).unwrap_or_default();
        if name.is_empty() {
            "command line".to_owned()
        } else {
            name
        }
    }
}

/// A service that answers.
#[derive(Clone)]
pub(crate) struct Client {
    way: Resilient,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When the address is none, or nothing answers there.
    pub(crate) async fn connect(args: &ServerArgs) -> Result<Self, Problem> {
        let address = address(&args.server)?;
        let endpoint = Endpoint::from_shared(address.clone()).map_err(|error| {
            Problem::new(format!(
                "--server {}: it is no address",
                args.server.escape_debug()
            ))
            .because(error)
            .remedy("write it like http://127.0.0.1:50051")
        })?;
        let channel = client::set_up(endpoint).connect().await.map_err(|error| {
            Problem::new(format!("no service answers at {address}"))
                .because(innermost(&error))
                .remedy("is the service running? start it with `wasm-runner serve`, or name another with --server")
        })?;
        Ok(Self {
            way: Resilient::new([channel]),
        })
    }

    pub(crate) fn execution(&self) -> ExecutionServiceClient<Resilient> {
        ExecutionServiceClient::new(self.way.clone()).max_decoding_message_size(MAX_RESPONSE_BYTES)
    }

    pub(crate) fn validation(&self) -> ValidationServiceClient<Resilient> {
        ValidationServiceClient::new(self.way.clone()).max_decoding_message_size(MAX_RESPONSE_BYTES)
    }

    /// A module, by its SHA-256, checked against it.
    ///
    /// # Errors
    /// The service's, and when what it sent is another one.
    pub(crate) async fn artifact(&self, digest: &str) -> anyhow::Result<Vec<u8>> {
        let digest = digest.to_owned();
        let request = GetArtifactRequest {
            digest: digest.clone(),
        };
        let mut pieces = self.knowledge().get_artifact(request).await?.into_inner();
        let mut module = Vec::new();
        while let Some(piece) = pieces.message().await? {
            module.extend(piece.data);
        }
        if runtime::Digest::of(&module).to_string() != digest {
            return Err(Problem::new(format!(
                "the module that the service sent does not have the SHA-256 {digest}"
            ))
            .remedy("try again; if it stays so, the service's knowledge base is damaged")
            .into());
        }
        Ok(module)
    }

    pub(crate) fn knowledge(&self) -> KnowledgeServiceClient<Resilient> {
        KnowledgeServiceClient::new(self.way.clone()).max_decoding_message_size(MAX_RESPONSE_BYTES)
    }
}

/// What the system said, without the layers that passed it on.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

/// `host:port` alone will do.
fn address(server: &str) -> Result<String, Problem> {
    if server.starts_with("https://") {
        return Err(Problem::new(format!(
            "--server {}: TLS is not spoken here",
            server.escape_debug()
        ))
        .remedy("write http://; where the way is not safe, go through a tunnel such as `ssh -L`"));
    }
    if server.contains("://") {
        Ok(server.to_owned())
    } else {
        Ok(format!("http://{server}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_lack_its_scheme() {
        assert_eq!(address("127.0.0.1:1").expect("fine"), "http://127.0.0.1:1");
        assert_eq!(address("http://h:1").expect("fine"), "http://h:1");
        assert!(address("https://h:1").is_err());
    }
}
