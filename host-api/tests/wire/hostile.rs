//! Messages that are none, and messages that are too large. After each the service goes on.

use crate::common::scripted::Scripted;
use crate::common::seed::Seed;
use crate::common::{Host, kind, request};
use bytes::{Buf, BufMut, Bytes};
use host_api::proto::OutcomeKind;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tonic::client::Grpc;
use tonic::codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::codegen::http::uri::PathAndQuery;
use tonic::{Code, Request, Status};

/// Sends bytes as they are.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;
    fn encoder(&mut self) -> Self {
        Self
    }
    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn encode(&mut self, item: Bytes, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;
    fn decode(&mut self, from: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(from.copy_to_bytes(from.remaining())))
    }
}

async fn send_raw(host: &Host, method: &'static str, message: &[u8]) -> Result<Bytes, Status> {
    let mut client = Grpc::new(host.channel().await);
    client.ready().await.unwrap();
    let path = PathAndQuery::from_static(method);
    let request = Request::new(Bytes::copy_from_slice(message));
    client
        .unary(request, path, Raw)
        .await
        .map(tonic::Response::into_inner)
}

async fn still_serves(host: &Host) {
    let execution = host.call(request("echo", "1")).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Success);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_message_are_refused() {
    let host = Host::with(&[Seed::echo()]).await;
    let call = "/wasm_runner.v1.ExecutionService/ExecuteTool";
    // A name of one byte that is no UTF-8; a field that is cut off; a length beyond the end; a
    // wire type that there is not.
    for bad in [
        &[0x0a, 0x01, 0xff][..],
        &[0x0a],
        &[0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
        &[0x0f],
    ] {
        let status = send_raw(&host, call, bad).await.unwrap_err();
        // As the conventions of gRPC have it for requests that can't be parsed.
        assert_eq!(status.code(), Code::Internal, "{bad:?}: {status:?}");
        assert!(!status.message().contains("host-api"), "{status:?}");
    }
    // Fields that are not known are no error, so that newer clients can talk to older services.
    let unknown = [b"\x0a\x04echo".as_slice(), b"\x1a\x011", b"\xf8\x07\x01"].concat();
    send_raw(&host, call, &unknown).await.unwrap();
    let status = send_raw(&host, "/wasm_runner.v1.ExecutionService/Nothing", b"").await;
    assert_eq!(status.unwrap_err().code(), Code::Unimplemented);
    still_serves(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_over_the_limit_is_refused_at_the_byte() {
    let limit = 100_000;
    let host = Host::start(
        &[Seed::echo()],
        |config| config.max_message = policies::Bytes(limit),
        Scripted::passing(),
    )
    .await;
    // The name takes 6 bytes, the head of the input 4.
    let fits = usize::try_from(limit).unwrap() - 6 - 4;
    let input = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let execution = host.call(request("echo", &input(fits))).await.unwrap();
    assert_eq!(kind(&execution), OutcomeKind::Success);
    let status = host
        .call(request("echo", &input(fits + 1)))
        .await
        .unwrap_err();
    assert_eq!(status.code(), Code::OutOfRange, "{status:?}");
    still_serves(&host).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_does_not_speak_http_is_dropped() {
    let host = Host::with(&[Seed::echo()]).await;
    for garbage in [
        &b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"[..],
        &[0; 4096],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut socket = tokio::net::TcpStream::connect(host.address).await.unwrap();
        // It may be closed while it is written to.
        let _ = socket.write_all(garbage).await;
        let mut rest = Vec::new();
        let end = socket.read_to_end(&mut rest);
        let _ = tokio::time::timeout(crate::common::LONG, end)
            .await
            .expect("an end");
    }
    still_serves(&host).await;
}
