//! When somebody is back, in the customer's words: what `{{ back_at }}` says (R23).

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::time::Instant;

/// "Monday at 9:00 AM" within the next six days, "today at 3:00 PM" on the same day, and with the date beyond:
/// "Monday, December 7 at 9:00 AM". In the zone given; a time within a minute is told as the next one, so that it is
/// never too early. None for an instant that is not after `now`: a promise that is broken already is not made.
pub fn in_customers_words(back_at: Instant, now: Instant, zone: &TimeZone) -> Option<String> {
    if back_at <= now {
        return None;
    }
    let back = Timestamp::from_millisecond(back_at.to_whole_minute().ms()).ok()?.to_zoned(zone.clone());
    let today = Timestamp::from_millisecond(now.ms()).ok()?.to_zoned(zone.clone()).date();
    let days = (back.date() - today).get_days();
    let time = back.strftime("%-I:%M %p");
    Some(match days {
        0 => format!("today at {time}"),
        1..=6 => format!("{} at {time}", back.strftime("%A")),
        _ => format!("{} at {time}", back.strftime("%A, %B %-d")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r23_back_at_reads_as_a_person_would_say_it() {
        let table = [
            ("2026-11-20T18:00:00-05:00", "2026-11-23T09:00:00-05:00", Some("Monday at 9:00 AM")),
            ("2026-11-20T18:00:00-05:00", "2026-11-20T19:30:00-05:00", Some("today at 7:30 PM")),
            ("2026-11-20T18:00:00-05:00", "2026-11-21T00:00:00-05:00", Some("Saturday at 12:00 AM")),
            ("2026-11-20T18:00:00-05:00", "2026-11-20T19:30:00.001-05:00", Some("today at 7:31 PM")),
            ("2026-11-20T18:00:00-05:00", "2026-11-20T23:59:01-05:00", Some("Saturday at 12:00 AM")),
            ("2026-11-20T18:00:00-05:00", "2026-11-26T12:00:00-05:00", Some("Thursday at 12:00 PM")),
            (
                "2026-11-20T18:00:00-05:00",
                "2026-11-27T09:00:00-05:00",
                Some("Friday, November 27 at 9:00 AM"),
            ),
            ("2026-11-20T18:00:00-05:00", "2026-12-07T09:00:00-05:00", Some("Monday, December 7 at 9:00 AM")),
            ("2026-11-20T18:00:00-05:00", "2026-11-20T18:00:00-05:00", None),
        ];
        let zone = TimeZone::get("America/New_York").unwrap();
        for (now, back, words) in table {
            let found = in_customers_words(back.parse().unwrap(), now.parse().unwrap(), &zone);
            assert_eq!(found.as_deref(), words, "{back}");
        }
    }
}
