use super::*;

const FORMS: [Form; 7] = [
    Form::Text,
    Form::Hex,
    Form::Base64,
    Form::Base64url,
    Form::Base32,
    Form::Percent,
    Form::QuotedPrintable,
];

#[track_caller]
fn assert_form(form: Form, bytes: &[u8], written: &str) {
    assert_eq!(form.encode(bytes).expect("bytes"), written);
    assert_eq!(form.decode(written).expect("written"), bytes, "back");
}

#[track_caller]
fn assert_refused(form: Form, text: &str, part: &str) {
    let why = form.decode(text).expect_err(text);
    assert!(why.contains(part), "{text}: {why}");
}

#[test]
fn what_was_written_is_read_again() {
    let text = "a=b\tc \nü€😀 %41~ \n ".repeat(9);
    for form in FORMS {
        let written = form.encode(text.as_bytes()).expect("a text");
        assert_eq!(
            form.decode(&written).expect("its own"),
            text.as_bytes(),
            "{form:?}"
        );
    }
}

#[test]
fn every_byte_has_its_digits() {
    let all: Vec<u8> = (0..=255).collect();
    for form in &FORMS[1..] {
        let written = form.encode(&all).expect("bytes");
        assert!(written.is_ascii(), "{form:?}");
        assert_eq!(form.decode(&written).expect("its own"), all, "{form:?}");
    }
}

#[test]
fn hexadecimal_is_lower_case_and_read_in_both() {
    assert_form(Form::Hex, &[0, 0x9F, 0xFF], "009fff");
    assert_eq!(
        Form::Hex.decode("DE ad\nBE ef").expect("digits"),
        [0xDE, 0xAD, 0xBE, 0xEF]
    );
    assert_refused(Form::Hex, "0g", "\"0g\" is not hexadecimal");
    assert_refused(Form::Hex, "+1", "is not hexadecimal");
    assert_refused(Form::Hex, "abc", "an odd number of digits, 3");
}

#[test]
fn base32_is_that_of_rfc_4648() {
    for (bytes, written) in [
        ("", ""),
        ("f", "MY======"),
        ("fo", "MZXQ===="),
        ("foo", "MZXW6==="),
        ("foob", "MZXW6YQ="),
        ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI======"),
    ] {
        assert_form(Form::Base32, bytes.as_bytes(), written);
    }
    assert_eq!(
        Form::Base32.decode("mzxw 6ytb\noi").expect("digits"),
        b"foobar"
    );
    assert_refused(Form::Base32, "M1", "'1' is no digit");
    assert_refused(Form::Base32, "M", "does not end");
    assert_refused(Form::Base32, "MZ", "does not end");
    assert_refused(Form::Base32, "MZXW6Z", "does not end");
}

#[test]
fn base64_knows_both_alphabets() {
    assert_form(Form::Base64, &[0xFB, 0xFF], "+/8=");
    assert_form(Form::Base64url, &[0xFB, 0xFF], "-_8");
    assert_eq!(
        Form::Base64.decode("+/8").expect("without sign"),
        [0xFB, 0xFF]
    );
    assert_eq!(
        Form::Base64url.decode("-_8=").expect("with sign"),
        [0xFB, 0xFF]
    );
    assert_refused(Form::Base64, "-_8=", "no Base64");
    assert_refused(Form::Base64, "A", "no Base64");
}

#[test]
fn addresses_keep_their_plain_signs() {
    assert_form(
        Form::Percent,
        "aZ9-._~ /ü".as_bytes(),
        "aZ9-._~%20%2F%C3%BC",
    );
    assert_eq!(
        Form::Percent.decode("é%3d").expect("as it is"),
        "é=".as_bytes()
    );
    assert_refused(Form::Percent, "%", "% is no byte");
    assert_refused(Form::Percent, "a%4", "%4 is no byte");
    assert_refused(Form::Percent, "%€4", "%€4 is no byte");
}

#[test]
fn lines_of_mails_are_at_most_76_wide() {
    let written = Form::QuotedPrintable
        .encode("ü".repeat(60).as_bytes())
        .expect("bytes");
    assert!(written.lines().all(|line| line.len() <= 76), "{written}");
    assert_form(Form::QuotedPrintable, &[b'a'; 76], &"a".repeat(76));
    assert_form(
        Form::QuotedPrintable,
        &[b'a'; 77],
        &format!("{}=\naa", "a".repeat(75)),
    );
    assert_form(Form::QuotedPrintable, b"a \nb\t", "a=20\nb=09");
    assert_form(Form::QuotedPrintable, b"a=b", "a=3Db");
    assert_eq!(
        Form::QuotedPrintable
            .decode("a=\r\nb\r\n=")
            .expect("breaks"),
        b"ab\n"
    );
    assert_refused(Form::QuotedPrintable, "=4", "=4 is no byte");
}

#[test]
fn checksums_are_those_of_zip() {
    assert_eq!(crc::crc32(b""), 0);
    assert_eq!(crc::crc32(b"123456789"), 0xCBF4_3926);
}

#[test]
fn what_is_no_text_is_refused() {
    let input = r#"{"data": "ff", "from": "hex", "to": "text"}"#;
    assert!(
        answer(input)
            .expect_err("no text")
            .contains("the bytes are no text")
    );
    let input = r#"{"data": "ff", "from": "hex", "to": "base64"}"#;
    assert_eq!(
        answer(input).expect("bytes"),
        r#"{"data":"/w==","bytes":1,"checksum":"ff000000"}"#
    );
}

#[test]
fn what_does_not_fit_is_refused() {
    assert!(
        answer("[]")
            .expect_err("no object")
            .contains("no JSON object")
    );
    assert!(answer("{}").expect_err("nothing").contains("data"));
    let unknown = r#"{"data": "", "from": "hex", "to": "text", "x": 1}"#;
    assert!(
        answer(unknown)
            .expect_err("unknown")
            .contains("unknown field")
    );
    let unknown = r#"{"data": "", "from": "hex", "to": "octal"}"#;
    assert!(
        answer(unknown)
            .expect_err("unknown")
            .contains("unknown variant")
    );
}

#[test]
fn length_has_a_limit() {
    let of = |length: usize| {
        convert(&Input {
            data: "é".repeat(length),
            from: Form::Text,
            to: Form::Text,
        })
    };
    assert_eq!(of(100_000).expect("just so").bytes, 200_000);
    assert!(of(100_001).expect_err("more").contains("at most 100000"));
}
