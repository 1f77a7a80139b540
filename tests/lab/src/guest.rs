//! The work of the first process: see the crate's front page.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::process::{self, Command, Stdio};
use std::time::{Duration, Instant};

use nix::kmod::{ModuleInitFlags, finit_module};
use nix::mount::{MsFlags, mount};
use nix::sys::termios::tcdrain;

/// How the run ends: the text for the emulator's exit device, which makes `(value << 1) | 1` of it.
#[derive(Clone, Copy)]
enum Verdict {
    Passed,
    TestFailed,
    LabFailed,
}

impl Verdict {
    fn value(self) -> &'static str {
        match self {
            Self::Passed => "16",
            Self::TestFailed => "1",
            Self::LabFailed => "2",
        }
    }
}

pub(crate) fn main() {
    let verdict = match prepare() {
        Ok(()) => run_all(),
        Err(error) => {
            // Perhaps there is no console yet: then the status has to do.
            println!("lab: the guest is not ready: {error}");
            Verdict::LabFailed
        }
    };
    leave(verdict);
}

/// File systems and kernel modules; re-executes itself once so that its output, and that of every
/// child, is the serial line of the tests and not the kernel's console.
fn prepare() -> io::Result<()> {
    if process::id() == 1 {
        mount_all()?;
        let line = OpenOptions::new()
            .read(true)
            .write(true)
            .open("/dev/ttyS1")?;
        let status = Command::new("/init")
            .stdin(Stdio::null())
            .stdout(line.try_clone()?)
            .stderr(line)
            .status()?;
        return Err(io::Error::other(format!(
            "the test process ended: {status}"
        )));
    }
    load_modules()?;
    bare_namespaces()?;
    raise_loopback()?;
    high_process_ids()
}

/// As on any machine.
fn raise_loopback() -> io::Result<()> {
    let status = Command::new("/bin/busybox")
        .args(["ip", "link", "set", "lo", "up"])
        .status()?;
    match status.success() {
        true => Ok(()),
        false => Err(io::Error::other(format!("lo does not come up: {status}"))),
    }
}

/// The kernel binds a netlink socket to the id of its process if that is free, and the module asks its
/// questions of port 200: no process of a test is to have that id.
fn high_process_ids() -> io::Result<()> {
    let last = "/proc/sys/kernel/ns_last_pid";
    fs::write(last, "1000").map_err(|error| in_context(last, error))
}

/// New network namespaces hold the loopback alone, as on a machine without tunnels: the modules of
/// tunnels would put an interface of each kind into every one.
fn bare_namespaces() -> io::Result<()> {
    let switch = "/proc/sys/net/core/fb_tunnels_only_for_init_net";
    fs::write(switch, "2").map_err(|error| in_context(switch, error))
}

fn mount_all() -> io::Result<()> {
    for (kind, place) in [
        ("devtmpfs", "/dev"),
        ("proc", "/proc"),
        ("sysfs", "/sys"),
        ("tmpfs", "/tmp"),
        ("tmpfs", "/run"),
    ] {
        mount(
            Some(kind),
            place,
            Some(kind),
            MsFlags::empty(),
            None::<&str>,
        )
        .map_err(|errno| in_context(place, errno))?;
    }
    Ok(())
}

fn load_modules() -> io::Result<()> {
    for path in lines("/lab/modules")? {
        let file = File::open(&path).map_err(|error| in_context(&path, error))?;
        finit_module(&file, c"", ModuleInitFlags::empty())
            .map_err(|errno| in_context(&path, errno))?;
    }
    Ok(())
}

fn run_all() -> Verdict {
    let (Ok(tests), Ok(environment)) = (lines("/lab/tests"), lines("/lab/environment")) else {
        println!("lab: no list of tests");
        return Verdict::LabFailed;
    };
    let results: Vec<Outcome> = tests.iter().map(|line| run(line, &environment)).collect();
    println!("\nlab: kernel {}", kernel_release());
    for result in &results {
        println!("lab: {result}");
    }
    if results.iter().all(|result| result.passed) {
        Verdict::Passed
    } else {
        Verdict::TestFailed
    }
}

/// How one program ended.
struct Outcome {
    program: String,
    passed: bool,
    how: String,
    took: Duration,
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let word = if self.passed { "ok" } else { "FAILED" };
        let seconds = self.took.as_secs_f32();
        write!(
            f,
            "{word:6} {seconds:6.1} s  {} ({})",
            self.program, self.how
        )
    }
}

/// `line` is a program and its arguments, separated by tabs.
fn run(line: &str, environment: &[String]) -> Outcome {
    let mut words = line.split('\t');
    let program = words.next().unwrap_or_default();
    println!("\nlab: {line}");
    let started = Instant::now();
    let status = Command::new(program)
        .args(words)
        .env_clear()
        .envs(environment.iter().filter_map(|pair| pair.split_once('=')))
        .stdin(Stdio::null())
        .status();
    Outcome {
        program: line.trim_start_matches("/tests/").replace('\t', " "),
        passed: status.as_ref().is_ok_and(|status| status.success()),
        how: status.map_or_else(|error| error.to_string(), |status| status.to_string()),
        took: started.elapsed(),
    }
}

/// Empties the serial line first: the emulator drops what it still holds.
fn leave(verdict: Verdict) {
    let drained = tcdrain(io::stdout());
    let left = fs::write("/sys/module/lab_exit/parameters/status", verdict.value());
    println!("lab: still here ({left:?}, {drained:?})");
}

fn kernel_release() -> String {
    fs::read_to_string("/proc/sys/kernel/osrelease")
        .unwrap_or_default()
        .trim()
        .to_owned()
}

fn lines(path: &str) -> io::Result<Vec<String>> {
    let text = fs::read_to_string(path).map_err(|error| in_context(path, error))?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn in_context(what: &str, error: impl std::fmt::Display) -> io::Error {
    io::Error::other(format!("{what}: {error}"))
}
