//! Which passwords are guessed first (V6.2.4, V6.2.11).
//!
//! Guaranteed: what is refused is what a guesser tries early, whatever its case: a list, what is derived from the
//! list, runs and repetitions, and what its owner is called. No kind of character is demanded or forbidden
//! (V6.2.5). Not known here: passwords that leaked elsewhere.

/// The passwords that are guessed first, of those long enough to pass otherwise (V6.2.4), also with other digits or signs around
/// them. Lower case.
const COMMON: &[&str] = &[
    "00000000",
    "0987654321",
    "1029384756",
    "11111111",
    "111111111",
    "1111111111",
    "11223344",
    "12121212",
    "123123123",
    "1234512345",
    "123454321",
    "12341234",
    "12344321",
    "123456123",
    "1234567890",
    "12345678",
    "123456789",
    "1234567891",
    "12345679",
    "123456a1",
    "12345qwert",
    "123qwe123",
    "123qweasd",
    "147258369",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "1qazxsw2",
    "22222222",
    "55555555",
    "66666666",
    "77777777",
    "87654321",
    "88888888",
    "987654321",
    "9876543210",
    "99999999",
    "a1b2c3d4",
    "a1234567",
    "a12345678",
    "a123456789",
    "aa123456",
    "aaaaaaaa",
    "abc12345",
    "abcd1234",
    "abcdefgh",
    "access14",
    "admin123",
    "admin1234",
    "administrator",
    "asd12345",
    "asdasdasd",
    "asdf1234",
    "asdfasdf",
    "asdfghjk",
    "asdfghjkl",
    "backsoon",
    "backsoon1",
    "baseball",
    "basketball",
    "butterfly",
    "changeit",
    "changeme",
    "changeme1",
    "charlie1",
    "chocolate",
    "computer",
    "computer1",
    "dearbook",
    "default1",
    "diamond1",
    "dragon123",
    "football",
    "football1",
    "freedom1",
    "google123",
    "hello123",
    "helloworld",
    "iloveyou",
    "iloveyou1",
    "iloveyou2",
    "internet",
    "jennifer",
    "jordan23",
    "letmein1",
    "letmein123",
    "liverpool",
    "login123",
    "lovely123",
    "master123",
    "michelle",
    "michael1",
    "midnight",
    "monkey123",
    "mustang1",
    "p@ssw0rd",
    "p@ssword",
    "pa$$w0rd",
    "pa$$word",
    "pass1234",
    "passw0rd",
    "passwd123",
    "password",
    "password!",
    "password1",
    "password1!",
    "password12",
    "password123",
    "password1234",
    "password2",
    "princess",
    "princess1",
    "q1w2e3r4",
    "q1w2e3r4t5",
    "qazwsxedc",
    "qwaszx12",
    "qwer1234",
    "qwerasdf",
    "qwerty12",
    "qwerty123",
    "qwerty1234",
    "qwertyui",
    "qwertyuiop",
    "samsung1",
    "secret123",
    "shadow123",
    "starwars",
    "summer2026",
    "sunshine",
    "sunshine1",
    "superman",
    "superman1",
    "superstar",
    "test1234",
    "testtest",
    "trustno1",
    "victoria",
    "welcome1",
    "welcome123",
    "whatever",
    "whatever1",
    "winter2026",
    "xxxxxxxx",
    "zaq12wsx",
    "zxcvbnm1",
    "zxcvbnm123",
];

/// Whose pieces, forwards or backwards, are typed without thinking.
const RUNS: [&str; 8] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "yxcvbnm",
];
/// A password made of this many runs is guessed early.
const MAX_RUNS: usize = 3;
/// Fewer digits than this, without anything else, are a date or a phone number, or tried one after the other.
const ENOUGH_DIGITS: usize = 16;
/// A word with more than this around it is no guess any more.
const MAX_DECORATION: usize = 8;
/// The fewest letters of a listed password that make it a word to be decorated.
const MIN_WORD: usize = 4;

/// Whether this is guessed early whoever it belongs to.
pub fn is_early(password: &str) -> bool {
    let lower: Vec<char> = password.to_lowercase().chars().collect();
    let unit = unit(&lower);
    let text: String = unit.iter().collect();
    unit.len() < super::password::MIN_CHARS
        || COMMON.contains(&text.as_str())
        || (unit.len() < ENOUGH_DIGITS && unit.iter().all(char::is_ascii_digit))
        || runs(unit) <= MAX_RUNS
        || is_decorated(&text, |word| {
            word.chars().count() >= MIN_WORD && COMMON.iter().any(|common| bare(common) == word)
        })
}

/// Whether this is nothing but `known`, a name or an e-mail address, or a word of it, with or without digits and
/// signs around.
pub fn is_from(password: &str, known: &str) -> bool {
    let (password, known) = (password.to_lowercase(), known.to_lowercase());
    let local_part = known.split('@').next().unwrap_or("");
    let words = known.split(|c: char| !c.is_alphanumeric()).filter(|word| word.chars().count() > 1);
    words.chain([known.as_str(), local_part]).filter(|part| !letters(part).is_empty()).any(|part| {
        letters(part) == letters(&password)
            || is_decorated(&password, |word| letters(word) == letters(bare(part)))
    })
}

/// Whether `text` is a word that `is_known` accepts, with little around it.
fn is_decorated(text: &str, is_known: impl Fn(&str) -> bool) -> bool {
    let word = bare(text);
    let around = text.chars().count() - word.chars().count();
    !word.is_empty() && around <= MAX_DECORATION && is_known(word)
}

/// Without digits and signs at both ends.
fn bare(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphabetic())
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// What is repeated, at least twice and perhaps cut off, to make up the whole; otherwise the whole.
fn unit(chars: &[char]) -> &[char] {
    let repeats = |period: &usize| chars.iter().zip(&chars[*period..]).all(|(a, b)| a == b);
    (1..=chars.len() / 2).find(repeats).map_or(chars, |period| &chars[..period])
}

/// In how many runs this is typed: pieces of [`RUNS`] and rows of one character, each as long as can be.
fn runs(chars: &[char]) -> usize {
    let mut rest = chars;
    let mut count = 0;
    while !rest.is_empty() {
        let length = (2..=rest.len()).take_while(|length| is_run(&rest[..*length])).last().unwrap_or(1);
        rest = &rest[length..];
        count += 1;
    }
    count
}

fn is_run(piece: &[char]) -> bool {
    let forwards: String = piece.iter().collect();
    let backwards: String = piece.iter().rev().collect();
    piece.iter().all(|c| *c == piece[0])
        || RUNS.iter().any(|run| run.contains(&forwards) || run.contains(&backwards))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn v6_2_4_what_is_guessed_early() {
        let table = [
            ("password", true),
            ("PassWord", true),
            ("password2027", true),
            ("!!Summer2031!!", true),
            ("Welcome@99", true),
            // Digits alone: a date, a phone number; many of them are a secret like any other.
            ("20261122", true),
            ("015551230001", true),
            ("83749105", true),
            ("8374910562740913", false),
            // Runs.
            ("qwertyuiop", true),
            ("poiuytrewq", true),
            ("asdfghjkl123", true),
            ("abcdefgh", true),
            ("abc123xyz", true),
            ("zxcvbnmmmm", true),
            ("qwertz4321", true),
            ("abc123xyz789", false),
            // Repetitions.
            ("lalalala", true),
            ("moonmoonmoo", true),
            ("kitkat?kitkat?", true),
            ("password1password1", true),
            ("lantern quiet lantern quiet ", false),
            // Others.
            ("seven quiet lanterns", false),
            ("password-of-my-boat", false),
            ("mypassword", false),
            ("password and some more", false),
            ("summer of 2031 was wet", false),
            ("tr0ub4dor&3", false),
            ("kq7vmz2x", false),
            ("qwerty-lantern", false),
            ("пароль-длинный", false),
        ];
        for (password, early) in table {
            assert_eq!(is_early(password), early, "{password}");
        }
        assert!(COMMON.iter().all(|common| common.chars().count() >= super::super::password::MIN_CHARS));
    }

    #[test]
    fn v6_2_11_what_its_owner_is_called() {
        let (name, email) = ("Ana-María López", "ana.lopez7@parcel.example");
        let table = [
            ("anamaríalópez", name, true),
            ("López López", name, false),
            ("lópez123", name, true),
            ("123María!", name, true),
            ("ana-maría lópez 2026", name, true),
            ("López123456789", name, false),
            ("lópezlantern", name, false),
            ("ana.lopez7", email, true),
            ("ANALOPEZ", email, true),
            ("ana_lopez_2026", email, true),
            ("parcel2026", email, true),
            ("ana.lopez7@parcel.example", email, true),
            ("lantern7", email, false),
            ("12345678!", "", false),
            ("12345678!", "42", false),
        ];
        for (password, known, from) in table {
            assert_eq!(is_from(password, known), from, "{password} of {known}");
        }
    }
}
