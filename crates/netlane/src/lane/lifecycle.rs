//! A lane beside its requests: who else is served by it, when the Connection
//! watches it, and how it ends.

use std::sync::atomic::Ordering;

use netlane_wire::rare;

use super::state::State;
use super::{Lane, Transport, Wakes};
use crate::Error;
use crate::events::Audience;
use crate::inbound::Inbox;

impl<S: Transport> Lane<S> {
    /// The Connection begins to watch readiness if that is needed; says so.
    pub(crate) fn arm(&self) -> bool {
        let mut state = self.lock();
        state.armed = state.needs_readiness();
        state.armed
    }

    /// The inbox of this lane, made on first use.
    pub(crate) fn inbox(&self) -> Result<Inbox, Error> {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        let inbox = state.inbox.get_or_insert_default().clone();
        drop(state);
        Ok(inbox)
    }

    /// The audience of this lane, made on first use: from then on the socket
    /// may be a member of groups.
    pub(crate) fn audience(&self) -> Result<Audience, Error> {
        let mut state = self.lock();
        if let Some(error) = &state.ended {
            return Err(error.clone());
        }
        state.conversations.set_member(true);
        let audience = state.audience.get_or_insert_default().clone();
        drop(state);
        Ok(audience)
    }

    /// How many conversations the lane remembers, tombstones included.
    pub(crate) fn remembered(&self) -> usize {
        self.lock().conversations.len()
    }

    /// Whether the reader's holder panicked.
    pub(crate) fn has_panicked(&self) -> bool {
        self.panicked.load(Ordering::Acquire)
    }

    /// Ends the lane: every waiter gets `error`.
    pub(crate) fn end(&self, error: Error) {
        let mut wakes = Wakes::default();
        let mut state = self.lock();
        state.end(error, &mut wakes);
        self.fold(&mut state);
        self.note_idle(&state, &mut wakes);
        drop(state);
        wakes.wake();
        self.signal.notify_one();
    }

    /// Gives what was counted under the lock to the connection's counters.
    pub(crate) fn fold_counted(&self) {
        self.fold(&mut self.lock());
    }

    pub(super) fn fold(&self, state: &mut State) {
        self.counters.absorb(&std::mem::take(&mut state.counted));
    }

    /// Why the lane ended, if it has.
    pub(crate) fn ended(&self) -> Option<Error> {
        self.lock().ended.clone()
    }

    /// Waits until no request is open or waits to be sent.
    pub(crate) async fn idle(&self) {
        self.closing.store(true, Ordering::Release);
        loop {
            let mut idle = std::pin::pin!(self.idle.notified());
            idle.as_mut().enable();
            if !self.lock().is_busy() {
                return;
            }
            idle.await;
        }
    }

    /// Has those told who wait in [`idle`](Self::idle), if it is.
    pub(super) fn note_idle(&self, state: &State, wakes: &mut Wakes) {
        if !state.is_busy() && self.closing.load(Ordering::Acquire) {
            rare();
            wakes.tell_idle(&self.idle);
        }
    }
}

#[cfg(test)]
impl<S: Transport> Lane<S> {
    /// A receive call has told of a loss, and what was queued then is not read yet.
    pub(crate) fn lose(&self) {
        self.lock().backlog.note_loss(None);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::task::Waker;

    use netlane_proto::Profile;
    use netlane_sys::{Address, Received};

    use crate::lane::{Begun, Ending, Lane, Order, Sizes, Transport};

    /// A socket that takes everything and gives nothing but an error.
    struct Broken;

    impl Transport for Broken {
        fn send(&self, _: &[u8], _: Option<Address>) -> io::Result<()> {
            Ok(())
        }

        fn receive(&self, _: &mut [u8], _: bool) -> io::Result<Received> {
            Err(io::Error::from_raw_os_error(EIO))
        }

        fn drops(&self) -> Option<u32> {
            None
        }
    }

    /// Fails when a socket is tried for ever: everybody would wait.
    #[test]
    fn a_socket_that_fails_for_good_ends_its_lane_and_every_request_on_it() {
        let sizes = Sizes {
            receive_buffer: 212_992,
            frame: 8192,
            wipe: false,
        };
        let socket = Arc::new(Broken);
        let lane = Lane::new(socket, Profile::kernel(1), sizes, false, Arc::default());
        let requests = [(); 2].map(|()| lane.publish(&mut Order::ping()).unwrap());
        // As the Connection does, as long as it is called.
        (0..10).for_each(|_| lane.drive_all());
        for request in requests {
            let Begun::Finished(waiting) = lane.check(request, Waker::noop()) else {
                panic!("it waits");
            };
            let Some(Ending::Ended { why, .. }) = waiting.ending else {
                panic!("{waiting:?}");
            };
            assert_eq!(why.errno(), Some(EIO));
        }
        assert!(matches!(
            lane.begin(&mut Order::ping(), Waker::noop()),
            Begun::Closed(_)
        ));
    }

    const EIO: i32 = 5;
}
