//! Servers on loopback, and a call that asks them.

use super::super::*;
use crate::execution::{DeniedAttempt, Usage};
use crate::network::outside::{Outside, System};
use crate::network::{Ends, Resolver};
use futures::future::BoxFuture;
use policies::{Bytes as Size, Limits, WallTime};
use std::collections::BTreeMap;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// Each name's answers in turn, the last for ever.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<BTreeMap<&'static str, Vec<&'static str>>>);

impl Names {
    pub(super) fn new(names: &[(&'static str, &[&'static str])]) -> Arc<Self> {
        let turns = names.iter().map(|(name, turns)| {
            let turns = turns.iter().rev().copied().collect();
            (*name, turns)
        });
        Arc::new(Self(Mutex::new(turns.collect())))
    }
}

impl Resolver for Names {
    fn lookup<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move {
            let mut names = self.0.lock().expect("unbroken");
            let turns = names.get_mut(name).ok_or(io::ErrorKind::NotFound)?;
            let answer = match turns.len() {
                1 => turns[0],
                _ => turns.pop().expect("at least one"),
            };
            Ok(vec![answer.parse().expect("an address")])
        })
    }
}

/// What a server does with a connection: reads a head, and says this.
#[derive(Clone)]
pub(super) enum Says {
    /// These bytes, and closes.
    All(Vec<u8>),
    /// These bytes, and then nothing, for ever.
    Stalls(Vec<u8>),
    /// This head, and then bytes without end.
    Endless(&'static str),
}

pub(super) fn says(text: &str) -> Says {
    Says::All(text.as_bytes().to_vec())
}

/// A response of so many bytes.
pub(super) fn body(length: usize) -> Says {
    let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    Says::All([head.into_bytes(), vec![b'x'; length]].concat())
}

pub(super) struct Server {
    pub(super) port: u16,
    /// The heads of the requests that came.
    pub(super) heads: mpsc::UnboundedReceiver<String>,
}

impl Server {
    pub(super) async fn start(says: Says, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (to, heads) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (says, to, tls) = (says.clone(), to.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                let _ = serve(stream, says, &to).await;
                            }
                        }
                        None => drop(serve(stream, says, &to).await),
                    }
                });
            }
        });
        Self { port, heads }
    }

    pub(super) async fn plain(says: Says) -> Self {
        Self::start(says, None).await
    }

    pub(super) async fn head(&mut self) -> String {
        self.heads.recv().await.expect("a request")
    }

    pub(super) fn has_no_request(&mut self) -> bool {
        self.heads.try_recv().is_err()
    }

    pub(super) fn url(&self, rest: &str) -> String {
        format!("http://127.0.0.1:{}{rest}", self.port)
    }

    pub(super) fn grant(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

pub(super) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    says: Says,
    heads: &mpsc::UnboundedSender<String>,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let _ = heads.send(String::from_utf8_lossy(&head).into_owned());
    match says {
        Says::All(bytes) => {
            stream.write_all(&bytes).await?;
            stream.shutdown().await?;
            // Until the other side has read it: to close with bytes unread would lose ours.
            let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
        }
        Says::Stalls(bytes) => {
            stream.write_all(&bytes).await?;
            stream.flush().await?;
            std::future::pending::<()>().await;
        }
        Says::Endless(head) => {
            stream.write_all(head.as_bytes()).await?;
            loop {
                stream.write_all(&[b'x'; 4096]).await?;
            }
        }
    }
    Ok(())
}

/// A call's `wasi:http`.
pub(super) struct Caller {
    pub(super) http: Http,
    pub(super) network: Network,
    pub(super) ends: Option<Ends>,
}

pub(super) fn limits(bytes: u64) -> Limits {
    Limits {
        network_requests: 10,
        network_bytes: Size(bytes),
        wall_time: WallTime::secs(600),
        ..Limits::default()
    }
}

pub(super) fn caller(
    grants: &[&str],
    limits: &Limits,
    names: Option<Arc<Names>>,
    roots: &[Vec<u8>],
) -> Caller {
    let names = names.map(|names| names as Arc<dyn Resolver>);
    let outside: Arc<dyn Outside> = Arc::new(System::new(names, roots).expect("roots"));
    let grants = grants.iter().map(|text| text.parse().expect("a grant"));
    let (network, ends) =
        Network::new(grants.collect(), limits, outside, std::time::Instant::now());
    Caller {
        http: Http::new(Some(network.clone()), None),
        network,
        ends: Some(ends),
    }
}

pub(super) fn get(url: &str) -> Request<WasiBody> {
    request("GET", url, Vec::new())
}

pub(super) fn request(method: &str, url: &str, body: Vec<Frame<Bytes>>) -> Request<WasiBody> {
    let frames = futures::stream::iter(body.into_iter().map(Ok));
    let body = http_body_util::StreamBody::new(frames).boxed_unsync();
    let uri: Uri = url.parse().unwrap_or_else(|error| panic!("{url}: {error}"));
    // As wasmtime-wasi-http does it.
    let host = uri.authority().map_or("", Authority::as_str).to_owned();
    let request = Request::builder().method(method).header("host", host);
    request.uri(uri).body(body).expect("a request")
}

impl Caller {
    pub(super) async fn send(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
    ) -> Result<(StatusCode, HeaderMap, Vec<u8>, HeaderMap), Error> {
        let sent = self
            .http
            .send_request(request, options, Box::new(async { Ok(()) }));
        let (response, driver) = Box::into_pin(sent).await?;
        let driver = tokio::spawn(Box::into_pin(driver));
        let (parts, body) = response.into_parts();
        let collected = body.collect().await?;
        let trailers = collected.trailers().cloned().unwrap_or_default();
        drop(driver);
        Ok((
            parts.status,
            parts.headers,
            collected.to_bytes().to_vec(),
            trailers,
        ))
    }

    pub(super) async fn get(&mut self, url: &str) -> Result<Vec<u8>, Error> {
        let (_, _, body, _) = self.send(get(url), None).await?;
        Ok(body)
    }

    pub(super) fn close(&self) -> (Usage, Vec<DeniedAttempt>) {
        let (mut usage, mut denied) = (Usage::default(), Vec::new());
        self.network.close(&mut usage, &mut denied);
        (usage, denied)
    }
}

/// A server's side of TLS for a name, and the certificate that vouches for it.
pub(super) fn tls(name: &str) -> (TlsAcceptor, Vec<u8>) {
    let made = rcgen::generate_simple_self_signed([name.to_owned()]).expect("a certificate");
    let certificate = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("a pair");
    (TlsAcceptor::from(Arc::new(config)), certificate.to_vec())
}
