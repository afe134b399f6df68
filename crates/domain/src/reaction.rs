//! Reactions that reach a phone number as text: what phones send when somebody taps a thumb on a message (R1).

/// The verbs that Apple's phones put before the quoted message, in English.
const VERBS: [&str; 7] =
    ["Liked ", "Loved ", "Disliked ", "Laughed at ", "Emphasized ", "Questioned ", "Removed "];

/// Whether a whole message is a reaction: a known verb, or "Reacted … to", or an emoji and "to", and then
/// nothing but a quotation. Words before or after the quotation make it a message of its own.
pub fn is_reaction(body: &str) -> bool {
    let body = body.trim();
    let Some(before) = body.strip_suffix(['”', '"']).and_then(quoted_from) else { return false };
    VERBS.iter().any(|verb| {
        before == *verb || (*verb == "Removed " && before.starts_with(verb) && before.ends_with(" from "))
    }) || (before.starts_with("Reacted ") && before.ends_with(" to "))
        || before.strip_suffix(" to ").is_some_and(is_emoji)
}

/// What stands before the opening quotation mark of a text whose closing one was taken away.
fn quoted_from(body: &str) -> Option<&str> {
    body.find(['“', '"']).map(|at| &body[..at])
}

/// Whether a text has no letter, digit or ASCII sign: what remains are pictures (some phones add thin spaces).
fn is_emoji(text: &str) -> bool {
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\u{200a}' || c == '\u{200b}');
    !text.is_empty() && text.chars().all(|c| !c.is_alphanumeric() && !c.is_ascii() && !c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r1_reactions_are_recognized_and_messages_are_not() {
        let table = [
            ("Liked “See you at 5”", true),
            ("Loved \"See you at 5\"", true),
            ("Laughed at “ok”", true),
            ("Removed a like from “ok”", true),
            ("Reacted 😂 to “ok”", true),
            ("👍 to “See you at 5”", true),
            ("\u{200a}👍\u{200a} to “ok”", true),
            ("Liked “See you at 5” but can we do 6?", false),
            ("Liked it", false),
            ("I said “no”", false),
            ("to “ok”", false),
            ("👍", false),
            ("Removed “x”", true),
            ("", false),
        ];
        for (body, reaction) in table {
            assert_eq!(is_reaction(body), reaction, "{body}");
        }
    }
}
