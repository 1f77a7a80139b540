//! What kind of run a seed makes: the lane, its buffer, who asks for what, and
//! how much goes wrong. Owns the faults.

use netlane_sys::Address;
use netlane_testkit::Random;
use netlane_wire::{Flags, Header, Message, kind};

use super::socket::SimulatedSocket;
use super::truth::{Ask, Kind, PORT};

/// The circumstances of one run.
#[derive(Clone, Debug)]
pub(super) struct Climate {
    pub(super) receive_buffer: usize,
    pub(super) frame: usize,
    /// Whether the socket is in a group, and whether it carries answers too.
    pub(super) events: bool,
    pub(super) requests: bool,
    pub(super) kinds: Vec<Kind>,
    /// Bytes of a reply, below.
    pub(super) reply_size: usize,
    pub(super) acts: usize,
    /// Percent of acts that are faults.
    pub(super) faults: usize,
    /// Percent of the moments in system calls at which somebody else acts.
    pub(super) interludes: usize,
}

impl Climate {
    pub(super) fn new(random: &mut Random) -> Self {
        let one_of = |random: &mut Random, all: &[usize]| all[random.below(all.len())];
        let lane = random.below(4);
        let mut kinds: Vec<Kind> = Kind::ALL
            .into_iter()
            .filter(|_| random.chance(50))
            .collect();
        kinds.push(Kind::Act);
        Self {
            receive_buffer: one_of(random, &[3000, 9000, 20_000, 66_000, 212_992]),
            frame: 32 * 1024,
            events: lane > 0,
            requests: lane < 3,
            kinds,
            reply_size: one_of(random, &[1, 100, 1500, 6000]),
            acts: one_of(random, &[20, 60, 150]),
            faults: one_of(random, &[0, 3, 10, 30]),
            interludes: one_of(random, &[0, 5, 15, 30]),
        }
    }
}

/// Makes something go wrong, or lets the next call go wrong.
pub(super) fn fault(choice: usize, socket: &SimulatedSocket, random: &mut Random) {
    let mut kernel = socket.kernel();
    match choice {
        0 => socket.faults().send = Some([ENOBUFS, EMSGSIZE, ECONNREFUSED][random.below(3)]),
        1 => socket.faults().signal = true,
        2 => socket.faults().cut = Some(16 + random.below(80)),
        3 => socket.faults().twice = true,
        4 | 5 => kernel.refuse_after(random.below(6)),
        6 => kernel.fail_next([EINVAL, ENOBUFS][random.below(2)]),
        7 => kernel.change(),
        8 => {
            let next: Vec<_> = kernel.queue().take(2).map(answered).collect();
            if let [Some(one), Some(other)] = next[..]
                && one != other
            {
                kernel.swap_next();
            }
        }
        9 => {
            // An acknowledgement or a refusal; what stands before it was read.
            let next = kernel.queue().next();
            let header = next.and_then(|next| Header::read(&next.bytes));
            if header.is_some_and(|header| header.kind == kind::ERROR) {
                kernel.discard_next();
            }
        }
        10 => {
            // Anybody with the capability may claim to answer.
            let target = kernel.queue().next().and_then(answered);
            let forged = acknowledgement(target.unwrap_or(1), random.below(2));
            kernel.forged(7, forged);
        }
        _ => {
            // The kernel, about something that nobody asked.
            kernel.unicast(acknowledgement(0, random.below(2)));
            if !kernel.is_dumping() {
                drop(kernel);
                stranger_dumps(socket);
            }
        }
    }
}

/// Somebody who shares the socket begins a dump of his own.
fn stranger_dumps(socket: &SimulatedSocket) {
    let ask = Ask {
        id: u32::MAX - socket.kernel().drops(),
        kind: Kind::Dump,
        replies: 3,
        size: 900,
        errno: 0,
    };
    if socket.truth.lock().of(ask.id).executed.is_none() {
        socket.kernel().send(&ask.order().bytes);
    }
}

/// The sequence that a datagram of the kernel's answers.
fn answered(datagram: &netlane_testkit::Datagram) -> Option<u32> {
    let kernel = datagram.sender == Address::KERNEL && datagram.group.is_none();
    Header::read(&datagram.bytes)
        .filter(|_| kernel)
        .map(|header| header.sequence)
}

/// `NLMSG_ERROR` with this sequence.
fn acknowledgement(sequence: u32, errno: usize) -> Vec<u8> {
    let errno = i32::try_from(errno).unwrap();
    let mut payload = (-errno).to_ne_bytes().to_vec();
    payload.extend([0; 16]);
    let message = Message::raw(kind::ERROR, Flags::CAPPED, &payload);
    let frame = message.into_frame(sequence, PORT).unwrap();
    frame.bytes().to_vec()
}

/// Errno values of Linux.
const EINVAL: i32 = 22;
const EMSGSIZE: i32 = 90;
const ENOBUFS: i32 = 105;
const ECONNREFUSED: i32 = 111;
