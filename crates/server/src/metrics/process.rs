//! Figures of this process, as Linux tells them. Where there is no `/proc`, those figures are left out.

use metrics::gauge;

/// Sets the gauges to the figures of now.
#[allow(clippy::cast_precision_loss)] // memory and counts stay far below 2^53
pub(super) fn record() {
    if let Some(pages) = resident_pages() {
        gauge!("process_resident_memory_bytes").set((pages * rustix::param::page_size() as u64) as f64);
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/fd") {
        // One of them is the folder being read.
        gauge!("process_open_fds").set(entries.count().saturating_sub(1) as f64);
    }
    if let Ok(entries) = std::fs::read_dir("/proc/self/task") {
        gauge!("process_threads").set(entries.count() as f64);
    }
    if let Some(most) = rustix::process::getrlimit(rustix::process::Resource::Nofile).current {
        gauge!("process_max_fds").set(most as f64);
    }
    let cpu = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    gauge!("process_cpu_seconds_total").set(cpu.tv_sec as f64 + cpu.tv_nsec as f64 / 1e9);
}

/// The second figure of `statm` (proc_pid_statm(5)).
fn resident_pages() -> Option<u64> {
    std::fs::read_to_string("/proc/self/statm")
        .ok()?
        .split_ascii_whitespace()
        .nth(1)?
        .parse()
        .ok()
}
