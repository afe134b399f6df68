//! How long to wait before the carrier is asked again (docs/carrier.md, "Sending").

/// Milliseconds to wait after the `attempt`-th failed attempt (1 is the first): 100 ms doubled each time, at
/// most 30 s, and up to a quarter more by `jitter` (0.0 to 1.0), so that waiting senders do not come back together.
pub fn backoff_ms(attempt: i64, jitter: f64) -> i64 {
    let base = 100_i64.saturating_mul(1 << (attempt - 1).clamp(0, 16)).min(30_000);
    base + (base as f64 * 0.25 * jitter.clamp(0.0, 1.0)) as i64
}

/// How long after the attempt an uncertain hand-over is looked up at the carrier, in milliseconds, one for
/// each look-up ("Sending without loss or doubling", docs/carrier.md).
pub const LOOKUP_AFTER_MS: [i64; 3] = [20_000, 60_000, 180_000];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_half_a_minute() {
        for (attempt, jitter, wait_ms) in [
            (0, 0.0, 100),
            (1, 0.0, 100),
            (2, 0.0, 200),
            (4, 1.0, 1_000),
            (9, 0.0, 25_600),
            (10, 0.0, 30_000),
            (i64::MAX, 1.0, 37_500),
        ] {
            assert_eq!(backoff_ms(attempt, jitter), wait_ms, "attempt {attempt}");
        }
    }
}
