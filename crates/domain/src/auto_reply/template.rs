//! Variables in the texts of automatic replies (R23).

mod tidy;

use tidy::Tidied;

use crate::message::{MAX_BODY_UNITS, utf16_units};

/// A text that has been checked: all its variables are known and closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// What stands in its place where the value is missing, if anything.
    Variable(Variable, Option<String>),
}

/// What may stand between `{{` and `}}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variable {
    /// `operator.first_name`
    OperatorFirstName,
    /// `operator.name`
    OperatorName,
    /// `customer.first_name`
    CustomerFirstName,
    /// `case.number`
    CaseNumber,
    /// `organization.name`
    OrganizationName,
    /// `back_at`: when the operator is back, in the customer's words. A sentence that needs it is left out where
    /// it is not known.
    BackAt,
}

impl Variable {
    /// Every variable.
    pub const ALL: [Variable; 6] = [
        Self::OperatorFirstName,
        Self::OperatorName,
        Self::CustomerFirstName,
        Self::CaseNumber,
        Self::OrganizationName,
        Self::BackAt,
    ];

    /// Its name in a text.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OperatorFirstName => "operator.first_name",
            Self::OperatorName => "operator.name",
            Self::CustomerFirstName => "customer.first_name",
            Self::CaseNumber => "case.number",
            Self::OrganizationName => "organization.name",
            Self::BackAt => "back_at",
        }
    }
}

/// The values of the variables; empty where one is missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    /// The assigned operator's name.
    pub operator_name: String,
    /// The customer's name.
    pub customer_name: String,
    /// The case's number.
    pub case_number: String,
    /// The organization's name.
    pub organization_name: String,
    /// When the operator is back, such as "Monday at 9:00 AM".
    pub back_at: String,
}

impl Values {
    fn of(&self, variable: Variable) -> &str {
        use crate::customer::first_word;
        match variable {
            Variable::OperatorFirstName => first_word(&self.operator_name),
            Variable::OperatorName => &self.operator_name,
            Variable::CustomerFirstName => first_word(&self.customer_name),
            Variable::CaseNumber => &self.case_number,
            Variable::OrganizationName => &self.organization_name,
            Variable::BackAt => &self.back_at,
        }
    }
}

/// Why a text is refused on save.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTemplate {
    /// Names that we do not know.
    #[error("has {}; known are {}", unknown(.0), known())]
    Unknown(Vec<String>),
    /// `{{` without `}}`.
    #[error("has a variable that is opened but not closed: {0}")]
    Unclosed(String),
    /// Something else than a default after `|`.
    #[error(
        "has something after | that is no default: {0}; a default is written {{{{ customer.first_name | default: \"there\" }}}}"
    )]
    Filter(String),
}

fn unknown(names: &[String]) -> String {
    let variables: Vec<String> = names.iter().map(|name| format!("{{{{ {name} }}}}")).collect();
    let article = if variables.len() == 1 { "an unknown variable" } else { "the unknown variables" };
    format!("{article} {}", variables.join(", "))
}

fn known() -> String {
    Variable::ALL.map(|variable| format!("{{{{ {} }}}}", variable.name())).join(", ")
}

impl Template {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, InvalidTemplate> {
        let (mut parts, mut unknown) = (Vec::new(), Vec::new());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            parts.push(Part::Text(before.to_owned()));
            let Some((name, tail)) = after.split_once("}}").filter(|(name, _)| !name.contains("{{")) else {
                let excerpt: String = after.chars().take(30).collect();
                return Err(InvalidTemplate::Unclosed(format!("{{{{{excerpt}")));
            };
            let (name, filter) = match name.split_once('|') {
                Some((name, filter)) => (name.trim(), Some(filter.trim())),
                None => (name.trim(), None),
            };
            let default = filter.map(|filter| {
                let wrong = || InvalidTemplate::Filter(filter.chars().take(30).collect());
                default_of(filter).ok_or_else(wrong)
            });
            match Variable::ALL.into_iter().find(|variable| variable.name() == name) {
                Some(variable) => parts.push(Part::Variable(variable, default.transpose()?)),
                None => unknown.push(name.to_owned()),
            }
            rest = tail;
        }
        parts.push(Part::Text(rest.to_owned()));
        if unknown.is_empty() { Ok(Self(parts)) } else { Err(InvalidTemplate::Unknown(unknown)) }
    }

    /// The text as it is sent. A missing value is its default, or else empty, and what it leaves is tidied; without
    /// `back_at` and a default of it the sentence that contains it is left out, unless nothing else would be left.
    /// Over 1,600 UTF-16 units it is cut at a word with an ellipsis.
    pub fn render(&self, values: &Values) -> String {
        let promise = Part::Variable(Variable::BackAt, None);
        if values.back_at.trim().is_empty() && self.0.contains(&promise) {
            let kept = Self(without_sentences_of(&self.0, &promise)).render(values);
            if !kept.is_empty() {
                return kept;
            }
        }
        let mut text = Tidied::default();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push(plain),
                Part::Variable(variable, default) => {
                    let value = values.of(*variable).trim();
                    match default {
                        Some(default) if value.is_empty() => text.push_value(default),
                        _ => text.push_value(value),
                    }
                }
            }
        }
        cut(text.finish().trim())
    }
}

/// The text of `default: "text"`; people type any quotes.
fn default_of(filter: &str) -> Option<String> {
    const QUOTES: [char; 9] = ['"', '\'', '“', '”', '„', '‘', '’', '«', '»'];
    let quoted = filter.strip_prefix("default")?.trim_start().strip_prefix(':')?.trim();
    let text = quoted.strip_prefix(QUOTES)?.strip_suffix(QUOTES)?;
    Some(text.trim().to_owned())
}

/// The parts without the sentences that contain `without`. A sentence ends at `.`, `!` or `?` before white space,
/// and at a line's end.
fn without_sentences_of(parts: &[Part], without: &Part) -> Vec<Part> {
    let mut kept = Vec::new();
    let mut sentence = Vec::new();
    let mut finish = |sentence: &mut Vec<Part>| {
        let sentence = std::mem::take(sentence);
        if !sentence.contains(without) {
            kept.extend(sentence);
        }
    };
    for part in parts {
        let Part::Text(text) = part else {
            sentence.push(part.clone());
            continue;
        };
        for piece in split_sentences(text) {
            sentence.push(Part::Text(piece.to_owned()));
            if ends_sentence(piece) {
                finish(&mut sentence);
            }
        }
    }
    finish(&mut sentence);
    kept
}

/// The text in pieces, each up to and with the white space after a sentence's end.
fn split_sentences(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_text = chars.peek().is_some_and(|(_, next)| !next.is_whitespace());
        if next_is_text && c.is_whitespace() && ends_sentence(&text[start..at + c.len_utf8()]) {
            pieces.push(&text[start..at + c.len_utf8()]);
            start = at + c.len_utf8();
        }
    }
    pieces.push(&text[start..]);
    pieces
}

/// Whether a piece ends with a sentence's end and white space, or with a line's end.
fn ends_sentence(piece: &str) -> bool {
    let trimmed = piece.trim_end();
    let space = &piece[trimmed.len()..];
    space.contains('\n') || (!space.is_empty() && trimmed.ends_with(['.', '!', '?']))
}

/// At most 1,600 UTF-16 units, cut at a word with an ellipsis.
fn cut(text: &str) -> String {
    if utf16_units(text) <= MAX_BODY_UNITS {
        return text.to_owned();
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < MAX_BODY_UNITS
    };
    let kept: String = text.chars().take_while(fits).collect();
    let ends_a_word = text[kept.len()..].starts_with(char::is_whitespace);
    let kept = match kept.rfind(char::is_whitespace) {
        Some(space) if !ends_a_word => &kept[..space],
        _ => kept.as_str(),
    };
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(operator: &str, customer: &str) -> Values {
        Values {
            operator_name: operator.to_owned(),
            customer_name: customer.to_owned(),
            case_number: "17".to_owned(),
            organization_name: "Acme".to_owned(),
            back_at: String::new(),
        }
    }

    #[test]
    fn r23_variables() {
        let table = [
            ("Hi {{ customer.first_name }}, {{operator.name}} is away.", "Hi Maria, Ana Ruiz is away."),
            ("{{operator.first_name}} at {{  organization.name  }}: #{{case.number}}", "Ana at Acme: #17"),
            ("no variables } or }} here {", "no variables } or }} here {"),
            ("two  spaces stay where no value is missing", "two  spaces stay where no value is missing"),
        ];
        for (text, sent) in table {
            assert_eq!(Template::parse(text).unwrap().render(&values("Ana Ruiz", "Maria Lopez")), sent);
        }
    }

    /// The pages show the same (`web/src/text/variables.test.ts` reads this table, too).
    #[test]
    fn r23_a_missing_value_leaves_nothing_behind() {
        let table = include_str!("../../tests/missing_values.json");
        let table: Vec<(String, String)> = serde_json::from_str(table).unwrap();
        assert!(table.len() > 40);
        for (text, sent) in table {
            assert_eq!(Template::parse(&text).unwrap().render(&values("Ana", " ")), sent, "{text:?}");
        }
    }

    #[test]
    fn r23_a_default_stands_in_for_a_missing_value_alone() {
        let text = "Hi {{ customer.first_name | default: \"there\" }}!";
        let template = Template::parse(text).unwrap();
        assert_eq!(template.render(&values("Ana", "Maria Lopez")), "Hi Maria!");
        assert_eq!(template.render(&values("Ana", "")), "Hi there!");
    }

    #[test]
    fn r23_back_at_or_no_promise() {
        let table = [
            (
                "Thanks! I am back {{ back_at }}. Bye.",
                "Thanks! I am back Monday at 9:00 AM. Bye.",
                "Thanks! Bye.",
            ),
            (
                "Back {{ back_at }}, {{ customer.first_name }}! See you.",
                "Back Monday at 9:00 AM, Maria! See you.",
                "See you.",
            ),
            ("Hello,\nback {{ back_at }}\nAna", "Hello,\nback Monday at 9:00 AM\nAna", "Hello,\nAna"),
            (
                "Version 1.5 is out. Back {{ back_at }}.",
                "Version 1.5 is out. Back Monday at 9:00 AM.",
                "Version 1.5 is out.",
            ),
            ("I am back {{ back_at }}.", "I am back Monday at 9:00 AM.", "I am back."),
            (
                "Back {{ back_at | default: \"soon\" }}. Bye.",
                "Back Monday at 9:00 AM. Bye.",
                "Back soon. Bye.",
            ),
        ];
        for (text, known, unknown) in table {
            let template = Template::parse(text).unwrap();
            let values = values("Ana", "Maria Lopez");
            let with = Values { back_at: "Monday at 9:00 AM".to_owned(), ..values.clone() };
            assert_eq!(template.render(&with), known, "{text}");
            assert_eq!(template.render(&values), unknown, "{text}");
        }
    }

    #[test]
    fn r23_a_value_is_never_read_as_a_variable() {
        let text = Template::parse("Hi {{ customer.first_name }}").unwrap();
        assert_eq!(text.render(&values("Ana", "{{operator.name}}")), "Hi {{operator.name}}");
    }

    #[test]
    fn r23_wrong_variables_are_named() {
        let table = [
            ("{{ customer.age }}", "customer.age"),
            ("{{}}", "{{  }}"),
            ("{{ a }}{{ case.number }}{{ b }}", "has the unknown variables {{ a }}, {{ b }}; known are "),
            ("Hello {{ customer.first_name", "{{ customer.first_name"),
            ("{{ {{ case.number }}", "not closed"),
            (
                "{{ customer.first_name | upcase }}",
                "no default: upcase; a default is written {{ customer.first_name | default: \"there\" }}",
            ),
            ("{{ customer.first_name | default: there }}", "no default: default: there;"),
            ("{{ customer.first_name | default \"there\" }}", "no default: default \"there\";"),
            ("{{ customer.first_name | }}", "no default: ;"),
            ("{{ customer.age | default: \"old\" }}", "an unknown variable {{ customer.age }}"),
        ];
        for (text, named) in table {
            let error = Template::parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn r23_a_long_text_is_cut_at_a_word() {
        let text = format!("{}{{{{ customer.first_name }}}}", "word ".repeat(319));
        let long = Template::parse(&text).unwrap();
        assert_eq!(long.render(&values("", "Maria")), format!("{}Maria", "word ".repeat(319)));
        let cut = long.render(&values("", "Maximilian"));
        assert_eq!(cut, format!("{}word…", "word ".repeat(318)));
        let endless = Template::parse(&"x".repeat(3_000)).unwrap().render(&Values::default());
        assert_eq!(utf16_units(&endless), MAX_BODY_UNITS);
        // Two units each: 799 of them and the ellipsis.
        let smiles = Template::parse(&"😀".repeat(900)).unwrap().render(&Values::default());
        assert_eq!(smiles, format!("{}…", "😀".repeat(799)));
    }
}
