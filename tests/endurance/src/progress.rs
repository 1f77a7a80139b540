//! The live line on stderr: overwritten in place on a terminal, else a line every few seconds. A
//! thread of its own writes it, so that a runtime that hangs is seen to hang.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::process;

/// Shows a line until it is dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    stop: Option<Sender<()>>,
    writer: Option<JoinHandle<()>>,
}

impl Progress {
    /// Shows what `say` says, again and again.
    pub(crate) fn show(say: impl Fn() -> String + Send + 'static) -> Self {
        let (stop, stopped) = channel();
        let began = Instant::now();
        let (every, end) = if stderr().is_terminal() {
            (Duration::from_millis(250), "\x1b[K\r")
        } else {
            (Duration::from_secs(10), "\n")
        };
        let writer = thread::spawn(move || {
            while stopped.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
                let seconds = began.elapsed().as_secs();
                let memory = process::memory().unwrap_or_default() / 1024;
                let mut out = stderr().lock();
                // A closed stderr is no reason to stop.
                let _ = write!(out, "{seconds:>5} s  {}  {memory} MiB{end}", say());
                let _ = out.flush();
            }
        });
        Self {
            stop: Some(stop),
            writer: Some(writer),
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
        if stderr().is_terminal() {
            eprint!("\x1b[K");
        }
    }
}
