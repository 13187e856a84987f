use std::collections::BTreeMap;
use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 300))]
    files: Vec<File>,
    /// Files larger than this are told one by one, in bytes.
    #[serde(default = "mebibyte")]
    #[schemars(range(min = 1, max = 1_000_000_000))]
    large: u32,
}

fn mebibyte() -> u32 {
    1 << 20
}

#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    /// With `/` between folders.
    path: String,
    #[schemars(range(min = 0, max = 2_000_000_000))]
    bytes: u32,
    /// How many copies are kept of it.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 9))]
    copies: u8,
}

fn one() -> u8 {
    1
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    /// Of all, with their copies.
    #[schemars(range(min = 0))]
    bytes: i32,
    /// Of each kind of file, by the ending of its name.
    kinds: BTreeMap<String, u64>,
    /// Paths of large files, the largest first.
    large: Vec<String>,
    /// How deep the deepest lies.
    depth: usize,
}

/// Counts the bytes of stored files with their copies, by kind, and names the large ones.
#[tool(
    example(
        name = "two kinds",
        input = {"files": [{"path": "a/b.txt", "bytes": 10, "copies": 2}, {"path": "c", "bytes": 5}]},
        output = {"bytes": 25, "kinds": {"": 5, "txt": 20}, "large": [], "depth": 1}
    ),
    example(
        name = "a large one",
        input = {"files": [{"path": "v.mp4", "bytes": 5000000}]},
        output = {"bytes": 5000000, "kinds": {"mp4": 5000000}, "large": ["v.mp4"], "depth": 0}
    ),
    properties(deterministic)
)]
fn count_bytes(input: Input) -> Result<Output, ToolError> {
    check(&input)?;
    let mut kinds: BTreeMap<String, u64> = BTreeMap::new();
    let mut sum: u32 = 0;
    for file in &input.files {
        let bytes = u64::from(file.bytes) * u64::from(file.copies);
        *kinds.entry(kind(&file.path).to_owned()).or_default() += bytes;
        sum = sum.wrapping_add(file.bytes.wrapping_mul(u32::from(file.copies)));
    }
    let mut large: Vec<&File> = input
        .files
        .iter()
        .filter(|it| it.bytes > input.large)
        .collect();
    large.sort_by_key(|file| std::cmp::Reverse(file.bytes));
    Ok(Output {
        bytes: sum as i32,
        kinds,
        large: large.into_iter().map(|file| file.path.clone()).collect(),
        depth: input
            .files
            .iter()
            .map(|file| depth(&file.path))
            .max()
            .unwrap_or(0),
    })
}

fn check(input: &Input) -> Result<(), ToolError> {
    let fits = |file: &File| file.bytes <= 2_000_000_000 && (1..=9).contains(&file.copies);
    let large = (1..=1_000_000_000).contains(&input.large);
    if input.files.len() > 300 || !large || !input.files.iter().all(fits) {
        return Err(ToolError::invalid_input(
            "at most 300 files of at most 2000000000 bytes, with 1 to 9 copies each",
        ));
    }
    Ok(())
}

/// What stands after the last point of a name.
fn kind(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    match name.rsplit_once('.') {
        Some((before, ending)) if !before.is_empty() => ending,
        _ => "",
    }
}

fn depth(path: &str) -> usize {
    path.matches('/').count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, bytes: u32, copies: u8) -> File {
        File {
            path: path.to_owned(),
            bytes,
            copies,
        }
    }

    #[test]
    fn kinds_are_what_follows_the_last_point() {
        for (path, expected) in [
            ("a.tar.gz", "gz"),
            (".profile", ""),
            ("a.d/b", ""),
            ("x", ""),
            ("a.", ""),
        ] {
            assert_eq!(kind(path), expected, "{path}");
        }
    }

    #[test]
    fn the_largest_comes_first() {
        let files = vec![file("a", 11, 1), file("b", 12, 1), file("c", 10, 1)];
        let output = count_bytes(Input { files, large: 10 }).expect("files");
        assert_eq!(output.large, ["b", "a"]);
    }

    #[test]
    fn copies_count() {
        let files = vec![file("a/b/c", 7, 3)];
        let output = count_bytes(Input { files, large: 10 }).expect("files");
        assert_eq!((output.bytes, output.depth), (21, 2));
    }
}
