//! The guest that asks the network, and servers on loopback for it to ask.
#![allow(dead_code, reason = "the tests of other packages use their part")]

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::thread;

/// Core name, instance, function and core signature of what the guest imports.
const FUNCTIONS: &[(&str, &str, &str, &str)] = &[
    ("block", "poll", "[method]pollable.block", "(param i32)"),
    (
        "read",
        "streams",
        "[method]input-stream.blocking-read",
        "(param i32 i64 i32)",
    ),
    (
        "write",
        "streams",
        "[method]output-stream.blocking-write-and-flush",
        "(param i32 i32 i32 i32)",
    ),
    (
        "instance",
        "instance-network",
        "instance-network",
        "(result i32)",
    ),
    (
        "resolve",
        "names",
        "resolve-addresses",
        "(param i32 i32 i32 i32)",
    ),
    (
        "next-address",
        "names",
        "[method]resolve-address-stream.resolve-next-address",
        "(param i32 i32)",
    ),
    (
        "subscribe-name",
        "names",
        "[method]resolve-address-stream.subscribe",
        "(param i32) (result i32)",
    ),
    (
        "create-tcp",
        "create-tcp",
        "create-tcp-socket",
        "(param i32 i32)",
    ),
    ("start-bind", "tcp", "[method]tcp-socket.start-bind", PLACE),
    (
        "finish-bind",
        "tcp",
        "[method]tcp-socket.finish-bind",
        "(param i32 i32)",
    ),
    (
        "start-listen",
        "tcp",
        "[method]tcp-socket.start-listen",
        "(param i32 i32)",
    ),
    (
        "start-connect",
        "tcp",
        "[method]tcp-socket.start-connect",
        PLACE,
    ),
    (
        "finish-connect",
        "tcp",
        "[method]tcp-socket.finish-connect",
        "(param i32 i32)",
    ),
    (
        "subscribe-tcp",
        "tcp",
        "[method]tcp-socket.subscribe",
        "(param i32) (result i32)",
    ),
    (
        "create-udp",
        "create-udp",
        "create-udp-socket",
        "(param i32 i32)",
    ),
    (
        "start-bind-udp",
        "udp",
        "[method]udp-socket.start-bind",
        PLACE,
    ),
    (
        "finish-bind-udp",
        "udp",
        "[method]udp-socket.finish-bind",
        "(param i32 i32)",
    ),
    ("stream", "udp", "[method]udp-socket.stream", PLACE),
    (
        "receive",
        "udp",
        "[method]incoming-datagram-stream.receive",
        "(param i32 i64 i32)",
    ),
    (
        "subscribe-udp",
        "udp",
        "[method]incoming-datagram-stream.subscribe",
        "(param i32) (result i32)",
    ),
    (
        "check-send",
        "udp",
        "[method]outgoing-datagram-stream.check-send",
        "(param i32 i32)",
    ),
    (
        "send",
        "udp",
        "[method]outgoing-datagram-stream.send",
        "(param i32 i32 i32 i32)",
    ),
    ("new-fields", "types", "[constructor]fields", "(result i32)"),
    (
        "fields-get",
        "types",
        "[method]fields.get",
        "(param i32 i32 i32 i32)",
    ),
    (
        "new-request",
        "types",
        "[constructor]outgoing-request",
        "(param i32) (result i32)",
    ),
    (
        "set-scheme",
        "types",
        "[method]outgoing-request.set-scheme",
        "(param i32 i32 i32 i32 i32) (result i32)",
    ),
    (
        "set-authority",
        "types",
        "[method]outgoing-request.set-authority",
        "(param i32 i32 i32 i32) (result i32)",
    ),
    (
        "set-path",
        "types",
        "[method]outgoing-request.set-path-with-query",
        "(param i32 i32 i32 i32) (result i32)",
    ),
    ("handle", "handler", "handle", "(param i32 i32 i32 i32)"),
    (
        "subscribe-http",
        "types",
        "[method]future-incoming-response.subscribe",
        "(param i32) (result i32)",
    ),
    (
        "get",
        "types",
        "[method]future-incoming-response.get",
        "(param i32 i32)",
    ),
    (
        "status",
        "types",
        "[method]incoming-response.status",
        "(param i32) (result i32)",
    ),
    (
        "headers",
        "types",
        "[method]incoming-response.headers",
        "(param i32) (result i32)",
    ),
    (
        "consume",
        "types",
        "[method]incoming-response.consume",
        "(param i32 i32)",
    ),
    (
        "body-stream",
        "types",
        "[method]incoming-body.stream",
        "(param i32 i32)",
    ),
    ("wall-now", "wall", "now", "(param i32)"),
    ("now", "monotonic", "now", "(result i64)"),
    (
        "timer",
        "monotonic",
        "subscribe-duration",
        "(param i64) (result i32)",
    ),
    ("random", "random", "get-random-bytes", "(param i64 i32)"),
    ("folders", "preopens", "get-directories", "(param i32)"),
    (
        "open",
        "files",
        "[method]descriptor.open-at",
        "(param i32 i32 i32 i32 i32 i32 i32)",
    ),
    (
        "read-file",
        "files",
        "[method]descriptor.read",
        "(param i32 i64 i64 i32)",
    ),
    (
        "write-file",
        "files",
        "[method]descriptor.write",
        "(param i32 i32 i32 i64 i32)",
    ),
    (
        "read-stream",
        "files",
        "[method]descriptor.read-via-stream",
        "(param i32 i64 i32)",
    ),
    (
        "write-stream",
        "files",
        "[method]descriptor.write-via-stream",
        "(param i32 i64 i32)",
    ),
    (
        "stat",
        "files",
        "[method]descriptor.stat",
        "(param i32 i32)",
    ),
    (
        "list",
        "files",
        "[method]descriptor.read-directory",
        "(param i32 i32)",
    ),
    (
        "entry",
        "files",
        "[method]directory-entry-stream.read-directory-entry",
        "(param i32 i32)",
    ),
    (
        "set-method",
        "types",
        "[method]outgoing-request.set-method",
        "(param i32 i32 i32 i32) (result i32)",
    ),
    (
        "request-body",
        "types",
        "[method]outgoing-request.body",
        "(param i32 i32)",
    ),
    (
        "body-write",
        "types",
        "[method]outgoing-body.write",
        "(param i32 i32)",
    ),
    (
        "body-finish",
        "types",
        "[static]outgoing-body.finish",
        "(param i32 i32 i32 i32)",
    ),
    (
        "append",
        "types",
        "[method]fields.append",
        "(param i32 i32 i32 i32 i32 i32)",
    ),
];

/// A socket, the capability or whether there is a place, an address, and where the answer goes.
const PLACE: &str = "(param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32)";

/// `tests/guests/network.wat`.
pub(crate) fn guest() -> Vec<u8> {
    guest_with("", "")
}

/// The same with something of its text replaced.
pub(crate) fn guest_with(this: &str, that: &str) -> Vec<u8> {
    wat::parse_str(text(this, that)).unwrap_or_else(|error| panic!("{error}"))
}

/// Its text.
pub(crate) fn text(this: &str, that: &str) -> String {
    assert!(include_str!("../guests/network.wat").contains(this));
    let (mut lowered, mut imports, mut exports) = (String::new(), String::new(), String::new());
    for (name, instance, function, signature) in FUNCTIONS {
        let _ = writeln!(
            lowered,
            "(alias export ${instance} \"{function}\" (func ${name}-f))
             (core func ${name} (canon lower (func ${name}-f) (memory $mem) (realloc $realloc)))"
        );
        let _ = writeln!(
            imports,
            "(import \"env\" \"{name}\" (func ${name} {signature}))"
        );
        let _ = writeln!(exports, "(export \"{name}\" (func ${name}))");
    }
    let text = include_str!("../guests/network.wat")
        .replace("{{LOWERED}}", &lowered)
        .replace("{{IMPORTS}}", &imports)
        .replace("{{EXPORTS}}", &exports);
    if this.is_empty() {
        text
    } else {
        text.replace(this, that)
    }
}

/// Answers each connection with `answer` once it has `ends` in what came, and closes it.
pub(crate) fn serve(ends: &'static [u8], answer: impl Into<Vec<u8>>) -> u16 {
    let answer = answer.into();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            thread::spawn(move || answers(stream, ends, &answer));
        }
    });
    port
}

fn answers(mut stream: TcpStream, ends: &[u8], answer: &[u8]) -> std::io::Result<()> {
    let mut came = Vec::new();
    let mut byte = [0];
    while !came.ends_with(ends) {
        stream.read_exact(&mut byte)?;
        came.extend_from_slice(&byte);
    }
    stream.write_all(answer)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    // Closed once the other side is: bytes that are still on their way would be lost.
    std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
}

/// A server that answers `pong` to `ping`.
pub(crate) fn pong() -> u16 {
    serve(b"ping", "pong")
}

/// An HTTP server with one answer.
pub(crate) fn http(answer: impl Into<Vec<u8>>) -> u16 {
    serve(b"\r\n\r\n", answer)
}

/// A connection that nothing ever comes from, and that stays open.
pub(crate) fn silence() -> u16 {
    serve(b"this never comes", "")
}

/// Answers each datagram with `answer`.
pub(crate) fn datagrams(answer: &'static [u8]) -> u16 {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = socket.local_addr().expect("bound").port();
    thread::spawn(move || {
        let mut buffer = [0; 2048];
        while let Ok((_, from)) = socket.recv_from(&mut buffer) {
            let _ = socket.send_to(answer, from);
        }
    });
    port
}

/// Whether anybody comes within what a test has done: call it when the guest has ended.
pub(crate) struct Untouched(TcpListener);

impl Untouched {
    pub(crate) fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a setting");
        Self(listener)
    }

    pub(crate) fn port(&self) -> u16 {
        self.0.local_addr().expect("bound").port()
    }

    /// A connection that was made waits here, accepted by the system.
    pub(crate) fn holds(&self) -> bool {
        self.0.accept().is_err()
    }
}

/// A server that says once when something has come, and once more when the other side is gone.
pub(crate) fn hangs_up() -> (std::sync::mpsc::Receiver<()>, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let (to, heard) = std::sync::mpsc::channel();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody");
        let _ = stream.read_exact(&mut [0; 4]);
        let _ = to.send(());
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
        let _ = to.send(());
    });
    (heard, port)
}

/// A server that ends when it has answered so often.
pub(crate) struct Gone {
    port: u16,
    ends: thread::JoinHandle<()>,
    stop: std::sync::Arc<std::sync::atomic::AtomicBool>,
}

impl Gone {
    /// An HTTP server with one answer.
    pub(crate) fn http(times: usize, answer: impl Into<Vec<u8>>) -> Self {
        Self::serving(times, b"\r\n\r\n", answer)
    }

    /// Answers with `answer` once it has `ends` in what came; nobody at all where it is to answer
    /// no time.
    pub(crate) fn serving(times: usize, ends: &[u8], answer: impl Into<Vec<u8>>) -> Self {
        let (ends, answer) = (ends.to_vec(), answer.into());
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let stop = std::sync::Arc::<std::sync::atomic::AtomicBool>::default();
        let stopped = std::sync::Arc::clone(&stop);
        let ends = thread::spawn(move || {
            thread::scope(|scope| {
                for _ in 0..times {
                    let Ok((stream, _)) = listener.accept() else {
                        return;
                    };
                    if stopped.load(std::sync::atomic::Ordering::SeqCst) {
                        return;
                    }
                    let (ends, answer) = (&ends, &answer);
                    scope.spawn(move || answers(stream, ends, answer));
                }
            });
        });
        Self { port, ends, stop }
    }

    /// Answers one datagram.
    pub(crate) fn datagram(answer: &'static [u8]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        let port = socket.local_addr().expect("bound").port();
        let ends = thread::spawn(move || {
            let (_, from) = socket.recv_from(&mut [0; 2048]).expect("one");
            socket.send_to(answer, from).expect("sent");
        });
        let stop = std::sync::Arc::default();
        Self { port, ends, stop }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Waits until nobody is there any more; whoever was not asked as often goes as well.
    pub(crate) fn is_gone(self) {
        self.stop.store(true, std::sync::atomic::Ordering::SeqCst);
        while !self.ends.is_finished() {
            let _ = TcpStream::connect(("127.0.0.1", self.port));
            thread::yield_now();
        }
        self.ends.join().expect("it ended by itself");
        assert!(TcpStream::connect(("127.0.0.1", self.port)).is_err());
    }
}
