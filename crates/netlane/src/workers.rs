//! Threads of the connection's own, for system calls that may sleep. Owns the
//! threads and their queue. Not the runtime's blocking pool: that one may be
//! full or of size one, and a runtime that shuts down waits for it.

use std::collections::VecDeque;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// A piece of work that may sleep.
pub(crate) type Job = Box<dyn FnOnce() + Send>;

/// A few lazily started threads. They end after a while without work, and when
/// the connection is gone.
#[derive(Clone)]
pub(crate) struct Workers(Arc<Pool>);

struct Pool {
    queue: Mutex<Queue>,
    wanted: Condvar,
    limit: usize,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    threads: usize,
    idle: usize,
    closed: bool,
}

impl Workers {
    /// At most `limit` threads, at least one.
    pub(crate) fn new(limit: usize) -> Self {
        Self(Arc::new(Pool {
            queue: Mutex::default(),
            wanted: Condvar::new(),
            limit: limit.max(1),
        }))
    }

    /// Queues a job. Gives it back if the queue is full or no thread can be
    /// started: then it has not run and will not.
    pub(crate) fn submit(&self, job: Job) -> Result<(), Job> {
        let mut queue = self.0.lock();
        if queue.jobs.len() >= MAX_JOBS {
            return Err(job);
        }
        queue.jobs.push_back(job);
        if queue.idle >= queue.jobs.len() {
            self.0.wanted.notify_one();
            return Ok(());
        }
        if queue.threads < self.0.limit && !self.start(&mut queue) && queue.threads == 0 {
            return queue.jobs.pop_back().map_or(Ok(()), Err);
        }
        Ok(())
    }

    /// Whether a job waits that no idle thread is there for: one that could go on
    /// for long steps aside for it.
    pub(crate) fn is_crowded(&self) -> bool {
        let queue = self.0.lock();
        queue.jobs.len() > queue.idle
    }

    /// Nothing more will come: threads end once the queue is empty.
    pub(crate) fn close(&self) {
        self.0.lock().closed = true;
        self.0.wanted.notify_all();
    }

    /// Starts one more thread; says whether that succeeded.
    fn start(&self, queue: &mut Queue) -> bool {
        let pool = Arc::clone(&self.0);
        let started = thread::Builder::new()
            .name("netlane".into())
            .spawn(move || pool.work());
        queue.threads += usize::from(started.is_ok());
        started.is_ok()
    }
}

impl Pool {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut queue = self.lock();
        loop {
            if let Some(job) = queue.jobs.pop_front() {
                drop(queue);
                // A job that panics has ended its own lane; the thread and the
                // jobs behind it are no part of that.
                let _ = panic::catch_unwind(AssertUnwindSafe(job));
                queue = self.lock();
                continue;
            }
            if queue.closed {
                queue.threads -= 1;
                return;
            }
            queue.idle += 1;
            let (woken, timeout) = self
                .wanted
                .wait_timeout(queue, IDLE)
                .unwrap_or_else(PoisonError::into_inner);
            queue = woken;
            queue.idle -= 1;
            if timeout.timed_out() && queue.jobs.is_empty() {
                // Counted off under the same lock that saw no work.
                queue.threads -= 1;
                return;
            }
        }
    }
}

impl std::fmt::Debug for Workers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let queue = self.0.lock();
        f.debug_struct("Workers")
            .field("threads", &queue.threads)
            .field("jobs", &queue.jobs.len())
            .finish()
    }
}

/// How long a thread waits for work before it ends.
const IDLE: Duration = Duration::from_secs(5);
/// Jobs that may wait; more are refused instead of piling up.
const MAX_JOBS: usize = 1 << 16;

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn jobs_run_in_parallel_up_to_the_limit() {
        let workers = Workers::new(2);
        let (done, results) = mpsc::channel();
        let barrier = Arc::new(std::sync::Barrier::new(2));
        for _ in 0..2 {
            let (done, barrier) = (done.clone(), Arc::clone(&barrier));
            // Passes only if both are on threads at once.
            let job = Box::new(move || {
                barrier.wait();
                done.send(()).unwrap();
            });
            assert!(workers.submit(job).is_ok());
        }
        for _ in 0..2 {
            results.recv_timeout(Duration::from_secs(10)).unwrap();
        }
    }

    #[test]
    fn closing_ends_the_threads_after_the_jobs() {
        let workers = Workers::new(1);
        let (done, results) = mpsc::channel();
        for _ in 0..3 {
            let done = done.clone();
            let job = Box::new(move || done.send(()).unwrap());
            assert!(workers.submit(job).is_ok());
        }
        drop(done);
        workers.close();
        // The channel ends when the last job has run and is gone.
        assert_eq!(results.iter().count(), 3);
        let began = std::time::Instant::now();
        while workers.0.lock().threads > 0 {
            assert!(began.elapsed() < IDLE / 2, "the thread waits for work");
            thread::yield_now();
        }
    }

    #[test]
    fn a_job_that_panics_costs_nobody_else() {
        let workers = Workers::new(1);
        assert!(
            workers
                .submit(Box::new(|| panic!("as intended by the test")))
                .is_ok()
        );
        let (done, results) = mpsc::channel();
        assert!(
            workers
                .submit(Box::new(move || done.send(()).unwrap()))
                .is_ok()
        );
        results.recv_timeout(Duration::from_secs(10)).unwrap();
    }
}
