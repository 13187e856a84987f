//! What belongs together.

/// Lines that are handled as one.
pub enum Block<'t> {
    /// Empty lines, code, headings, tables.
    AsItIs(Vec<&'t str>),
    /// Words that are filled into lines.
    Paragraph {
        /// What stands before the first line.
        first: String,
        /// What stands before each further one.
        rest: String,
        words: Vec<&'t str>,
    },
}

/// How a line begins.
#[derive(Debug, PartialEq)]
struct Beginning<'t> {
    /// Blanks and signs of quotes.
    quote: String,
    /// The sign of a list's element, with the blank after it.
    bullet: &'t str,
    text: &'t str,
}

impl<'t> Block<'t> {
    /// The block that begins with the first of these lines, of which there is at least one, and
    /// how many lines it has.
    pub fn read(lines: &[&'t str]) -> (Self, usize) {
        let line = lines[0];
        if let Some(fence) = fence(line) {
            let closed = lines[1..].iter().position(|line| is_closing(line, fence));
            let count = closed.map_or(lines.len(), |at| at + 2);
            return (Self::AsItIs(lines[..count].to_vec()), count);
        }
        let begin = Beginning::of(line);
        if begin.is_fixed() {
            return (Self::AsItIs(vec![line]), 1);
        }
        let first = format!("{}{}", begin.quote, begin.bullet);
        let rest = format!("{}{}", begin.quote, " ".repeat(begin.bullet.len()));
        let mut words: Vec<&str> = begin.words().collect();
        let mut count = 1;
        for line in &lines[1..] {
            let next = Beginning::of(line);
            let goes_on = fence(line).is_none()
                && next.bullet.is_empty()
                && next.quote == rest
                && !next.is_fixed();
            if !goes_on {
                break;
            }
            words.extend(next.words());
            count += 1;
        }
        (Self::Paragraph { first, rest, words }, count)
    }
}

impl<'t> Beginning<'t> {
    fn of(line: &'t str) -> Self {
        let mut text = line;
        let mut quote = String::new();
        loop {
            let blanks = text.len() - text.trim_start_matches(' ').len();
            quote.push_str(&text[..blanks]);
            text = &text[blanks..];
            match text.strip_prefix('>') {
                Some(after) => {
                    quote.push('>');
                    text = after;
                }
                None => break,
            }
        }
        // What is quoted without a blank after the sign gets one, the same in each line.
        if quote.ends_with('>') && !text.is_empty() {
            quote.push(' ');
        }
        let bullet = bullet(text);
        Self {
            quote,
            bullet: &text[..bullet],
            text: &text[bullet..],
        }
    }

    fn words(&self) -> impl Iterator<Item = &'t str> + use<'t> {
        self.text
            .split([' ', '\t', '\r'])
            .filter(|word| !word.is_empty())
    }

    /// Whether nothing may be filled into this line, and it into no other.
    fn is_fixed(&self) -> bool {
        let text = self.text.trim();
        text.is_empty()
            || text.starts_with(['#', '|'])
            // Rules and underlines of headings.
            || text.chars().all(|c| matches!(c, '-' | '=' | '*' | '_'))
            // More than three blanks make code, more than 16 would leave no room for a text.
            || indent(&self.quote) > 3 && !self.quote.contains('>') && self.bullet.is_empty()
            || self.quote.len() + self.bullet.len() > 16
    }
}

fn indent(text: &str) -> usize {
    text.bytes().take_while(|byte| *byte == b' ').count()
}

/// How long the sign of a list's element is, with its blank.
fn bullet(text: &str) -> usize {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = match text.as_bytes().get(digits) {
        Some(b'-' | b'*' | b'+') if digits == 0 => 1,
        Some(b'.' | b')') if (1..=4).contains(&digits) => digits + 1,
        _ => return 0,
    };
    // There has to be a text after it.
    let after = text[sign..].strip_prefix(' ').map(str::trim);
    if after.is_some_and(|after| !after.is_empty()) {
        sign + 1
    } else {
        0
    }
}

/// The sign of a fence and how often it stands there.
fn fence(line: &str) -> Option<(char, usize)> {
    let text = line.trim_start_matches(' ');
    let sign = text
        .chars()
        .next()
        .filter(|sign| matches!(sign, '`' | '~'))?;
    let count = text.chars().take_while(|c| *c == sign).count();
    (count >= 3).then_some((sign, count))
}

fn is_closing(line: &str, (sign, count): (char, usize)) -> bool {
    fence(line).is_some_and(|(other, more)| other == sign && more >= count)
        && line.trim().chars().all(|c| c == sign)
}
