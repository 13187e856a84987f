//! The same tool as `orders`, written with the SDK: what both forms are compiled from.

use std::collections::BTreeMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
struct Order {
    customer: String,
    lines: Vec<Line>,
}

#[derive(Deserialize, JsonSchema)]
struct Line {
    article: String,
    group: String,
    count: u64,
    cents: u64,
}

#[derive(Serialize, JsonSchema)]
struct Sums {
    customer: String,
    articles: Vec<String>,
    groups: BTreeMap<String, u64>,
    cents: u64,
}

/// Adds an order up.
#[tool]
fn orders(order: Order) -> Result<Sums, ToolError> {
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
    Ok(sums)
}
