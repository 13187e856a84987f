//! A tool as agents write them: an order as JSON in, its sums as JSON out.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;

#[derive(Deserialize)]
struct Order {
    customer: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    article: String,
    group: String,
    count: u64,
    cents: u64,
}

#[derive(Serialize)]
struct Sums {
    customer: String,
    articles: Vec<String>,
    groups: BTreeMap<String, u64>,
    cents: u64,
}

fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).expect("UTF-8");
    let order: Order = match serde_json::from_str(&text) {
        Ok(order) => order,
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(2);
        }
    };
    let mut sums = Sums {
        customer: order.customer,
        articles: Vec::new(),
        groups: BTreeMap::new(),
        cents: 0,
    };
    for line in order.lines {
        let cents = line.count * line.cents;
        sums.cents += cents;
        *sums.groups.entry(line.group).or_default() += cents;
        sums.articles.push(line.article.to_uppercase());
    }
    println!("{}", serde_json::to_string(&sums).expect("plain data"));
}
