//! A country, for reading numbers that people write without a country code.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};
use serde::{Serialize, Serializer};

use crate::phone::PhoneNumber;

/// A country that has phone numbers, by its code of ISO 3166-1 (alpha-2), such as `US`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Country {
    region: Region,
    code: [u8; 2],
}

/// What was wrong with a text that should be a country.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the code of a country by ISO 3166, two letters such as US or DE")]
pub struct InvalidCountry;

/// Every zone with its country: a country's code, then its zones and their older names. From `zone.tab` and the links
/// of the IANA time zone database.
const ZONES: &str = include_str!("zone_countries.txt");

impl Country {
    /// Its two letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.code).unwrap_or_default()
    }

    /// The country that a time zone belongs to; none for those of no country, such as `UTC`.
    pub fn of_zone(time_zone: &str) -> Option<Self> {
        let line = ZONES.lines().find(|line| line.split(' ').skip(1).any(|zone| zone == time_zone))?;
        line.split(' ').next()?.parse().ok()
    }

    /// The country that a number belongs to, or of several with the same code the largest; none for numbers of no
    /// country, such as satellite phones.
    pub fn of_number(number: &PhoneNumber) -> Option<Self> {
        let util = &PHONE_NUMBER_UTIL;
        let parsed = util.parse(number.as_str(), None).ok()?;
        let region = util.get_region_for_number(&parsed);
        let region = region.or_else(|| util.get_region_for_country_code(parsed.country_code))?;
        region.as_region_str().parse().ok()
    }

    pub(crate) fn region(&self) -> Region {
        self.region
    }
}

impl FromStr for Country {
    type Err = InvalidCountry;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let code: [u8; 2] = text.to_ascii_uppercase().as_bytes().try_into().map_err(|_| InvalidCountry)?;
        let name = std::str::from_utf8(&code).map_err(|_| InvalidCountry)?;
        let region: Region = name.parse().map_err(|_| InvalidCountry)?;
        // The library also knows regions that are no countries.
        let known = PHONE_NUMBER_UTIL.get_country_code_for_region(region).is_some();
        if known { Ok(Self { region, code }) } else { Err(InvalidCountry) }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Country({self})")
    }
}

impl Serialize for Country {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(country: Option<Country>) -> Option<String> {
        country.map(|country| country.to_string())
    }

    #[test]
    fn a_country_is_two_letters_of_iso_3166() {
        for (text, code) in [("US", "US"), ("de", "DE"), ("Gb", "GB"), ("gr", "GR"), ("TR", "TR")] {
            assert_eq!(text.parse::<Country>().unwrap().code(), code);
        }
        for wrong in ["", "U", "USA", "U1", "ZZ", "UK", "001", "ÜS", "é"] {
            assert_eq!(wrong.parse::<Country>(), Err(InvalidCountry), "{wrong}");
        }
    }

    #[test]
    fn a_zone_belongs_to_a_country() {
        let table = [
            ("America/New_York", Some("US")),
            ("US/Pacific", Some("US")),
            ("America/Toronto", Some("CA")),
            ("Europe/Berlin", Some("DE")),
            ("Europe/Busingen", Some("DE")),
            ("Europe/Zurich", Some("CH")),
            ("Europe/Oslo", Some("NO")),
            ("Asia/Calcutta", Some("IN")),
            ("Turkey", Some("TR")),
            ("UTC", None),
            ("Etc/GMT+5", None),
            ("DE", None),
            ("", None),
        ];
        for (zone, expected) in table {
            assert_eq!(code(Country::of_zone(zone)).as_deref(), expected, "{zone}");
        }
    }

    #[test]
    fn a_number_belongs_to_a_country() {
        let table = [
            ("+12065550100", Some("US")),
            ("+16135550100", Some("CA")),
            // Not in use, so it is of the largest country with this code.
            ("+15550001111", Some("US")),
            ("+4915112345678", Some("DE")),
            ("+442079460123", Some("GB")),
            ("+3725551234", Some("EE")),
            ("+881612345678", None),
        ];
        for (number, expected) in table {
            assert_eq!(code(Country::of_number(&number.parse().unwrap())).as_deref(), expected, "{number}");
        }
    }

    /// Whoever runs a desk in a place has its country without saying so.
    #[test]
    fn every_country_of_the_list_has_numbers() {
        let without: Vec<&str> = ZONES
            .lines()
            .filter_map(|line| line.split(' ').next())
            .filter(|code| code.parse::<Country>().is_err())
            .collect();
        assert_eq!(
            without,
            ["AQ", "GS", "PN", "TF", "UM"],
            "nobody lives there, or they have another's numbers"
        );
    }
}
