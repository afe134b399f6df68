//! Which passwords are guessed first (V6.2.4, V6.2.11).
//!
//! Guaranteed: what is refused is what a guesser tries early, whatever its case: a list of what no rule would find, what
//! is derived from it, runs and repetitions, and what its owner is called. No kind of character is demanded or forbidden
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
    "111222tianya",
    "11223344",
    "12121212",
    "123123123",
    "12341234",
    "12344321",
    "1234512345",
    "123454321",
    "123456123",
    "12345678",
    "123456789",
    "1234567890",
    "1234567891",
    "12345679",
    "123456a1",
    "12345qwert",
    "123qwe123",
    "123qweasd",
    "12qw23we",
    "147258369",
    "1g2w3e4r",
    "1q2w3e4r",
    "1q2w3e4r5t",
    "1qaz2wsx",
    "1qaz2wsx3edc",
    "1qazxsw2",
    "1v7upjw3nt",
    "2012comeer",
    "22222222",
    "29rsavoy",
    "3d8cubaj2e",
    "3odi15ngxb",
    "421uiopy258",
    "55555555",
    "66666666",
    "6hbf28w791",
    "77777777",
    "87654321",
    "88888888",
    "987654321",
    "9876543210",
    "99999999",
    "a1234567",
    "a12345678",
    "a123456789",
    "a1b2c3d4",
    "a838hfid",
    "aa123456",
    "aaaaaaaa",
    "abc12345",
    "abcd1234",
    "abcdefgh",
    "access14",
    "admin123",
    "admin1234",
    "administrator",
    "aobo2010",
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
    "cjmasterinf",
    "computer",
    "computer1",
    "d2xyw89sxj",
    "dearbook",
    "default1",
    "diamond1",
    "diosesfiel",
    "diwtgm8492",
    "dpbk1234",
    "dragon123",
    "evony192",
    "football",
    "football1",
    "fqrg7cs493",
    "freedom1",
    "fuk19600",
    "fuku00198",
    "g9l2d1fzpy",
    "google123",
    "h1xp2z2duk",
    "hello123",
    "helloworld",
    "hotmail1",
    "ig4abox4",
    "iloveyou",
    "iloveyou1",
    "iloveyou2",
    "internet",
    "iw14fi9j",
    "j38ifubn",
    "jennifer",
    "jordan23",
    "justinbieb",
    "ka_djkhjsy6",
    "letmein1",
    "letmein123",
    "liverpool",
    "login123",
    "lovely123",
    "master123",
    "megaparol12345",
    "michael1",
    "michelle",
    "midnight",
    "monkey123",
    "mustang1",
    "n8zgt5p0shw=",
    "ohmnamah23",
    "p3rat54797",
    "p@ssw0rd",
    "p@ssword",
    "pa$$w0rd",
    "pa$$word",
    "pass1234",
    "passer2009",
    "passer2011",
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
    "pe#5gz29ptzmse",
    "princess",
    "princess1",
    "q1w2e3r4",
    "q1w2e3r4t5",
    "qazwsxedc",
    "qqww1122",
    "qti7zxh18u",
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
    "sz9kqcctwy",
    "telechargement",
    "test1234",
    "testtest",
    "tnk0mk16vx",
    "trustno1",
    "uqa9ebw445",
    "victoria",
    "vrbgqns997",
    "w5txn36alfw",
    "wangyut2",
    "welcome1",
    "welcome123",
    "whatever",
    "whatever1",
    "winter2026",
    "x4ivyga51f",
    "xxxxxxxx",
    "y6p67ftrqj",
    "yagjecc826",
    "yahoo.com",
    "yfdbufnjh10305070",
    "youbye123",
    "yuantuo2012",
    "zag12wsx",
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
/// A listed word with more than this around it is no guess any more.
const MAX_DECORATION: usize = 8;
/// The most signs that people put around a word to make it a password.
const MAX_SIGNS: usize = 3;
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

/// The word of a password that has nothing around it but what people put around words: a year, two digits or a run of
/// them on either side, and signs.
pub fn habitually_decorated(password: &str) -> Option<&str> {
    let word = Some(bare(password)).filter(|word| !word.is_empty())?;
    let (before, after) = password.split_once(word)?;
    let [digits_before, digits_after] =
        [before, after].map(|text| text.chars().filter(char::is_ascii_digit).collect::<Vec<_>>());
    let around = before.chars().chain(after.chars()).count();
    let signs = around - digits_before.len() - digits_after.len();
    let habitual = |digits: &[char]| digits.len() <= 2 || is_year(digits) || is_run(digits);
    (around > 0 && signs <= MAX_SIGNS && habitual(&digits_before) && habitual(&digits_after)).then_some(word)
}

fn is_year(digits: &[char]) -> bool {
    matches!(digits, ['1', '9', _, _] | ['2', '0', _, _])
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
mod tests;
