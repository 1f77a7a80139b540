//! Who acts beside the callers: threads that send for them, the Connection, the
//! kernel's own threads, and whatever goes wrong.

use std::sync::atomic::Ordering;

use futures::FutureExt;
use netlane_proto::Sequence;

use super::truth::Truth;
use super::world::{World, lock};
use crate::lane::Order;

/// A thread that is about to send.
pub(super) enum Job {
    One(Sequence, Order),
    Together(Vec<Sequence>, Vec<u8>),
}

impl World {
    /// A thread sends what it was given. One that would wait for credit is left
    /// alone: here it would wait for ever.
    pub(super) fn run_job(&self) -> bool {
        let mut jobs = lock(&self.jobs);
        let ready = jobs.iter().position(|job| self.may_launch(job));
        let Some(index) = ready else { return false };
        let job = jobs.swap_remove(index);
        drop(jobs);
        self.tell(|| "a thread sends".into());
        match job {
            Job::One(sequence, order) => self.lane.send_enlisted(sequence, &order),
            Job::Together(sequences, bytes) => self.lane.send_together(&sequences, &bytes),
        }
        true
    }

    fn may_launch(&self, job: &Job) -> bool {
        let sequence = match job {
            Job::One(sequence, _) => Some(*sequence),
            Job::Together(sequences, _) => sequences.first().copied(),
        };
        let mut state = self.lane.lock();
        let waiting = sequence.and_then(|it| state.conversations.data_mut(it));
        let charge = waiting.map_or(0, |waiting| waiting.charge);
        !state.backlog.is_lossy() && state.credit.fits(charge)
    }

    /// The Connection, if it was called or its socket has become readable.
    pub(super) fn connect(&self) -> bool {
        let over = self.lane.ended().is_some();
        if over || self.connecting.swap(true, Ordering::Relaxed) {
            return false;
        }
        let watching = self.watching.load(Ordering::Relaxed);
        let readable = watching && self.socket().take_edge();
        let called = self.lane.signal.notified().now_or_never().is_some();
        if called || readable {
            self.tell(|| "the Connection drives".into());
            self.lane.drive_all();
            // What arrived before the registration is read once.
            if self.lane.arm() && !watching {
                self.socket().take_edge();
                self.lane.drive_all();
            }
            self.watching.store(self.lane.arm(), Ordering::Relaxed);
        }
        self.connecting.store(false, Ordering::Relaxed);
        called || readable
    }

    /// A thread of the kernel's own answers.
    pub(super) fn answer_late(&self) -> bool {
        let mut truth = self.socket().truth.lock();
        if truth.owed.is_empty() {
            return false;
        }
        let chosen = self.below(truth.owed.len());
        let (sequence, ask) = truth.owed.swap_remove(chosen);
        drop(truth);
        self.tell(|| format!("a late answer to {ask:?}"));
        let answer = Truth::late_answer(sequence, &ask);
        self.socket().kernel().unicast(answer);
        true
    }

    /// Something goes wrong.
    pub(super) fn fault(&self) {
        // Nobody answers on a socket that only hears events.
        let choice = self.below(if self.climate.requests { 12 } else { 11 });
        self.tell(|| format!("fault {choice}"));
        super::climate::fault(choice, self.socket(), &mut lock(&self.random));
    }
}
