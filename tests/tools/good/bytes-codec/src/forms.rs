//! The written forms of bytes.

use base64::Engine as _;
use base64::alphabet::{Alphabet, STANDARD, URL_SAFE};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Deserialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    Text,
    Hex,
    Base64,
    Base64url,
    Base32,
    Percent,
    QuotedPrintable,
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Columns of a line of quoted-printable, the sign of a soft break included.
const LINE: usize = 76;

impl Form {
    pub fn decode(self, text: &str) -> Result<Vec<u8>, String> {
        match self {
            Self::Text => Ok(text.as_bytes().to_vec()),
            Self::Hex => hex_decoded(&without_blanks(text)),
            Self::Base64 => base64_decoded(text, &STANDARD),
            Self::Base64url => base64_decoded(text, &URL_SAFE),
            Self::Base32 => base32_decoded(&without_blanks(text)),
            Self::Percent => percent_decoded(text),
            Self::QuotedPrintable => quoted_decoded(text),
        }
    }

    pub fn encode(self, bytes: &[u8]) -> Result<String, String> {
        Ok(match self {
            Self::Text => String::from_utf8(bytes.to_vec())
                .map_err(|error| format!("the bytes are no text: {}", error.utf8_error()))?,
            Self::Hex => bytes.iter().flat_map(|byte| hex(*byte, false)).collect(),
            Self::Base64 => engine(&STANDARD, true).encode(bytes),
            Self::Base64url => engine(&URL_SAFE, false).encode(bytes),
            Self::Base32 => base32_encoded(bytes),
            Self::Percent => percent_encoded(bytes),
            Self::QuotedPrintable => quoted_encoded(bytes),
        })
    }
}

fn without_blanks(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Two hexadecimal digits.
fn hex(byte: u8, upper: bool) -> [char; 2] {
    [byte >> 4, byte & 15].map(|digit| {
        let digit = char::from(DIGITS[usize::from(digit)]);
        if upper {
            digit.to_ascii_uppercase()
        } else {
            digit
        }
    })
}

/// The byte of two digits.
fn unhex(high: char, low: char) -> Option<u8> {
    let value = high.to_digit(16)? * 16 + low.to_digit(16)?;
    u8::try_from(value).ok()
}

fn hex_decoded(text: &str) -> Result<Vec<u8>, String> {
    let digits: Vec<char> = text.chars().collect();
    if digits.len() % 2 == 1 {
        return Err(format!(
            "there is an odd number of digits, {}",
            digits.len()
        ));
    }
    digits
        .chunks_exact(2)
        .map(|pair| {
            unhex(pair[0], pair[1])
                .ok_or_else(|| format!("{:?} is not hexadecimal", pair.iter().collect::<String>()))
        })
        .collect()
}

fn engine(alphabet: &Alphabet, padded: bool) -> GeneralPurpose {
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(padded)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent);
    GeneralPurpose::new(alphabet, config)
}

fn base64_decoded(text: &str, alphabet: &Alphabet) -> Result<Vec<u8>, String> {
    engine(alphabet, true)
        .decode(without_blanks(text))
        .map_err(|error| format!("it is no Base64: {error}"))
}

fn base32_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    for five in bytes.chunks(5) {
        let mut group = [0; 8];
        group[3..3 + five.len()].copy_from_slice(five);
        let bits = u64::from_be_bytes(group);
        let digits = (five.len() * 8).div_ceil(5);
        for digit in 0..8 {
            let value = usize::try_from(bits >> (35 - 5 * digit) & 31).unwrap_or(0);
            text.push(if digit < digits {
                char::from(BASE32[value])
            } else {
                '='
            });
        }
    }
    text
}

fn base32_decoded(text: &str) -> Result<Vec<u8>, String> {
    let (mut bits, mut count): (u32, u32) = (0, 0);
    let mut bytes = Vec::with_capacity(text.len() * 5 / 8);
    for character in text.trim_end_matches('=').chars() {
        let value = BASE32
            .iter()
            .position(|digit| char::from(*digit) == character.to_ascii_uppercase())
            .ok_or_else(|| format!("{character:?} is no digit of Base32"))?;
        bits = bits << 5 | u32::try_from(value).unwrap_or(0);
        count += 5;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xFF).unwrap_or(0));
            bits &= (1 << count) - 1;
        }
    }
    // What is left over is less than a digit, and nothing.
    if count >= 5 || bits != 0 {
        return Err("it does not end where Base32 can end".to_owned());
    }
    Ok(bytes)
}

fn percent_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) {
            text.push(char::from(*byte));
        } else {
            text.push('%');
            text.extend(hex(*byte, true));
        }
    }
    text
}

fn percent_decoded(text: &str) -> Result<Vec<u8>, String> {
    escaped(text, '%').map(|pieces| pieces.concat())
}

/// What stands between escapes as it is, escapes as the byte that they mean.
fn escaped(text: &str, sign: char) -> Result<Vec<Vec<u8>>, String> {
    let mut pieces = Vec::new();
    let mut parts = text.split(sign);
    pieces.extend(parts.next().map(|first| first.as_bytes().to_vec()));
    for part in parts {
        let mut characters = part.chars();
        let byte = match (characters.next(), characters.next()) {
            (Some(high), Some(low)) => unhex(high, low),
            _ => None,
        };
        let byte = byte.ok_or_else(|| {
            let shown: String = part.chars().take(2).collect();
            format!("{sign}{shown} is no byte: two hexadecimal digits have to follow {sign}")
        })?;
        pieces.push(vec![byte]);
        pieces.push(characters.as_str().as_bytes().to_vec());
    }
    Ok(pieces)
}

fn quoted_encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    let mut column = 0;
    for (at, byte) in bytes.iter().enumerate() {
        if *byte == b'\n' {
            text.push('\n');
            column = 0;
            continue;
        }
        let ends_line = matches!(bytes.get(at + 1), None | Some(b'\n'));
        let plain = matches!(byte, b'!'..=b'~' if *byte != b'=')
            || matches!(byte, b' ' | b'\t') && !ends_line;
        let wide = if plain { 1 } else { 3 };
        // Room for the sign of a soft break, unless the line ends anyway.
        if column + wide > LINE - usize::from(!ends_line) {
            text.push_str("=\n");
            column = 0;
        }
        if plain {
            text.push(char::from(*byte));
        } else {
            text.push('=');
            text.extend(hex(*byte, true));
        }
        column += wide;
    }
    text
}

fn quoted_decoded(text: &str) -> Result<Vec<u8>, String> {
    // Lines of mails end in two signs; one is meant.
    let text = text.replace("\r\n", "\n").replace("=\n", "");
    escaped(text.strip_suffix('=').unwrap_or(&text), '=').map(|pieces| pieces.concat())
}
