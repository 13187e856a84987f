mod block;
mod fill;
mod width;

use wasm_runner_sdk::prelude::*;

/// A text and how wide it may be; the same form comes and goes.
#[derive(Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Document {
    text: String,
    /// Columns of a line at most; 20 at least and 400 at most.
    #[serde(default = "usual_width")]
    width: u32,
    /// Whether words that are wider than a line are broken.
    #[serde(default)]
    break_words: bool,
}

fn usual_width() -> u32 {
    80
}

/// Breaks the lines of a text so that none is wider than asked for. Paragraphs are filled anew;
/// lists, quotes and indented text keep their form, code between fences stays as it is.
#[tool(
    example(
        name = "a paragraph",
        input = {"text": "The quick brown fox jumps over\nthe lazy dog.\n", "width": 24},
        output = {
            "text": "The quick brown fox\njumps over the lazy dog.\n", "width": 24,
            "break_words": false
        }
    ),
    example(
        name = "a list and a quote",
        input = {
            "text": "- one two three four five six\n\n> seven eight nine ten eleven", "width": 20
        },
        output = {
            "text": "- one two three four\n  five six\n\n> seven eight nine\n> ten eleven",
            "width": 20, "break_words": false
        }
    ),
    example(
        name = "code is left alone",
        input = {"text": "```\na line of code that is wide\n```", "width": 20},
        output = {
            "text": "```\na line of code that is wide\n```", "width": 20, "break_words": false
        }
    ),
    properties(deterministic, idempotent, total)
)]
fn text_wrap(input: Document) -> Result<Document, ToolError> {
    let width = input.width.clamp(20, 400);
    let text = wrapped(&input.text, width as usize, input.break_words);
    Ok(Document {
        text,
        width,
        break_words: input.break_words,
    })
}

fn wrapped(text: &str, width: usize, break_words: bool) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let mut output: Vec<String> = Vec::with_capacity(lines.len());
    let mut at = 0;
    while at < lines.len() {
        let (block, count) = block::Block::read(&lines[at..]);
        at += count;
        match block {
            block::Block::AsItIs(lines) => output.extend(lines.into_iter().map(str::to_owned)),
            block::Block::Paragraph { first, rest, words } => {
                output.extend(fill::fill(&first, &rest, &words, width, break_words));
            }
        }
    }
    output.join("\n")
}

#[cfg(test)]
mod tests;
