//! Work for a processor and nothing else: as many steps as the input says.

use std::io::Read;

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("UTF-8");
    let steps: u64 = text.trim().parse().expect("a number");
    // Each step needs the one before: nothing here can be folded away or done side by side.
    let mut value = 0x9e37_79b9_7f4a_7c15_u64;
    for step in 0..steps {
        value ^= value << 13;
        value ^= value >> 7;
        value ^= value << 17;
        value = value.wrapping_add(step);
    }
    println!("{value}");
}
