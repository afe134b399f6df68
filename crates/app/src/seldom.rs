//! Log lines that strangers can cause by the thousand: of each kind one a second, and then how many more there were.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a kind keeps silent after its line, in real time.
const SILENCE: Duration = Duration::from_secs(1);

/// A kind of line: where it comes from, the status, and the reason. There have to be few: no part of one may come from
/// outside.
pub type Kind = (String, u16, &'static str);

/// The kinds that were told within the last second, each with when that was, and how many more there were.
#[derive(Clone, Default)]
pub struct Seldom(Arc<Mutex<HashMap<Kind, (Instant, u64)>>>);

impl Seldom {
    /// Tells by `line`, unless this kind was told within the last second; then it is counted, and `more` tells the
    /// count at the end of that second. To be called within a Tokio runtime.
    pub fn tell(&self, kind: Kind, line: impl FnOnce(), more: impl FnOnce(u64) + Send + 'static) {
        {
            let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((since, count)) = told.get_mut(&kind)
                // Whoever was to tell the count may have ended with its runtime.
                && since.elapsed() < SILENCE * 2
            {
                *count += 1;
                return;
            }
            told.insert(kind.clone(), (Instant::now(), 0));
        }
        line();
        let told = Arc::clone(&self.0);
        tokio::spawn(async move {
            tokio::time::sleep(SILENCE).await;
            let told = told.lock().unwrap_or_else(PoisonError::into_inner).remove(&kind);
            if let Some((_, count @ 1..)) = told {
                more(count);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn of_each_kind_one_line_a_second_and_a_count() {
        let (seldom, lines) = (Seldom::default(), Arc::new(Mutex::new(Vec::new())));
        let tell = |kind: &'static str| {
            let (now, later) = (lines.clone(), lines.clone());
            let line = move || now.lock().unwrap().push(kind.to_owned());
            let more = move |count| later.lock().unwrap().push(format!("{count} more {kind}"));
            seldom.tell((String::new(), 403, kind), line, more);
        };
        for kind in ["a", "a", "b", "a"] {
            tell(kind);
        }
        tokio::time::sleep(SILENCE * 2).await;
        tell("a");
        tokio::time::sleep(SILENCE * 2).await;
        assert_eq!(*lines.lock().unwrap(), ["a", "b", "2 more a", "a"]);
    }
}
