use wasm_runner_sdk::prelude::*;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Input {
    /// The message in hexadecimal: each field is a byte for its kind, four for its length (the
    /// highest first), and so many bytes.
    #[schemars(length(max = 4096))]
    hex: String,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
struct Output {
    fields: Vec<Field>,
}

#[derive(Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Field {
    /// Kind 1.
    Text { text: String },
    /// Kind 2, of 1 to 8 bytes.
    Number { number: u64 },
    /// Kind 3.
    Bytes { hex: String },
    /// Kind 4: fields in a field.
    Group { fields: Vec<Field> },
}

/// Decodes a message in hexadecimal, of fields with kind, length and value, into JSON.
#[tool(
    example(
        name = "a text and a number",
        input = {"hex": "01 00000002 6869 02 00000001 2a"},
        output = {"fields": [{"kind": "text", "text": "hi"}, {"kind": "number", "number": 42}]}
    ),
    example(
        name = "cut off",
        input = {"hex": "0300000005aabb"},
        error = "ends"
    ),
    properties(deterministic)
)]
fn decode(input: Input) -> Result<Output, ToolError> {
    let bytes = bytes(&input.hex)?;
    let mut reader = Reader { rest: &bytes };
    let fields = reader.fields(0)?;
    Ok(Output { fields })
}

fn bytes(hex: &str) -> Result<Vec<u8>, ToolError> {
    let digits: Option<Vec<u32>> = hex
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0 && digits.len() <= 4096);
    let digits = digits.ok_or_else(|| {
        ToolError::new(
            "bad_hex",
            "the message is an even number of hexadecimal digits, at most 4096",
        )
    })?;
    let byte = |pair: &[u32]| u8::try_from(pair[0] << 4 | pair[1]).unwrap_or(0);
    Ok(digits.chunks_exact(2).map(byte).collect())
}

const DEEPEST: usize = 8;

struct Reader<'m> {
    rest: &'m [u8],
}

impl Reader<'_> {
    fn fields(&mut self, depth: usize) -> Result<Vec<Field>, ToolError> {
        let mut fields = Vec::new();
        while let Some((kind, rest)) = self.rest.split_first() {
            self.rest = rest;
            let length = self.length()?;
            let value = self.value(length)?;
            fields.push(field(*kind, value, depth)?);
        }
        Ok(fields)
    }

    fn length(&mut self) -> Result<usize, ToolError> {
        let Some((length, rest)) = self.rest.split_first_chunk::<4>() else {
            return Err(ends());
        };
        self.rest = rest;
        Ok(u32::from_be_bytes(*length) as usize)
    }

    fn value(&mut self, length: usize) -> Result<Vec<u8>, ToolError> {
        let mut value = vec![0; length];
        for place in &mut value {
            let (byte, rest) = self.rest.split_first().ok_or_else(ends)?;
            *place = *byte;
            self.rest = rest;
        }
        Ok(value)
    }
}

fn field(kind: u8, value: Vec<u8>, depth: usize) -> Result<Field, ToolError> {
    let bad = |what: &str| ToolError::new("bad_field", what);
    Ok(match kind {
        1 => Field::Text {
            text: String::from_utf8(value).map_err(|_error| bad("a text is no UTF-8"))?,
        },
        2 if (1..=8).contains(&value.len()) => Field::Number {
            number: value
                .iter()
                .fold(0, |number, byte| number << 8 | u64::from(*byte)),
        },
        2 => return Err(bad("a number has 1 to 8 bytes")),
        3 => Field::Bytes {
            hex: value.iter().map(|byte| format!("{byte:02x}")).collect(),
        },
        4 if depth < DEEPEST => {
            let mut reader = Reader { rest: &value };
            Field::Group {
                fields: reader.fields(depth + 1)?,
            }
        }
        4 => return Err(bad("groups stand in each other too deep")),
        _ => return Err(bad("there is no such kind of field")),
    })
}

fn ends() -> ToolError {
    ToolError::new("cut_off", "the message ends within a field")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(hex: &str) -> Result<Output, ToolError> {
        decode(Input {
            hex: hex.to_owned(),
        })
    }

    #[test]
    fn groups_hold_fields() {
        let output = run("04 00000007 02 00000002 0100").expect("a message");
        assert_eq!(
            output.fields,
            [Field::Group {
                fields: vec![Field::Number { number: 256 }]
            }]
        );
    }

    #[test]
    fn nothing_is_a_message() {
        assert_eq!(run("").expect("nothing").fields, []);
    }

    #[test]
    fn what_is_wrong_is_told() {
        assert_eq!(run("0").expect_err("odd").code, "bad_hex");
        assert_eq!(run("01").expect_err("no length").code, "cut_off");
        assert_eq!(run("01 00000001").expect_err("no value").code, "cut_off");
        assert_eq!(run("05 00000000").expect_err("unknown").code, "bad_field");
        assert_eq!(run("02 00000000").expect_err("empty").code, "bad_field");
        assert_eq!(
            run("01 00000001 ff").expect_err("no text").code,
            "bad_field"
        );
    }

    #[test]
    fn bytes_are_shown() {
        assert_eq!(
            run("03 00000003 00 7f ff").expect("a message").fields,
            [Field::Bytes {
                hex: "007fff".to_owned()
            }]
        );
    }
}
