//! From characters to words.

use crate::parser::Problem;

/// The smallest thing that means something.
#[derive(Clone, Debug, PartialEq)]
pub enum Token {
    Number(f64),
    Name(String),
    /// An operator, a bracket or a comma.
    Sign(char),
}

/// A token and where it begins, from 1, in characters.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    pub token: Token,
    pub at: usize,
}

pub fn tokens(text: &str) -> Result<Vec<Placed>, Problem> {
    let characters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut next = 0;
    while let Some(&character) = characters.get(next) {
        let at = next + 1;
        let token = match character {
            _ if character.is_whitespace() => {
                next += 1;
                continue;
            }
            '0'..='9' | '.' => {
                let end = end_of_number(&characters, next);
                let written: String = characters[next..end].iter().collect();
                next = end;
                match written.parse::<f64>() {
                    Ok(number) if number.is_finite() => Token::Number(number),
                    _ => return Err(Problem::NoNumber { at, written }),
                }
            }
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = end_of(&characters, next, |c| c.is_ascii_alphanumeric() || c == '_');
                let name = characters[next..end].iter().collect();
                next = end;
                Token::Name(name)
            }
            '+' | '-' | '*' | '/' | '%' | '^' | '(' | ')' | ',' => {
                next += 1;
                Token::Sign(character)
            }
            _ => {
                return Err(Problem::Unexpected {
                    at,
                    found: format!("{character:?}"),
                });
            }
        };
        tokens.push(Placed { token, at });
    }
    Ok(tokens)
}

/// Digits, a point, digits, and an exponent if a digit follows it.
fn end_of_number(characters: &[char], from: usize) -> usize {
    let is_digit = |c: char| c.is_ascii_digit();
    let mut end = end_of(characters, from, is_digit);
    if characters.get(end) == Some(&'.') {
        end = end_of(characters, end + 1, is_digit);
    }
    if matches!(characters.get(end), Some('e' | 'E')) {
        let signed = matches!(characters.get(end + 1), Some('+' | '-'));
        let digits = end + 1 + usize::from(signed);
        let exponent = end_of(characters, digits, is_digit);
        if exponent > digits {
            end = exponent;
        }
    }
    end
}

fn end_of(characters: &[char], from: usize, belongs: impl Fn(char) -> bool) -> usize {
    let rest = characters.iter().skip(from);
    from + rest.take_while(|character| belongs(**character)).count()
}
