//! The figures that every process is expected to tell, under the names that Prometheus's own clients give them. They are
//! read from `/proc/self`; where it is not there, they are left out.

use std::fs;
use std::sync::OnceLock;

use app::clock::Clock;
use domain::time::Instant;

/// In what `/proc/PID/stat` counts time, whatever the kernel's own clock does.
const TICKS_PER_SECOND: u64 = 100;

static STARTED: OnceLock<Instant> = OnceLock::new();

/// Says what they are, and notes when the process started.
pub(super) fn explain() {
    STARTED.get_or_init(|| Clock::system().now());
    for (name, help) in [
        ("process_resident_memory_bytes", "Memory of the process in RAM"),
        ("process_open_fds", "Files and connections that the process has open"),
        ("process_start_time_seconds", "When the process started, in seconds since 1970"),
    ] {
        metrics::describe_gauge!(name, help);
    }
    metrics::describe_counter!("process_cpu_seconds_total", "Processor time that the process has used");
}

/// Brings them up to date.
pub(super) fn measure() {
    if let Some(started) = STARTED.get() {
        metrics::gauge!("process_start_time_seconds").set(started.ms() as f64 / 1_000.0);
    }
    if let Some(bytes) = fs::read_to_string("/proc/self/status").ok().and_then(|text| resident(&text)) {
        metrics::gauge!("process_resident_memory_bytes").set(bytes as f64);
    }
    if let Ok(files) = fs::read_dir("/proc/self/fd") {
        // One of them is the folder that is being read.
        metrics::gauge!("process_open_fds").set(files.count().saturating_sub(1) as f64);
    }
    if let Some(ticks) = fs::read_to_string("/proc/self/stat").ok().and_then(|text| used(&text)) {
        metrics::counter!("process_cpu_seconds_total").absolute(ticks / TICKS_PER_SECOND);
    }
}

fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1_024)
}

/// The ticks in user mode and in the kernel: the 14th and 15th field. The second one, the name, may hold anything.
fn used(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut ticks = fields.split_whitespace().skip(11).map_while(|field| field.parse::<u64>().ok());
    Some(ticks.next()? + ticks.next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_tells_is_understood() {
        assert_eq!(resident("Name:\tx\nVmRSS:\t   36868 kB\nThreads:\t9\n"), Some(36_868 * 1_024));
        assert_eq!(resident("Name:\tx\n"), None);
        let stat = "7 (a) b) S 1 7 7 0 -1 4194560 5 0 0 0 250 51 0 0 20 0 1 0 100 0 0";
        assert_eq!(used(stat), Some(301));
        assert_eq!(used("7 (x) S 1"), None);
        assert!(used(&fs::read_to_string("/proc/self/stat").unwrap()).is_some());
    }
}
