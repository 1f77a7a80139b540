//! Driving a lane: send what waits, read what is there, hand out what it is.
//! Owns the loop and its order; every decision is the state's.

use std::io;
use std::sync::atomic::Ordering;

use netlane_proto::{Mark, Sequence};
use netlane_sys::Received;
use netlane_wire::rare;

use super::Lane;
use super::reader::Reader;
use super::state::State;
use super::transport::Transport;
use super::wakes::Wakes;
use crate::Error;
use crate::sync::MutexGuard;

impl<S: Transport> Lane<S> {
    /// Drives until `mine` has ended and nothing else is expected, or nothing
    /// more can be read. Takes and returns the lock, which is open during
    /// system calls; the wake-ups are the caller's, after unlocking.
    pub(super) fn drive<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        mine: Option<Sequence>,
        wakes: &mut Wakes,
    ) -> MutexGuard<'a, State> {
        let Some(reader) = state.reader.take() else {
            rare();
            state.again = true;
            return state;
        };
        // The lock is handed on: a panic unlocks before this is dropped.
        let guard = EndOnPanic(self);
        let (state, reader, unfinished) = self.rounds(state, reader, mine, wakes);
        std::mem::forget(guard);
        let mut state = self.hand_back(state, reader, unfinished, wakes);
        // A caller's drive is spared that.
        if mine.is_none() {
            rare();
            self.fold(&mut state);
        }
        state
    }

    /// Sends and reads until there is nothing more to do; says whether there
    /// still is.
    fn rounds<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        mut reader: Box<Reader>,
        mine: Option<Sequence>,
        wakes: &mut Wakes,
    ) -> (MutexGuard<'a, State>, Box<Reader>, bool) {
        let (mut to_empty, mut may_send) = (false, true);
        let rounds = if mine.is_some() {
            MAX_ROUNDS
        } else {
            ROUNDS_FOR_NOBODY
        };
        for _ in 0..rounds {
            to_empty |= std::mem::take(&mut state.again) || state.backlog.is_lossy();
            // Between two sends the queue is read empty: each answer frees some
            // credit, and a send for each would undo the coalescing.
            if may_send && state.has_published() {
                rare();
                state = self.send_published(state, &mut reader, wakes);
            }
            let mark = state.conversations.mark();
            let loss = state.backlog.is_lossy().then(|| {
                rare();
                state.backlog.loss_is_due()
            });
            drop(state);
            // Before the call, which then says by ENOBUFS if these are another
            // overrun's already. After it, they may be without anybody's notice.
            let drops = loss.and_then(|_| self.socket.drops());
            let received = self.socket.receive(&mut reader.buffer, self.envelope);
            let queued = received.as_ref().err().and_then(|error| self.queued(error));
            state = self.lock();
            if let Some(due) = loss {
                rare();
                tell_loss(&mut state, drops, due, &received, wakes);
            }
            let read = match received {
                Ok(received) => self.take_in(&mut state, &mut reader, &received, wakes),
                Err(error) => {
                    rare();
                    self.take_error(&mut state, &mut reader, error, queued, mark, wakes)
                }
            };
            may_send = read == Read::Empty;
            if self.is_done(&mut state, read, to_empty, mine) {
                return (state, reader, false);
            }
        }
        (state, reader, true)
    }

    /// Sends one datagram of published requests, if any may go.
    #[inline(never)]
    fn send_published<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        reader: &mut Reader,
        wakes: &mut Wakes,
    ) -> MutexGuard<'a, State> {
        let Some(to) = state.fill(reader) else {
            return state;
        };
        self.crowded
            .store(reader.sequences.len() > 1, Ordering::Relaxed);
        drop(state);
        let result = self.socket.send(&reader.outgoing, to);
        state = self.lock();
        state.counted.datagrams_sent += 1;
        state.dispatched(reader, &result, wakes);
        state
    }

    /// How much is queued before what was lost, if the error tells of a loss.
    #[cold]
    fn queued(&self, error: &io::Error) -> Option<usize> {
        is_loss(error).then(|| self.socket.queued()).flatten()
    }

    /// A receive call brought a datagram.
    fn take_in(
        &self,
        state: &mut State,
        reader: &mut Reader,
        received: &Received,
        wakes: &mut Wakes,
    ) -> Read {
        let bytes = reader.buffer.get(..received.len).unwrap_or_default();
        state.feed(bytes, received, wakes);
        if self.wipe {
            rare();
            reader.wipe(received.len);
        }
        Read::Datagram
    }

    /// A receive call brought none.
    #[inline(never)]
    fn take_error(
        &self,
        state: &mut State,
        reader: &mut Reader,
        error: io::Error,
        queued: Option<usize>,
        mark: Mark,
        wakes: &mut Wakes,
    ) -> Read {
        if self.wipe {
            reader.wipe(0);
        }
        if is_empty(&error) {
            state.emptied(mark, wakes);
            return Read::Empty;
        }
        if !is_loss(&error) {
            return Read::Datagram;
        }
        // Everything queued is older than the loss; requests whose answers it
        // took are found at EAGAIN (KERNEL: netlink_overrun).
        state.counted.overruns += 1;
        tracing::warn!(%error, "receive error: answers may be lost");
        if state.failed() {
            state.end(Error::socket(error), wakes);
            return Read::Gone;
        }
        state.backlog.note_loss(queued);
        Read::Failed
    }

    /// Whether there is nothing more to do here.
    fn is_done(
        &self,
        state: &mut State,
        read: Read,
        to_empty: bool,
        mine: Option<Sequence>,
    ) -> bool {
        let quiet = !state.again && !state.sendable();
        if read == Read::Datagram {
            return quiet
                && !to_empty
                && mine.is_some_and(|mine| state.conversations.is_finished(mine))
                && !state.conversations.unproved();
        }
        read == Read::Gone || (read == Read::Empty && quiet)
    }

    /// Gives the reader back; has the Connection called if there is more to do,
    /// if only readiness can tell what comes, or if this is the end.
    fn hand_back<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        reader: Box<Reader>,
        unfinished: bool,
        wakes: &mut Wakes,
    ) -> MutexGuard<'a, State> {
        state.reader = Some(reader);
        let unwatched = state.needs_readiness() && !state.armed;
        if unfinished || unwatched || state.ended.is_some() {
            rare();
            wakes.call_connection(&self.signal);
        }
        self.note_idle(&state, wakes);
        state
    }
}

/// Tells what was lost, if everything that preceded it has been read.
#[cold]
fn tell_loss(
    state: &mut State,
    drops: Option<u32>,
    due: bool,
    received: &io::Result<Received>,
    wakes: &mut Wakes,
) {
    let empty = received.as_ref().is_err_and(is_empty);
    if empty || (due && !received.as_ref().is_err_and(is_loss)) {
        state.lost(drops, empty, wakes);
    }
}

/// Whether a receive call found nothing.
fn is_empty(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::WouldBlock
}

/// Whether a receive call says that something was lost.
fn is_loss(error: &io::Error) -> bool {
    !is_empty(error) && error.kind() != io::ErrorKind::Interrupted
}

/// What a receive call was.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Read {
    Datagram,
    Empty,
    Failed,
    Gone,
}

/// Has the lane ended if the reader's holder panics: the reader would be gone,
/// and everybody would wait. Not here, where another panic would abort.
struct EndOnPanic<'a, S: Transport>(&'a Lane<S>);

impl<S: Transport> Drop for EndOnPanic<'_, S> {
    fn drop(&mut self) {
        self.0.panicked.store(true, Ordering::Release);
        self.0.signal.notify_one();
    }
}

/// Receive calls in one drive, after which the Connection takes over: a caller
/// must get back to its own work. One full credit window of ACKs fits.
const MAX_ROUNDS: usize = 512;
/// The same for a drive that nobody waits for: a few hundred microseconds of an
/// event flood, after which the Connection lets others have their turn.
const ROUNDS_FOR_NOBODY: usize = 64;

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;
    use std::task::Waker;

    use netlane_proto::Profile;
    use netlane_sys::Address;

    use super::*;
    use crate::lane::{Begun, Ending, Order, Sizes};

    /// A socket whose reader panics.
    struct Trap;

    impl Transport for Trap {
        fn send(&self, _: &[u8], _: Option<Address>) -> io::Result<()> {
            Ok(())
        }

        fn receive(&self, _: &mut [u8], _: bool) -> io::Result<Received> {
            panic!("as the test wants it")
        }

        fn drops(&self) -> Option<u32> {
            None
        }
    }

    fn lane() -> Lane<Trap> {
        let sizes = Sizes {
            receive_buffer: 200_000,
            frame: 8192,
            wipe: false,
        };
        let profile = Profile::kernel(9);
        Lane::new(Arc::new(Trap), profile, sizes, false, Arc::default())
    }

    fn order() -> Order {
        Order {
            bytes: vec![0; 16].into(),
            ..Order::default()
        }
    }

    /// Fails when requests wait for a driver that the kernel could execute meanwhile
    /// (`Lane::is_crowded`).
    #[test]
    fn requests_join_others_only_while_nobody_drives() {
        let lane = lane();
        assert!(!lane.is_crowded());
        lane.publish(&mut order()).unwrap();
        assert!(lane.is_crowded());
        let reader = lane.lock().reader.take();
        assert!(!lane.is_crowded());
        lane.lock().reader = reader;
        assert!(lane.is_crowded());
    }

    #[test]
    fn who_comes_after_a_panic_is_told_although_no_connection_is_polled() {
        let lane = lane();
        let waiting = lane.publish(&mut order()).unwrap();
        catch_unwind(AssertUnwindSafe(|| lane.drive_all())).unwrap_err();
        let Begun::Finished(waiting) = lane.check(waiting, Waker::noop()) else {
            panic!("it waits for ever");
        };
        assert!(matches!(waiting.ending, Some(Ending::Ended { .. })));
        let Begun::Closed(error) = lane.begin(&mut order(), Waker::noop()) else {
            panic!("it is begun on a lane without a reader");
        };
        assert!(error.to_string().contains("panic"), "{error}");
    }
}
