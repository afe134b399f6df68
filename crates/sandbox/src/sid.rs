//! The carrier's ids: two letters and 32 hexadecimal digits.

use rand::Rng;

/// A new id with this prefix, for example `SM`.
#[allow(clippy::disallowed_methods, reason = "as a carrier outside of simulated time draws them")]
pub fn new(prefix: &str) -> String {
    format!("{prefix}{:032x}", rand::rng().random::<u128>())
}

/// Whether `text` is an id with one of these prefixes.
pub fn is(prefixes: &[&str], text: &str) -> bool {
    prefixes.iter().any(|prefix| {
        text.strip_prefix(prefix)
            .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|byte| byte.is_ascii_hexdigit()))
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn new_ids_are_ids_and_differ() {
        let (one, other) = (super::new("SM"), super::new("SM"));
        assert!(super::is(&["SM", "MM"], &one));
        assert_ne!(one, other);
        for wrong in ["", "SM", "ME00000000000000000000000000000000", "SM0000000000000000000000000000000g"] {
            assert!(!super::is(&["SM", "MM"], wrong), "{wrong}");
        }
    }
}
