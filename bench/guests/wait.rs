//! Says a word and waits on the clock: the input is a number of times and the milliseconds of
//! each.

use std::io::Read;
use std::time::Duration;

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("UTF-8");
    let mut numbers = text
        .split_whitespace()
        .map(|word| word.parse().expect("a number"));
    let times: u64 = numbers.next().expect("how often");
    let wait = Duration::from_millis(numbers.next().expect("how long"));
    println!("waiting");
    for _ in 0..times {
        std::thread::sleep(wait);
    }
    println!("{times}");
}
