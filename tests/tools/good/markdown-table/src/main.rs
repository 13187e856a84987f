mod table;
mod width;

use table::Table;
use wasm_runner_sdk::prelude::*;

/// A Markdown text; the same form comes and goes.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Document {
    markdown: String,
}

/// Lines up the columns of all tables (GitHub's form of them) in a Markdown text: each cell gets
/// one space on either side and the width of its column, short rows get the cells that they lack.
/// Everything else, code blocks included, stays as it is.
#[tool(
    example(
        name = "alignment is kept",
        input = {"markdown": "|Name|Price|\n|-|-:|\n|Anvil|120|\n|Oil|7|\n"},
        output = {
            "markdown": "| Name  | Price |\n| ----- | ----: |\n| Anvil |   120 |\n| Oil   |     7 |\n"
        }
    ),
    example(
        name = "no outer pipes, a short row, text around",
        input = {"markdown": "Before\n\na | b\n:-: | ---\n1\n\nAfter"},
        output = {"markdown": "Before\n\n|  a  | b   |\n| :-: | --- |\n|  1  |     |\n\nAfter"}
    ),
    example(
        name = "code is left alone",
        input = {"markdown": "```\n|a|b|\n|-|-|\n```\n"},
        output = {"markdown": "```\n|a|b|\n|-|-|\n```\n"}
    ),
    properties(deterministic, idempotent, total)
)]
fn markdown_table(input: Document) -> Result<Document, ToolError> {
    Ok(Document {
        markdown: format(&input.markdown),
    })
}

fn format(markdown: &str) -> String {
    let lines: Vec<&str> = markdown.split('\n').collect();
    let mut output: Vec<String> = Vec::with_capacity(lines.len());
    let mut fence = None;
    let mut at = 0;
    while at < lines.len() {
        match (fence, fence_of(lines[at])) {
            (None, Some(opening)) => fence = Some(opening),
            // A block ends with the same sign, at least as often, and nothing after it.
            (Some((sign, count)), Some((other, more)))
                if sign == other && more >= count && is_bare_fence(lines[at], sign) =>
            {
                fence = None;
            }
            _ => {}
        }
        let table = if fence.is_none() {
            Table::read(&lines[at..])
        } else {
            None
        };
        if let Some((table, length)) = table {
            output.extend(table.written());
            at += length;
        } else {
            output.push(lines[at].to_owned());
            at += 1;
        }
    }
    output.join("\n")
}

/// The sign of a code fence and how often it stands there.
fn fence_of(line: &str) -> Option<(char, usize)> {
    let text = line.trim_start_matches(' ');
    if line.len() - text.len() > 3 {
        return None;
    }
    let sign = text
        .chars()
        .next()
        .filter(|sign| matches!(sign, '`' | '~'))?;
    let count = text.chars().take_while(|c| *c == sign).count();
    (count >= 3).then_some((sign, count))
}

fn is_bare_fence(line: &str, sign: char) -> bool {
    line.trim().chars().all(|c| c == sign)
}

#[cfg(test)]
mod tests;
