//! Cores, open files, and what the kernel says about a process.

use anyhow::Context;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Lets this process, and the server it starts, hold as many open files as the machine allows.
pub(crate) fn raise_open_files() -> anyhow::Result<()> {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        },
    )
    .context("cannot raise the limit of open files")
}

/// Which core the server gets, and which the generator.
#[derive(Debug)]
pub(crate) struct Cores {
    server: Option<usize>,
    generator: Option<usize>,
}

impl Cores {
    /// Takes the first two cores this process may use, and moves it to the second.
    pub(crate) fn claim() -> anyhow::Result<Self> {
        let allowed = sched_getaffinity(None).context("cannot ask for the allowed cores")?;
        let mut cores = (0..CpuSet::MAX_CPU).filter(|core| allowed.is_set(*core));
        let claimed = match (cores.next(), cores.next()) {
            (Some(server), Some(generator)) => Self {
                server: Some(server),
                generator: Some(generator),
            },
            // On one core the two share it; the figures say less, but there are some.
            _ => Self {
                server: None,
                generator: None,
            },
        };
        claimed.to_generator()?;
        Ok(claimed)
    }

    /// Runs something on the server's core; processes and threads it starts stay there.
    pub(crate) fn on_server<T>(&self, work: impl FnOnce() -> T) -> anyhow::Result<T> {
        move_to(self.server)?;
        let done = work();
        self.to_generator()?;
        Ok(done)
    }

    /// Moves this thread to the server's core.
    pub(crate) fn to_server(&self) -> anyhow::Result<()> {
        move_to(self.server)
    }

    fn to_generator(&self) -> anyhow::Result<()> {
        move_to(self.generator)
    }

    /// Whether server and generator have a core each.
    pub(crate) fn apart(&self) -> bool {
        self.server.is_some()
    }
}

fn move_to(core: Option<usize>) -> anyhow::Result<()> {
    let Some(core) = core else { return Ok(()) };
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set).with_context(|| format!("cannot move to core {core}"))
}

/// A process, as /proc tells of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process(pub(crate) u32);

impl Process {
    /// Processor time used so far, user and system, seconds; in steps of a tick, 10 ms as a rule.
    pub(crate) fn cpu_seconds(self) -> anyhow::Result<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0))?;
        let ticks = cpu_ticks(&stat).context("/proc/PID/stat has no times")?;
        Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }

    /// The same of this process, those it has started and still run, and those it has collected, seconds.
    pub(crate) fn family_cpu_seconds(self) -> anyhow::Result<f64> {
        let mut ticks = 0;
        for entry in std::fs::read_dir("/proc")? {
            let name = entry?.file_name();
            let Some(process) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
                continue;
            };
            // It may end while we look.
            let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else {
                continue;
            };
            if process == self.0 {
                ticks += cpu_ticks(&stat).context("/proc/PID/stat has no times")?;
                ticks += collected_ticks(&stat).context("/proc/PID/stat has no times of children")?;
            } else if parent(&stat) == Some(self.0) {
                ticks += cpu_ticks(&stat).unwrap_or_default();
            }
        }
        Ok(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }

    /// Resident memory, bytes.
    pub(crate) fn resident_bytes(self) -> anyhow::Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0))?;
        resident_bytes(&status).context("/proc/PID/status has no VmRSS")
    }
}

/// Fields 14 and 15 of `/proc/PID/stat` (proc(5)); the name before them may hold spaces, so they are counted from its
/// closing bracket.
fn cpu_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Fields 16 and 17: times of children that were waited for.
fn collected_ticks(stat: &str) -> Option<u64> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_whitespace().skip(13);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

/// Field 4: who started it.
fn parent(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

fn resident_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_a_name_with_spaces() {
        let stat = "7 (a ) b) S 1 2 3 4 5 6 7 8 9 10 300 45 0 0 20 0 1 0 99";
        assert_eq!(cpu_ticks(stat), Some(345));
        assert_eq!(collected_ticks(stat), Some(0));
        assert_eq!(parent(stat), Some(1));
    }

    #[test]
    fn resident_memory_is_in_kib() {
        assert_eq!(
            resident_bytes("VmSize:\t  9 kB\nVmRSS:\t   123 kB\n"),
            Some(123 * 1024)
        );
        let own = Process(std::process::id());
        assert!(own.resident_bytes().unwrap() > 100_000);
        assert!(own.cpu_seconds().unwrap() >= 0.0);
    }
}
