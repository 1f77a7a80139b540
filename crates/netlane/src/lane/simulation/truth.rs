//! The family that the simulated kernel speaks, and the record of what it did:
//! what was executed, and which answers reached the lane. What is told to
//! callers is held against this.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use netlane_proto::{Expect, Timing};
use netlane_testkit::kernel::Reaction;
use netlane_wire::{Control, Flags, FrameView, Message, kind};

use crate::lane::{Order, kind_of};

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// To be done, and acknowledged.
    Act,
    /// Some replies, and an acknowledgement.
    Get,
    /// The changed object, and an acknowledgement.
    Echo,
    /// One reply and no acknowledgement.
    Reply,
    /// Parts that end with DONE, and no acknowledgement.
    Parts,
    /// A table.
    Dump,
    /// A table whose parts may come later, for all that its caller knows.
    LateDump,
    /// Nothing, unless it is refused.
    Tell,
    /// One reply, made by a thread of the kernel's own, later.
    Late,
    /// An acknowledgement at once, and one reply later.
    Both,
}

impl Kind {
    pub(super) const ALL: [Self; 10] = [
        Self::Act,
        Self::Get,
        Self::Echo,
        Self::Reply,
        Self::Parts,
        Self::Dump,
        Self::LateDump,
        Self::Tell,
        Self::Late,
        Self::Both,
    ];

    /// Its message type.
    fn number(self) -> u16 {
        let place = Self::ALL.iter().position(|kind| *kind == self);
        32 + u16::try_from(place.unwrap()).unwrap()
    }

    fn of(number: u16) -> Option<Self> {
        Self::ALL.get(usize::from(number.checked_sub(32)?)).copied()
    }

    pub(super) const fn is_dump(self) -> bool {
        matches!(self, Self::Dump | Self::LateDump)
    }

    const fn expect(self) -> Expect {
        match self {
            Self::Act | Self::Get => Expect::Acknowledgement,
            Self::Echo => Expect::Echo,
            Self::Reply | Self::Parts | Self::Late => Expect::Reply,
            Self::Dump | Self::LateDump => Expect::Dump,
            Self::Tell => Expect::Nothing,
            Self::Both => Expect::AcknowledgementAndReply,
        }
    }

    pub(super) const fn timing(self) -> Timing {
        match self {
            Self::Late | Self::LateDump | Self::Both => Timing::Late,
            _ => Timing::Synchronous,
        }
    }
}

/// One request.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) id: u32,
    pub(super) kind: Kind,
    /// How many replies, parts or entries it is answered with.
    pub(super) replies: u32,
    /// Bytes of each, beside its name.
    pub(super) size: u32,
    /// It is refused, or its dump ends, with this errno.
    pub(super) errno: u32,
}

impl Ask {
    pub(super) fn order(&self) -> Order {
        let expect = self.kind.expect();
        let payload: Vec<u8> = [self.id, self.replies, self.size, self.errno]
            .iter()
            .flat_map(|word| word.to_ne_bytes())
            .collect();
        let message = Message::raw(self.kind.number(), expect.flags(), &payload);
        let bytes = message.finish().unwrap();
        Order {
            kind: kind_of(&bytes),
            bytes: bytes.into(),
            expect,
            timing: self.kind.timing(),
            ..Order::default()
        }
    }

    fn read(frame: FrameView<'_>) -> Option<Self> {
        let word = |index| word(frame.payload(), index);
        Some(Self {
            id: word(0)?,
            kind: Kind::of(frame.header().kind)?,
            replies: word(1)?,
            size: word(2)?,
            errno: word(3)?,
        })
    }

    /// A reply names the request that it answers, and its place.
    fn reply(&self, index: u32, flags: Flags) -> Message {
        let mut payload = [self.id.to_ne_bytes(), index.to_ne_bytes()].concat();
        payload.resize(payload.len() + usize::try_from(self.size).unwrap(), 7);
        Message::raw(REPLY, flags, &payload)
    }

    fn react(&self) -> Reaction {
        let errno = i32::try_from(self.errno).unwrap();
        let all = |flags| (0..self.replies).map(move |index| self.reply(index, flags));
        match self.kind {
            Kind::Dump | Kind::LateDump => {
                let dump = Reaction::dump(all(Flags::empty())).ending_with(errno);
                match self.id % 2 {
                    0 => dump.with_split_done(),
                    _ => dump,
                }
            }
            _ if errno != 0 => Reaction::refused(errno),
            Kind::Act | Kind::Tell | Kind::Late | Kind::Both => Reaction::done(),
            Kind::Get | Kind::Reply => all(Flags::empty()).fold(Reaction::done(), Reaction::reply),
            Kind::Echo => all(Flags::empty()).fold(Reaction::done(), |reaction, reply| {
                reaction.echo(GROUP, reply)
            }),
            Kind::Parts => {
                let done = Message::raw(kind::DONE, Flags::MULTI, &[0; 4]);
                all(Flags::MULTI)
                    .chain([done])
                    .fold(Reaction::done(), Reaction::reply)
            }
        }
    }
}

/// Something that the kernel said to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Told {
    Reply(u32),
    /// An acknowledgement, a refusal, or DONE.
    End(i32),
}

/// What happened to one request.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    /// The how manieth to be executed.
    pub(super) executed: Option<u64>,
    /// What the lane has received whole.
    pub(super) told: Vec<Told>,
    /// A datagram of its answer was longer than the buffer.
    pub(super) cut: bool,
    /// Something of its answer came twice.
    pub(super) doubled: bool,
    /// A message of its dump said that the table has changed.
    pub(super) interrupted: bool,
}

impl Record {
    /// Whether what has been received ends the request.
    pub(super) fn is_over(&self, kind: Kind) -> bool {
        let ends = |end: &Told| matches!(end, Told::End(_));
        let refused = |end: &Told| matches!(end, Told::End(errno) if *errno != 0);
        let replied = self.told.iter().any(|told| !ends(told));
        match kind {
            Kind::Reply | Kind::Late => replied || self.told.iter().any(refused),
            Kind::Both => {
                let acknowledged = self.told.iter().any(ends);
                (replied && acknowledged) || self.told.iter().any(refused)
            }
            _ => self.told.iter().any(ends),
        }
    }
}

/// Everything that the kernel did, and what of it was received.
#[derive(Debug, Default)]
pub(super) struct Truth {
    records: HashMap<u32, Record>,
    /// Which request has which sequence number.
    names: HashMap<u32, u32>,
    executed: Vec<Ask>,
    /// Requests that a thread of the kernel's own is still to answer.
    pub(super) owed: Vec<(u32, Ask)>,
}

/// The truth as kernel, socket and judge share it.
#[derive(Clone, Debug, Default)]
pub(super) struct SharedTruth(Arc<Mutex<Truth>>);

impl SharedTruth {
    pub(super) fn lock(&self) -> MutexGuard<'_, Truth> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The handler of a request.
    pub(super) fn execute(&self, frame: FrameView<'_>) -> Reaction {
        let Some(ask) = Ask::read(frame) else {
            return Reaction::refused(EOPNOTSUPP);
        };
        let mut truth = self.lock();
        truth.executed.push(ask);
        let nth = u64::try_from(truth.executed.len()).unwrap();
        let record = truth.records.entry(ask.id).or_default();
        assert_eq!(record.executed, None, "{ask:?} was executed twice");
        record.executed = Some(nth);
        let sequence = frame.header().sequence;
        truth.names.insert(sequence, ask.id);
        if matches!(ask.kind, Kind::Late | Kind::Both) && ask.errno == 0 {
            truth.owed.push((sequence, ask));
        }
        ask.react()
    }
}

impl Truth {
    pub(super) fn of(&self, id: u32) -> Record {
        self.records.get(&id).cloned().unwrap_or_default()
    }

    /// Requests that were executed and whose answer was not received to its end.
    pub(super) fn unanswered(&self) -> usize {
        let open = |ask: &Ask| !self.of(ask.id).is_over(ask.kind);
        self.executed.iter().filter(|ask| open(ask)).count()
    }

    /// The request that a datagram of the kernel's answers.
    pub(super) fn named(&mut self, sequence: u32) -> Option<&mut Record> {
        let id = self.names.get(&sequence)?;
        self.records.get_mut(id)
    }

    /// A whole frame of the kernel's has reached the lane.
    pub(super) fn received(&mut self, frame: FrameView<'_>) {
        let header = frame.header();
        let told = match frame.control() {
            Control::Ack(ack) => Told::End(ack.errno()),
            Control::Done(done) => Told::End(done.errno()),
            _ => match reply(frame) {
                Some((_, index)) => Told::Reply(index),
                None => return,
            },
        };
        if let Some(record) = self.named(header.sequence) {
            record.interrupted |= header.flags.contains(Flags::DUMP_INTR);
            record.told.push(told);
        }
    }

    /// The late answer to a request, as its datagram.
    pub(super) fn late_answer(sequence: u32, ask: &Ask) -> Vec<u8> {
        let reply = ask.reply(0, Flags::empty());
        let frame = reply.into_frame(sequence, PORT).unwrap();
        frame.bytes().to_vec()
    }
}

/// Which request a reply names, and its place.
pub(super) fn reply(frame: FrameView<'_>) -> Option<(u32, u32)> {
    let payload = frame.payload();
    (frame.header().kind == REPLY).then_some((word(payload, 0)?, word(payload, 1)?))
}

fn word(payload: &[u8], index: usize) -> Option<u32> {
    let bytes = payload.get(4 * index..4 * index + 4)?;
    Some(u32::from_ne_bytes(bytes.try_into().ok()?))
}

/// The lane's port.
pub(super) const PORT: u32 = 100;
/// The group of events, and of what is echoed.
pub(super) const GROUP: u32 = 3;
/// The message type of replies.
const REPLY: u16 = 64;
const EOPNOTSUPP: i32 = 95;
