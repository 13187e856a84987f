mod range;

use range::{Range, merge, networks, subtract};
use wasm_runner_sdk::prelude::*;

/// Networks in the answer at most: a range of odd ends needs up to 254 in IPv6.
const MOST_GIVEN: usize = 1000;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 500))]
    networks: Vec<String>,
    /// What is taken out of them.
    #[serde(default)]
    #[schemars(length(max = 500))]
    without: Vec<String>,
    /// Addresses of which is told in which network of the answer they are.
    #[serde(default)]
    #[schemars(length(max = 500))]
    look_up: Vec<String>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// From the lowest, IPv4 first.
    networks: Vec<String>,
    /// How many addresses there are: a number that may be too large for others than texts.
    addresses_v4: String,
    addresses_v6: String,
    /// For each address that was looked up.
    found: Vec<Found>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Found {
    address: String,
    /// None if it is in none.
    network: Option<String>,
}

/// Puts lists of IP networks together to the shortest list for exactly the same addresses, takes
/// others out of it, and tells which of it an address belongs to.
#[tool(
    example(
        name = "neighbours become one",
        input = {"networks": ["10.0.1.0/24", "10.0.0.0/24", "10.0.0.7"]},
        output = {
            "networks": ["10.0.0.0/23"], "addresses_v4": "512", "addresses_v6": "0", "found": []
        }
    ),
    example(
        name = "a hole, and who is in it",
        input = {
            "networks": ["2001:db8::/32", "192.0.2.0/29"], "without": ["192.0.2.2-192.0.2.3"],
            "look_up": ["192.0.2.1", "192.0.2.3"]
        },
        output = {
            "networks": ["192.0.2.0/31", "192.0.2.4/30", "2001:db8::/32"],
            "addresses_v4": "6", "addresses_v6": "79228162514264337593543950336",
            "found": [
                {"address": "192.0.2.1", "network": "192.0.2.0/31"},
                {"address": "192.0.2.3", "network": null}
            ]
        }
    ),
    example(
        name = "a prefix that is too long",
        input = {"networks": ["10.0.0.0/33"]},
        error = "/33"
    ),
    properties(deterministic)
)]
fn cidr_merge(input: Input) -> Result<Output, ToolError> {
    for list in [&input.networks, &input.without, &input.look_up] {
        if list.len() > 500 {
            let message = format!("a list has {} elements; at most 500 are taken", list.len());
            return Err(ToolError::new("too_large", message));
        }
    }
    let read = |list: &[String]| -> Result<Vec<Range>, ToolError> {
        list.iter()
            .map(|text| {
                Range::read(text)
                    .map_err(|why| ToolError::new("bad_network", format!("{text:?}: {why}")))
            })
            .collect()
    };
    let ranges = subtract(
        &merge(read(&input.networks)?),
        &merge(read(&input.without)?),
    );
    let mut given = Vec::new();
    for range in &ranges {
        given.extend(networks(range));
        if given.len() > MOST_GIVEN {
            let message = format!("the answer has more than {MOST_GIVEN} networks");
            return Err(ToolError::new("too_large", message));
        }
    }
    let mut found = Vec::with_capacity(input.look_up.len());
    for (text, one) in input.look_up.iter().zip(read(&input.look_up)?) {
        if one.first != one.last {
            let message = format!("{text:?}: a single address is looked up");
            return Err(ToolError::new("bad_network", message));
        }
        let network = given.iter().find(|network| network.holds(&one));
        found.push(Found {
            address: text.clone(),
            network: network.map(ToString::to_string),
        });
    }
    Ok(Output {
        networks: given.iter().map(ToString::to_string).collect(),
        addresses_v4: range::count(&ranges, false),
        addresses_v6: range::count(&ranges, true),
        found,
    })
}

#[cfg(test)]
mod tests;
