//! Servers on loopback that a case's guest may ask, or must not reach.

use serde::Deserialize;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a case says of one. README.md in `tests/hostile` explains each.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    #[serde(default)]
    says: String,
    #[serde(default = "head")]
    until: String,
    #[serde(default)]
    then: Then,
    #[serde(default)]
    heard: String,
    not_heard: Option<String>,
    #[serde(default)]
    untouched: bool,
    #[serde(default)]
    datagrams: bool,
}

fn head() -> String {
    "\r\n\r\n".to_owned()
}

/// What it does when it has said what it says.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Then {
    #[default]
    Closes,
    Stays,
    Repeats,
}

/// A place that was taken for a server before it is known what it does.
pub(crate) struct Port {
    stream: TcpListener,
    datagrams: UdpSocket,
}

impl Port {
    /// One that is free for both streams and datagrams.
    pub(crate) fn take() -> Self {
        loop {
            let stream = TcpListener::bind("127.0.0.1:0").expect("a port");
            let address = stream.local_addr().expect("bound");
            if let Ok(datagrams) = UdpSocket::bind(address) {
                return Self { stream, datagrams };
            }
        }
    }

    pub(crate) fn number(&self) -> u16 {
        self.stream.local_addr().expect("bound").port()
    }
}

/// A server that runs as long as the tests do.
pub(crate) struct Server {
    wanted: Arc<Wanted>,
    heard: Arc<Mutex<Vec<u8>>>,
    /// Kept where nobody may come: whoever does waits here.
    port: Option<Port>,
}

impl Server {
    pub(crate) fn start(wanted: Wanted, port: Port) -> Result<Self, String> {
        if wanted.untouched != (wanted.says.is_empty() && wanted.then == Then::Closes) {
            return Err("a server is `untouched`, or `says` or does something".to_owned());
        }
        let wanted = Arc::new(wanted);
        let heard = Arc::default();
        if wanted.untouched {
            port.stream.set_nonblocking(true).expect("a setting");
            port.datagrams.set_nonblocking(true).expect("a setting");
            let port = Some(port);
            return Ok(Self {
                wanted,
                heard,
                port,
            });
        }
        let (server, listening) = (Arc::clone(&wanted), Arc::clone(&heard));
        thread::spawn(move || {
            for stream in port.stream.incoming().flatten() {
                let (server, listening) = (Arc::clone(&server), Arc::clone(&listening));
                thread::spawn(move || server.serve(stream, &listening));
            }
        });
        Ok(Self {
            wanted,
            heard,
            port: None,
        })
    }

    /// Whether somebody may come to it, so that when depends on others.
    pub(crate) fn may_be_asked(&self) -> bool {
        !self.wanted.untouched
    }

    /// What is wrong with what came to it until now.
    pub(crate) fn differences(&self) -> Vec<String> {
        let mut wrong = Vec::new();
        if let Some(port) = &self.port {
            let came = if self.wanted.datagrams {
                port.datagrams.recv(&mut [0; 16]).map(drop)
            } else {
                port.stream.accept().map(drop)
            };
            if !came.is_err_and(|error| error.kind() == ErrorKind::WouldBlock) {
                wrong.push("somebody came to a server that must not be reached".to_owned());
            }
        }
        let heard = self.heard.lock().expect("unbroken");
        let heard = String::from_utf8_lossy(&heard);
        if !heard.contains(&self.wanted.heard) {
            let wanted = &self.wanted.heard;
            wrong.push(format!("a server is to hear {wanted:?}: {heard:?}"));
        }
        if let Some(unwanted) = &self.wanted.not_heard
            && heard.contains(unwanted)
        {
            wrong.push(format!("a server must not hear {unwanted:?}: {heard:?}"));
        }
        wrong
    }
}

impl Wanted {
    fn serve(&self, mut stream: TcpStream, hears: &Mutex<Vec<u8>>) -> std::io::Result<()> {
        let mut came = Vec::new();
        let mut byte = [0];
        while !came.ends_with(self.until.as_bytes()) {
            stream.read_exact(&mut byte)?;
            came.push(byte[0]);
        }
        hears.lock().expect("unbroken").extend_from_slice(&came);
        stream.write_all(self.says.as_bytes())?;
        match self.then {
            Then::Closes => stream.shutdown(std::net::Shutdown::Write)?,
            Then::Stays => {}
            Then::Repeats => loop {
                let last = self.says.rsplit('\n').next().unwrap_or_default();
                stream.write_all(last.as_bytes())?;
            },
        }
        // Closed once the other side is: bytes that are still on their way would be lost.
        std::io::copy(&mut stream, &mut std::io::sink()).map(drop)
    }
}
