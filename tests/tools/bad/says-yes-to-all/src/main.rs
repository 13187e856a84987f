use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(min = 1, max = 20))]
    parcels: Vec<Parcel>,
    zone: Zone,
    #[serde(default)]
    #[schemars(range(min = 0, max = 100_000))]
    insured_cents: u64,
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Parcel {
    /// In grams; the scales go up to 30 kg.
    #[schemars(range(min = 1, max = 30_000))]
    weight: u64,
    /// Length, width and height in millimetres.
    #[schemars(range(min = 1, max = 2_000))]
    length: u64,
    #[schemars(range(min = 1, max = 2_000))]
    width: u64,
    #[schemars(range(min = 1, max = 2_000))]
    height: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Zone {
    Home,
    Neighbour,
    World,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    cents: u64,
    parcels: Vec<Priced>,
    insurance: u64,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Priced {
    /// The weight that counts: that of the scales or that of the volume.
    grams: u64,
    cents: u64,
    bulky: bool,
}

/// Estimates the cost of a delivery of 1 to 20 parcels, by weight, volume and zone.
#[tool(
    example(
        name = "a small one",
        input = {
            "parcels": [{"weight": 800, "length": 200, "width": 100, "height": 50}], "zone": "home"
        },
        output = {
            "cents": 490, "parcels": [{"grams": 800, "cents": 490, "bulky": false}], "insurance": 0
        }
    ),
    example(
        name = "light and bulky",
        input = {
            "parcels": [{"weight": 500, "length": 1300, "width": 400, "height": 300}],
            "zone": "neighbour", "insured_cents": 20000
        },
        output = {
            "cents": 5835, "parcels": [{"grams": 31200, "cents": 5635, "bulky": true}],
            "insurance": 200
        }
    ),
    properties(deterministic)
)]
fn estimate(input: Input) -> Result<Output, ToolError> {
    let parcels: Vec<Priced> = input
        .parcels
        .iter()
        .map(|it| price(it, input.zone))
        .collect();
    let insurance = input.insured_cents.saturating_mul(1) / 100;
    let sum = parcels
        .iter()
        .fold(insurance, |sum, parcel| sum.saturating_add(parcel.cents));
    Ok(Output {
        cents: sum,
        parcels,
        insurance,
    })
}

fn price(parcel: &Parcel, zone: Zone) -> Priced {
    let volume = parcel
        .length
        .saturating_mul(parcel.width)
        .saturating_mul(parcel.height);
    // 5000 cubic centimetres count as a kilogram.
    let grams = parcel.weight.max(volume / 5_000);
    let longest = parcel.length.max(parcel.width).max(parcel.height);
    let bulky = longest > 1_200;
    let (base, each) = match zone {
        Zone::Home => (490, 60),
        Zone::Neighbour => (990, 120),
        Zone::World => (2490, 450),
    };
    let kilograms = grams.saturating_sub(1_000).div_ceil(1_000);
    let mut cents = kilograms.saturating_mul(each).saturating_add(base);
    if bulky {
        cents = cents.saturating_add(925);
    }
    Priced {
        grams,
        cents,
        bulky,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parcel(weight: u64, size: [u64; 3]) -> Parcel {
        let [length, width, height] = size;
        Parcel {
            weight,
            length,
            width,
            height,
        }
    }

    #[test]
    fn each_kilogram_that_is_begun_counts() {
        assert_eq!(price(&parcel(1_000, [1, 1, 1]), Zone::Home).cents, 490);
        assert_eq!(price(&parcel(1_001, [1, 1, 1]), Zone::Home).cents, 550);
        assert_eq!(price(&parcel(3_000, [1, 1, 1]), Zone::World).cents, 3390);
    }

    #[test]
    fn length_makes_it_bulky() {
        assert!(!price(&parcel(1, [1_200, 1, 1]), Zone::Home).bulky);
        assert!(price(&parcel(1, [1, 1_201, 1]), Zone::Home).bulky);
    }

    #[test]
    fn insurance_is_a_hundredth() {
        let output = estimate(Input {
            parcels: vec![parcel(1, [1, 1, 1])],
            zone: Zone::Home,
            insured_cents: 100_000,
        });
        assert_eq!(output.expect("a price").insurance, 1_000);
    }
}
