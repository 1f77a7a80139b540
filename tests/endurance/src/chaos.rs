//! Answers that are lost: a request lane is overrun on purpose, again and again. Each request whose
//! answer is lost ends at once as of unknown outcome, and the one after it is answered.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use netlane::sys::Address;
use netlane::wire::{Flags, Message, kind};
use netlane::{Builder, ErrorKind, Handle, Protocol};
use netlane_sys::{Socket, SocketKind};
use netlane_tests::route::{LOOPBACK, get_link};

use crate::Failure;
use crate::sheet::Sheet;

/// What came of the overruns.
#[derive(Debug, Default)]
pub(crate) struct Overruns {
    asked: AtomicU64,
    unknown: AtomicU64,
    answered: AtomicU64,
}

/// A connection, and a second descriptor of its socket.
#[derive(Debug)]
pub(crate) struct Chaos {
    handle: Handle,
    twin: Socket,
}

impl Chaos {
    pub(crate) fn connect() -> Result<Self, Failure> {
        let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw)?;
        socket.bind(Address::KERNEL)?;
        let twin = Socket::adopt(socket.as_fd().try_clone_to_owned()?)?;
        let handle = Builder::new(Protocol::ROUTE).socket(socket).spawn()?;
        Ok(Self { handle, twin })
    }

    /// Overruns the lane, asks, and asks again.
    pub(crate) async fn once(&self, overruns: &Overruns) -> Result<(), Failure> {
        let ping = Message::new(kind::NOOP, Flags::REQUEST | Flags::ACK).finish()?;
        // Acknowledgements that belong to nobody, more than the queue holds.
        self.twin.send_to(&ping.repeat(4000), Address::KERNEL)?;
        // The deadline is not what ends the first: the program would seem to hang.
        let hour = Duration::from_secs(3600);
        for _ in 0..2 {
            let asked = self.handle.request(get_link(LOOPBACK)).deadline(hour);
            overruns.asked.fetch_add(1, Ordering::Relaxed);
            match asked.await {
                Ok(_) => overruns.answered.fetch_add(1, Ordering::Relaxed),
                Err(error) if error.kind() == ErrorKind::OutcomeUnknown => {
                    overruns.unknown.fetch_add(1, Ordering::Relaxed)
                }
                Err(error) => return Err(error.into()),
            };
        }
        Ok(())
    }

    pub(crate) fn balance(self, overruns: &Overruns, sheet: &mut Sheet) {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        let (asked, unknown) = (of(&overruns.asked), of(&overruns.unknown));
        let answered = of(&overruns.answered);
        let seen = self.handle.statistics();
        sheet.title("a request lane that is overrun on purpose");
        sheet.equal("answered + unknown = asked", answered + unknown, asked);
        sheet.equal("unknown: the first after each overrun", unknown, asked / 2);
        sheet.equal("overruns noticed", seen.overruns, asked / 2);
        sheet.equal("answers proved lost", seen.lost, unknown);
        sheet.equal("timed out", seen.timed_out, 0);
    }
}
