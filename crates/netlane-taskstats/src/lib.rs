//! Statistics of tasks: processor time, delays, input and output, on request and when a task exits.
//!
//! Declares the messages of the generic family `TASKSTATS` (`include/uapi/linux/taskstats.h`, `kernel/taskstats.c`); must
//! not know who sends them. The kernel answers in the initial network namespace only, and needs CAP_NET_ADMIN.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use netlane_generic::Resolver;
//! use netlane_taskstats::Query;
//!
//! let resolver = Resolver::new(netlane::spawn(netlane::Protocol::GENERIC)?);
//! let told = resolver.call(Query::get().process(std::process::id())).await?;
//! let told = told.view();
//! if let Some(stats) = told.statistics()? {
//!     println!("{:?} has run for {} us", stats.command, stats.user_time);
//! }
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

use netlane_wire::AttributeError;
use netlane_wire::typed::{Extended, Text, c_flags, c_struct, message, requests};

/// The family's name.
pub const FAMILY: &str = "TASKSTATS";

message! {
    /// What is asked: one task, one process, or to hear of exits.
    pub struct Query("query") {
        /// A thread id.
        task: u32 = TASKSTATS_CMD_ATTR_PID(1),
        /// A process id: the sum over its threads.
        process: u32 = TASKSTATS_CMD_ATTR_TGID(2),
        /// Processors, as a list such as `0-3,8`, whose exiting tasks this socket shall hear of.
        register: str = TASKSTATS_CMD_ATTR_REGISTER_CPUMASK(3),
        /// Processors no longer to hear of.
        deregister: str = TASKSTATS_CMD_ATTR_DEREGISTER_CPUMASK(4),
    }
}

requests! {
    Query in "TASKSTATS" version 1 {
        /// The statistics of `task` or `process`.
        get: TASKSTATS_CMD_GET(1) => reply Told,
        /// Makes the kernel send statistics of exiting tasks to the port of this socket, unasked: a connection on a single
        /// lane hears them as its inbound messages.
        listen: TASKSTATS_CMD_GET(1) => ack,
    }
}

message! {
    /// What is told, as an answer or unasked when a task exits: of one task, and when the last thread of a process
    /// exits of the process as well.
    pub struct Told("told") {
        /// Of a task.
        task: nest Task = TASKSTATS_TYPE_AGGR_PID(4),
        /// Of a process: the sum over its threads.
        process: nest Task = TASKSTATS_TYPE_AGGR_TGID(5),
    }
}

message! {
    /// The statistics of a task or a process.
    pub struct Task("task") {
        /// The thread id.
        task: u32 = TASKSTATS_TYPE_PID(1),
        /// The process id.
        process: u32 = TASKSTATS_TYPE_TGID(2),
        /// The statistics.
        statistics: Statistics = TASKSTATS_TYPE_STATS(3),
    }
}

impl<'a> ToldView<'a> {
    /// The statistics of the task if one is told of, else of the process.
    ///
    /// # Errors
    ///
    /// They are malformed.
    pub fn statistics(&self) -> Result<Option<Extended<'a, Statistics>>, AttributeError> {
        let told = match self.task()? {
            Some(task) => Some(task),
            None => self.process()?,
        };
        told.map_or(Ok(None), |told| told.statistics())
    }
}

c_struct! {
    /// The statistics, as of version 14; those that an older kernel does not keep are zero. Delays are kept only if
    /// the kernel accounts them (`kernel.task_delayacct`). Times are microseconds, delays nanoseconds.
    pub struct Statistics("taskstats") {
        /// `TASKSTATS_VERSION` of the kernel.
        version: u16,
        /// As wait(2) tells it.
        exit_code: u32,
        /// What became of it.
        flags: TaskFlags,
        /// Niceness, as a signed byte.
        nice: i8,
        _: [u8; 6],
        /// Times that the task waited for a processor.
        cpu_count: u64,
        /// Those together, nanoseconds.
        cpu_delay: u64,
        /// Waits for block devices.
        block_io_count: u64,
        /// Those together, nanoseconds.
        block_io_delay: u64,
        /// Waits for pages from swap.
        swap_in_count: u64,
        /// Those together, nanoseconds.
        swap_in_delay: u64,
        /// Time on a processor, nanoseconds, less what the host took.
        cpu_real: u64,
        /// Time on a processor, nanoseconds.
        cpu_virtual: u64,
        /// The name of the program.
        command: Text<32>,
        /// Scheduling discipline.
        scheduler: u8,
        _: [u8; 7],
        /// User id.
        user: u32,
        /// Group id.
        group: u32,
        /// Thread id.
        task: u32,
        /// Thread id of the parent.
        parent: u32,
        /// Start, seconds since 1970.
        begin: u32,
        _: u32,
        /// Since the start, microseconds.
        elapsed: u64,
        /// Time in programs, microseconds.
        user_time: u64,
        /// Time in the kernel, microseconds.
        system_time: u64,
        /// Page faults without reading a device, count.
        minor_faults: u64,
        /// Page faults that read a device, count.
        major_faults: u64,
        /// Resident memory times time, megabyte-microseconds.
        resident_integral: u64,
        /// Virtual memory times time, megabyte-microseconds.
        virtual_integral: u64,
        /// Most resident memory, kilobytes.
        resident_peak: u64,
        /// Most virtual memory, kilobytes.
        virtual_peak: u64,
        /// Bytes read by system calls.
        read_chars: u64,
        /// Bytes written by system calls.
        write_chars: u64,
        /// System calls that read, count.
        read_calls: u64,
        /// System calls that write, count.
        write_calls: u64,
        /// Bytes read from block devices.
        read_bytes: u64,
        /// Bytes written to block devices.
        write_bytes: u64,
        /// Bytes not written after all: their pages were dropped.
        cancelled_write_bytes: u64,
        /// Times that it gave the processor up.
        voluntary_switches: u64,
        /// Times that the processor was taken from it.
        involuntary_switches: u64,
        /// `user_time` by the processor's frequency, microseconds.
        user_time_scaled: u64,
        /// `system_time` by the processor's frequency, microseconds.
        system_time_scaled: u64,
        /// `cpu_real` by the processor's frequency, nanoseconds.
        cpu_real_scaled: u64,
        /// Waits for memory to be reclaimed.
        reclaim_count: u64,
        /// Those together, nanoseconds.
        reclaim_delay: u64,
        /// Waits for pages that were thrown out too early.
        thrashing_count: u64,
        /// Those together, nanoseconds.
        thrashing_delay: u64,
        /// Start, seconds since 1970.
        begin64: u64,
        /// Waits for memory to be compacted.
        compact_count: u64,
        /// Those together, nanoseconds.
        compact_delay: u64,
        /// Process id.
        process: u32,
        _: u32,
        /// Elapsed time of the process.
        process_elapsed: u64,
        /// Device of the program's file.
        program_device: u64,
        /// Inode of the program's file.
        program_inode: u64,
        /// Waits for pages to be copied on write.
        copy_count: u64,
        /// Those together, nanoseconds.
        copy_delay: u64,
        /// Interrupts that were served on the task's time.
        interrupt_count: u64,
        /// Those together, nanoseconds.
        interrupt_delay: u64,
    }
}

c_flags! {
    /// `ac_flag`.
    pub struct TaskFlags: u8 {
        /// Forked and did not exec.
        FORKED = AFORK(0x1),
        /// Used superuser privileges.
        SUPERUSER = ASU(0x2),
        /// Dumped core.
        CORE = ACORE(0x8),
        /// Was killed by a signal.
        KILLED = AXSIG(0x10),
        /// Was the last of its process.
        GROUP = AGROUP(0x20),
    }
}
