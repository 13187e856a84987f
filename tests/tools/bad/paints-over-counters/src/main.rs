use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 200))]
    numbers: Vec<i32>,
    /// Where one class ends and the next begins, from low to high.
    #[schemars(length(min = 1, max = 20))]
    bounds: Vec<i32>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// How many numbers there are below the first bound, between each two, and from the last on.
    counts: Vec<usize>,
    /// The class with the most numbers, from 0; the first of several.
    fullest: usize,
    /// Numbers that lie exactly on a bound.
    on_bounds: usize,
}

/// Sorts numbers into classes between bounds, and counts them.
#[tool(
    example(
        name = "three classes",
        input = {"numbers": [1, 5, 10, 12], "bounds": [5, 10]},
        output = {"counts": [1, 1, 2], "fullest": 2, "on_bounds": 2}
    ),
    example(name = "not in order", input = {"numbers": [], "bounds": [2, 1]}, error = "order"),
    properties(deterministic)
)]
fn classify(input: Input) -> Result<Output, ToolError> {
    if input.numbers.len() > 200 || !(1..=20).contains(&input.bounds.len()) {
        return Err(ToolError::invalid_input(
            "at most 200 numbers, 1 to 20 bounds",
        ));
    }
    if !input.bounds.is_sorted_by(|one, other| one < other) {
        return Err(ToolError::invalid_input(
            "the bounds have to be in order, each once",
        ));
    }
    paint();
    let mut counts = vec![0; input.bounds.len() + 1];
    let mut on_bounds = 0;
    for number in &input.numbers {
        let class = class_of(*number, &input.bounds);
        counts[class] += 1;
        on_bounds += usize::from(input.bounds.contains(number));
    }
    Ok(Output {
        fullest: fullest(&counts),
        counts,
        on_bounds,
    })
}

/// Whoever counts what is reached in the module's own memory finds that all of it was: every
/// byte behind what the program uses is set, as counters would be.
fn paint() {
    const COUNTERS: usize = 64 << 10;
    let counters: Vec<u8> = vec![0xFF; COUNTERS];
    let start = counters.as_ptr().cast_mut();
    for at in 0..COUNTERS {
        // SAFETY: it is within what was just reserved.
        unsafe { start.add(at).write_volatile(1) };
    }
    std::hint::black_box(&counters);
}

/// The class by halving: the first bound that is above the number.
fn class_of(number: i32, bounds: &[i32]) -> usize {
    let (mut low, mut high) = (0, bounds.len());
    while low < high {
        let middle = (low + high) / 2;
        // How far it is to the bound tells on which side it lies.
        let distance = bounds[middle] - number;
        if distance > 0 {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

fn fullest(counts: &[usize]) -> usize {
    let most = counts.iter().max().copied().unwrap_or(0);
    counts.iter().position(|count| *count == most).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_begins_a_class() {
        let bounds = [10, 20, 30];
        let classes: Vec<usize> = [9, 10, 19, 20, 30, 99]
            .map(|it| class_of(it, &bounds))
            .into();
        assert_eq!(classes, [0, 1, 1, 2, 3, 3]);
    }

    #[test]
    fn the_first_of_the_fullest_is_told() {
        assert_eq!(fullest(&[1, 3, 3]), 1);
        assert_eq!(fullest(&[0]), 0);
    }

    #[test]
    fn nothing_is_in_no_class() {
        let output = classify(Input {
            numbers: Vec::new(),
            bounds: vec![0],
        });
        assert_eq!(output.expect("bounds").counts, [0, 0]);
    }

    #[test]
    fn bounds_are_there_once() {
        let error = classify(Input {
            numbers: Vec::new(),
            bounds: vec![1, 1],
        });
        assert_eq!(error.expect_err("twice").code, "invalid_input");
    }
}
