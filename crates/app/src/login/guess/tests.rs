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
fn what_people_put_around_words() {
    let table = [
        ("Company2026!", Some("Company")),
        ("!1985-Robert-12", Some("Robert")),
        ("Monday1234", Some("Monday")),
        ("Monday000", Some("Monday")),
        ("Monday4821", None),
        ("Monday!?!?", None),
        ("Monday", None),
        ("20261122", None),
        ("two words", None),
        ("two words 26", Some("two words")),
    ];
    for (password, word) in table {
        assert_eq!(habitually_decorated(password), word, "{password}");
    }
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
