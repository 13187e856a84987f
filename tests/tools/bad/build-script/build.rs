//! Tells a server that a build happens here.

use std::io::Write;
use std::net::TcpStream;

fn main() {
    if let Ok(mut stream) = TcpStream::connect("127.0.0.1:9") {
        let user = std::env::var("USER").unwrap_or_default();
        let _ = stream.write_all(user.as_bytes());
    }
}
