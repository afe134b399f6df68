//! Finding customers and cases by what somebody types: every word has to stand somewhere, whatever the case, the
//! accents or the signs, and digits are compared with digits.

use crate::country::Country;
use crate::fold::fold;
use crate::phone;

/// The most words that are looked for one by one; what follows is looked for as one text with the last of them.
pub const MAX_TERMS: usize = 6;

/// From so many digits on, a zero in front may be the one that is only dialled at home.
const FEWEST_AT_HOME: usize = 4;

/// From so many digits on, words of digits are one number.
const FEWEST_OF_NUMBER: usize = 7;

/// Begins every part of what is searched, so that no text reaches from one part into the next.
const PART: char = '\n';

/// What a customer is found by: name and address.
pub fn of_customer(name: &str, address: &str) -> String {
    format!("{PART}{}{PART}{}{PART}", fold(name), fold(address).trim_start_matches('+'))
}

/// What a case is found by, beside its number and its customer.
pub fn of_case(subject: &str) -> String {
    format!("{PART}{}{PART}", fold(subject))
}

/// A word that has to stand somewhere: one of its texts, or the case's number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Term {
    /// The word itself, and if it is a part of a number its digits and the number that they belong to.
    pub texts: Vec<String>,
    /// The number of a case, if it can be one.
    pub number: Option<i64>,
}

/// The words of a query. A number that is written without its country code is one of `country`.
pub fn terms(query: &str, country: Option<Country>) -> Vec<Term> {
    let folded = fold(query);
    let mut words: Vec<&str> = folded.split_whitespace().collect();
    // What only separates is nothing to look for beside what it separates.
    if !words.iter().all(|word| separates(word)) {
        words.retain(|word| !separates(word));
    }
    let mut terms = Vec::with_capacity(words.len());
    let mut rest = words.as_slice();
    while let Some((word, after)) = rest.split_first() {
        let run: Vec<String> = rest.iter().map_while(|word| phone::plain(word).ok()).collect();
        if is_one_number(&run) {
            terms.push(Term::of_number(&run.concat(), country));
            rest = &rest[run.len()..];
            continue;
        }
        let mut term = match run.first() {
            Some(digits) => Term::of_number(digits, country),
            None => Term::default(),
        };
        term.add(word);
        term.number = match *word {
            "case" => after.first().and_then(|next| case_number(next)),
            word => case_number(word),
        };
        terms.push(term);
        rest = after;
    }
    if terms.len() > MAX_TERMS {
        let last = terms.split_off(MAX_TERMS - 1);
        let words: Vec<&str> =
            last.iter().filter_map(|term| term.texts.first().map(String::as_str)).collect();
        terms.push(Term { texts: vec![words.join(" ")], number: None });
    }
    terms
}

impl Term {
    /// A number, or a part of one: its digits, and the number as it is stored, which is read as one of the country, or
    /// without the zero that is only dialled at home.
    fn of_number(plain: &str, country: Option<Country>) -> Self {
        let mut term = Self::default();
        let digits = plain.trim_start_matches('+');
        term.add(digits);
        match phone::read(plain, country) {
            Ok(number) => term.add(number.as_str().trim_start_matches('+')),
            Err(_) if digits.len() >= FEWEST_AT_HOME && !digits.starts_with("00") => {
                term.add(digits.trim_start_matches('0'));
            }
            Err(_) => {}
        }
        term
    }

    fn add(&mut self, text: &str) {
        if self.texts.iter().all(|known| known != text) {
            self.texts.push(text.to_owned());
        }
    }
}

/// Whether words of digits that follow one another are the groups of one number: they begin like one, or are too long
/// to be several.
fn is_one_number(run: &[String]) -> bool {
    let digits: usize = run.iter().map(String::len).sum();
    run.len() > 1 && (digits >= FEWEST_OF_NUMBER || run[0].starts_with(['+', '0']) && digits > FEWEST_AT_HOME)
}

/// Whether a word has nothing but signs that could stand in a number.
fn separates(word: &str) -> bool {
    phone::plain(word) == Err(phone::UnreadableNumber::NoDigits)
}

fn case_number(word: &str) -> Option<i64> {
    word.strip_prefix('#').unwrap_or(word).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the query finds the case, as the store does it.
    fn finds(query: &str, country: &str, (name, address, subject, number): (&str, &str, &str, i64)) -> bool {
        let everything = of_case(subject) + &of_customer(name, address);
        terms(query, country.parse().ok()).iter().all(|term| {
            term.number == Some(number) || term.texts.iter().any(|text| everything.contains(text.as_str()))
        })
    }

    const MARIA: (&str, &str, &str, i64) =
        ("María López", "+15553020005", "Water heater – 100% \"broken\"", 12);
    const NIKOS: (&str, &str, &str, i64) = ("ΝΙΚΟΣ ΠΑΠΠΑΣ", "+306941234567", "", 345);
    const ANNE: (&str, &str, &str, i64) = ("Anne Strauß", "+33612345678", "Straße", 2041);
    const ISIL: (&str, &str, &str, i64) = ("Işıl İnönü", "+905321234567", "IŞIK", 9);
    const SENDER: (&str, &str, &str, i64) = ("", "ACME", "", 7);

    #[test]
    fn a_case_is_found_by_any_spelling_of_what_stands_on_it() {
        let table = [
            // The number, and parts of it.
            (MARIA, "US", "+1 555-302-0005"),
            (MARIA, "US", "(555) 302-0005"),
            (MARIA, "US", "555.302.0005"),
            (MARIA, "US", "+15553020005"),
            (MARIA, "US", "15553020005"),
            (MARIA, "", "555 302"),
            (MARIA, "", "0005"),
            (MARIA, "", "302-0005"),
            (MARIA, "US", "011 1 555 302 0005"),
            (MARIA, "DE", "0015553020005"),
            (MARIA, "US", "\u{202d}(555)\u{a0}302\u{2011}0005\u{202c}"),
            (MARIA, "US", "５５５ ３０２ ０００５"),
            (ANNE, "FR", "06 12 34 56 78"),
            (ANNE, "FR", "06 12 34"),
            (ANNE, "FR", "0612345678"),
            (ANNE, "DE", "+33 (0)6 12 34 56 78"),
            (ISIL, "TR", "0532 123 45 67"),
            (NIKOS, "GR", "694 123 4567"),
            // Words, in any order, with any signs.
            (MARIA, "US", "maria lopez"),
            (MARIA, "US", "LOPEZ MARIA"),
            (MARIA, "US", "  Mari\u{301}a\u{a0}\u{a0}Lo\u{301}pez "),
            (MARIA, "US", "heater - 100% “broken”"),
            (MARIA, "US", "100%"),
            (MARIA, "US", "%"),
            (MARIA, "US", "(555) – 302 – 0005"),
            (NIKOS, "GR", "νικος παππας"),
            (NIKOS, "GR", "Νίκος"),
            (NIKOS, "GR", "ΠΑΠΠΑΣ"),
            (ANNE, "FR", "strauss"),
            (ANNE, "FR", "STRASSE"),
            (ISIL, "TR", "inönü"),
            (ISIL, "TR", "INONU"),
            (ISIL, "TR", "işık"),
            (SENDER, "US", "acme"),
            (NIKOS, "GR", "\u{2067}Παππάσ\u{2069} ΝΊΚΟΣ"),
            (NIKOS, "GR", "νίκοϲ"),
            (ANNE, "FR", "STRAẞE"),
            (ANNE, "FR", "ａｎｎｅ　ｓｔｒａｕß"),
            (ANNE, "FR", "An\u{ad}ne\u{200b} \u{202e}strauß\u{202c}"),
            (ANNE, "FR", "𝐀𝐧𝐧𝐞"),
            (ISIL, "TR", "ISIL INONU"),
            (ISIL, "TR", "IŞIL"),
            (ISIL, "TR", "i\u{307}s\u{327}il"),
            (MARIA, "US", "María\u{fe0f} Lo\u{301}pez\u{e0101}"),
            (MARIA, "US", "٠٠٠٥"),
            (MARIA, "US", "tel:+1-555-302-0005"),
            (MARIA, "US", "<+15553020005>"),
            // The case's number, and words and numbers together.
            (MARIA, "US", "12"),
            (MARIA, "US", "#12"),
            (MARIA, "US", "case 12"),
            (MARIA, "US", "Case #12"),
            (MARIA, "US", "Maria 0005"),
            (MARIA, "US", "water 302 12"),
            (MARIA, "US", "12 0005"),
            (MARIA, "US", "maria lopez 302 0005 water heater"),
        ];
        for (case, country, query) in table {
            assert!(
                finds(query, country, case),
                "{query:?} in {country:?}: {:?}",
                terms(query, country.parse().ok())
            );
        }
    }

    #[test]
    fn what_does_not_stand_on_it_does_not_find_it() {
        let table = [
            (MARIA, "US", "(555) 302-0006"),
            (MARIA, "US", "case 13"),
            (MARIA, "US", "Maria 0006"),
            (MARIA, "US", "Maria Garcia"),
            (MARIA, "US", "1%"),
            (MARIA, "US", "wa_er"),
            (MARIA, "US", "_"),
            (MARIA, "US", "lopez1555"),
            (ANNE, "DE", "0612345679"),
            (ANNE, "FR", "#204"),
            (SENDER, "US", "555"),
        ];
        for (case, country, query) in table {
            assert!(
                !finds(query, country, case),
                "{query:?} in {country:?}: {:?}",
                terms(query, country.parse().ok())
            );
        }
    }

    #[test]
    fn nothing_is_looked_for_in_nothing() {
        for query in ["", "  ", "\u{200b}", "\u{a0}\u{2003}"] {
            assert_eq!(terms(query, None), [], "{query:?}");
        }
        assert_eq!(terms("a b c d e f g h", None).len(), MAX_TERMS);
        assert_eq!(terms("a b c d e f g h", None)[5].texts, ["f g h"]);
    }
}
