use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    #[schemars(length(max = 500))]
    items: Vec<Item>,
    /// From 1.
    #[schemars(range(min = 1, max = 1000))]
    page: u32,
    #[schemars(range(min = 1, max = 100))]
    size: u32,
    #[serde(default)]
    by: By,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Item {
    name: String,
    rank: i32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum By {
    #[default]
    Name,
    Rank,
    /// The highest first.
    RankDescending,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    items: Vec<Item>,
    /// How many pages there are.
    pages: u32,
    /// The page before and the one after, if there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

/// Sorts a list and gives one page of it, and which pages are before and after it. A page beyond
/// the last is empty.
#[tool(
    example(
        name = "the first page",
        input = {
            "items": [{"name": "b", "rank": 1}, {"name": "a", "rank": 2}, {"name": "c", "rank": 3}],
            "page": 1, "size": 2
        },
        output = {
            "items": [{"name": "a", "rank": 2}, {"name": "b", "rank": 1}], "pages": 2, "next": 2
        }
    ),
    example(
        name = "far behind",
        input = {"items": [{"name": "b", "rank": 1}], "page": 9, "size": 2},
        output = {"items": [], "pages": 1, "previous": 1}
    ),
    properties(deterministic)
)]
fn page(input: Input) -> Result<Output, ToolError> {
    let Input {
        mut items,
        page,
        size,
        by,
    } = input;
    if items.len() > 500 || !(1..=1000).contains(&page) || !(1..=100).contains(&size) {
        return Err(ToolError::invalid_input(
            "at most 500 items, pages from 1 to 1000, of 1 to 100 items",
        ));
    }
    sort(&mut items, by);
    let (page, size) = (page as usize, size as usize);
    let pages = items.len().div_ceil(size);
    let begin = (page - 1) * size;
    let end = begin + size;
    let shown = if end <= items.len() {
        &items[begin..end]
    } else if page <= items.len() / size + 2 {
        // The last one is shorter, or there is none.
        &items[begin..]
    } else {
        &[]
    };
    let number = |page: usize| u32::try_from(page).unwrap_or(u32::MAX);
    Ok(Output {
        items: shown.to_vec(),
        pages: number(pages),
        previous: (page > 1 && pages > 0).then(|| number((page - 1).min(pages))),
        next: (page < pages).then(|| number(page + 1)),
    })
}

fn sort(items: &mut [Item], by: By) {
    match by {
        By::Name => items.sort_by(|one, other| one.name.cmp(&other.name)),
        By::Rank => items.sort_by_key(|item| item.rank),
        By::RankDescending => items.sort_by_key(|item| std::cmp::Reverse(item.rank)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(count: usize, page: u32, size: u32, by: By) -> Output {
        let item = |n: usize| Item {
            name: format!("{n:03}"),
            rank: i32::try_from(n % 7).expect("small"),
        };
        let items = (0..count).map(item).collect();
        super::page(Input {
            items,
            page,
            size,
            by,
        })
        .expect("a page")
    }

    #[test]
    fn the_last_page_is_shorter() {
        let output = run(5, 3, 2, By::Name);
        assert_eq!(output.items.len(), 1);
        assert_eq!(
            (output.pages, output.previous, output.next),
            (3, Some(2), None)
        );
    }

    #[test]
    fn pages_are_full_before() {
        let output = run(6, 2, 2, By::Name);
        assert_eq!(output.items[0].name, "002");
        assert_eq!((output.previous, output.next), (Some(1), Some(3)));
    }

    #[test]
    fn ranks_go_up_and_down() {
        assert_eq!(run(10, 1, 3, By::Rank).items[0].rank, 0);
        assert_eq!(run(10, 1, 3, By::RankDescending).items[0].rank, 6);
    }

    #[test]
    fn nothing_has_no_pages() {
        let output = run(0, 1, 5, By::Name);
        assert_eq!(
            (output.pages, output.previous, output.next),
            (0, None, None)
        );
    }
}
