//! Form encoding (`application/x-www-form-urlencoded`) of query strings.
//!
//! Guaranteed: order, duplicates and empty values are kept; a broken percent escape or bytes that are not UTF-8 are
//! refused, never replaced. What the carrier posts is read by `channels`, which refuses nothing.

/// Why a form could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadForm {
    /// A percent sign without two hexadecimal digits.
    #[error("has a percent sign that is not followed by two hexadecimal digits")]
    Percent,
    /// Bytes that are not UTF-8.
    #[error("is not UTF-8")]
    Utf8,
    /// More parameters than anybody sends.
    #[error("has more than {MAX_PARAMETERS} parameters")]
    TooMany,
}

/// The most parameters that are read.
pub const MAX_PARAMETERS: usize = 500;

/// The parameters in the order in which they were sent.
pub fn parse(bytes: &[u8]) -> Result<Vec<(String, String)>, BadForm> {
    let mut parameters = Vec::new();
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        if parameters.len() == MAX_PARAMETERS {
            return Err(BadForm::TooMany);
        }
        let (key, value) = match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], &pair[at + 1..]),
            None => (pair, &[][..]),
        };
        parameters.push((decode(key)?, decode(value)?));
    }
    Ok(parameters)
}

fn decode(bytes: &[u8]) -> Result<String, BadForm> {
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [first, after @ ..] = rest {
        let (byte, after) = match first {
            b'+' => (b' ', after),
            b'%' => {
                let [high, low, after @ ..] = after else { return Err(BadForm::Percent) };
                (hex(*high)? << 4 | hex(*low)?, after)
            }
            plain => (*plain, after),
        };
        decoded.push(byte);
        rest = after;
    }
    String::from_utf8(decoded).map_err(|_| BadForm::Utf8)
}

fn hex(digit: u8) -> Result<u8, BadForm> {
    (digit as char).to_digit(16).map(|value| value as u8).ok_or(BadForm::Percent)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_duplicates_and_empty_values() {
        type Expected = Result<&'static [(&'static str, &'static str)], BadForm>;
        let table: [(&[u8], Expected); 10] = [
            (b"", Ok(&[])),
            (b"a=1&b=2&a=1", Ok(&[("a", "1"), ("b", "2"), ("a", "1")])),
            (b"b=&a&=x", Ok(&[("b", ""), ("a", ""), ("", "x")])),
            (b"Body=Hi+there%21&To=%2B1555", Ok(&[("Body", "Hi there!"), ("To", "+1555")])),
            (b"a=b=c&&d=%00", Ok(&[("a", "b=c"), ("d", "\0")])),
            (b"a=%C3%A9%e2%82%ac", Ok(&[("a", "é€")])),
            (b"a=%C3", Err(BadForm::Utf8)),
            (b"a=%4", Err(BadForm::Percent)),
            (b"a=%zz", Err(BadForm::Percent)),
            (b"%=1", Err(BadForm::Percent)),
        ];
        for (bytes, expected) in table {
            let expected = expected.map(|pairs| {
                pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect::<Vec<_>>()
            });
            assert_eq!(parse(bytes), expected, "{}", String::from_utf8_lossy(bytes));
        }
        assert_eq!(parse("a&".repeat(501).as_bytes()), Err(BadForm::TooMany));
    }
}
