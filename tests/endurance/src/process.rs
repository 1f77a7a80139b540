//! What this process takes of the machine: memory and descriptors, as proc(5) shows them.

use std::fs;
use std::io;

use crate::Failure;

/// Forgets the peak of the resident memory, so that [`peak_memory`] counts from now.
pub(crate) fn forget_peak() -> io::Result<()> {
    fs::write("/proc/self/clear_refs", "5")
}

/// The resident memory, in KiB.
pub(crate) fn memory() -> Result<u64, Failure> {
    status("VmRSS:")
}

/// The most resident memory since [`forget_peak`], in KiB.
pub(crate) fn peak_memory() -> Result<u64, Failure> {
    status("VmHWM:")
}

/// Open descriptors, that of the directory itself among them.
pub(crate) fn descriptors() -> Result<u64, Failure> {
    let open = fs::read_dir("/proc/self/fd")?.count();
    Ok(u64::try_from(open)?)
}

fn status(field: &str) -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.ok_or("no such line in /proc/self/status")?.parse()?)
}
