//! Says so many lines as its input says, each at once.

use std::io::{Read, Write};

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("UTF-8");
    let lines: u64 = text.trim().parse().expect("a number");
    let mut out = std::io::stdout().lock();
    for line in 0..lines {
        let text = format!("line {line} of many that somebody should read\n");
        out.write_all(text.as_bytes()).expect("room");
        out.flush().expect("room");
    }
}
