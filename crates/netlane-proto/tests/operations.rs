//! Random sequences of operations on the table of conversations, against a
//! model that only knows what must always hold: nobody hears anything after
//! its end, nothing ends twice, a loss is proved, the counters are right, and
//! nothing is left. A failing sequence is shrunk and printed by proptest.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests, outside of #[test]"
)]

use std::collections::HashMap;

use netlane_proto::{
    Conversations, Datagram, Expect, Mark, Outcome, Profile, Sequence, Sink, Timing,
};
use netlane_wire::{Flags, FrameView, Header};
use proptest::prelude::*;

const PORT: u32 = 100;
const PEER: u32 = 7;

/// One thing that happens. Numbers choose among the conversations there are.
#[derive(Clone, Debug)]
enum Operation {
    Submit(Expect, bool, bool),
    Launch(usize),
    Sent(usize),
    Unsent(usize, bool),
    Cancel(usize),
    Take(usize),
    Mark,
    Empty,
    Overrun,
    Drained,
    Receive(Vec<Heard>, Envelope),
    Abandon,
}

/// One frame of a datagram.
#[derive(Clone, Copy, Debug)]
struct Heard {
    /// Which conversation it names; far beyond all of them: nobody.
    whom: usize,
    kind: u16,
    flags: u16,
    errno: i32,
}

/// How a datagram arrives.
#[derive(Clone, Copy, Debug)]
struct Envelope {
    sender: u32,
    group: Option<u32>,
    /// Bytes that did not fit.
    cut: usize,
}

/// Where a conversation stands, as the model sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Open,
    Cancelled,
    Finished,
    Gone,
}

/// What the model remembers of one conversation.
#[derive(Clone, Debug)]
struct Known {
    sequence: Sequence,
    place: Place,
    late: bool,
    dump: bool,
    /// The count of sends when its own returned.
    sent: Option<u64>,
}

/// The model; it is the sink too, so that every call is checked when it comes.
#[derive(Debug, Default)]
struct Model {
    known: HashMap<usize, Known>,
    /// What may be proved lost now: sent no later than this.
    proof: Option<u64>,
    /// Everything may end now.
    abandoned: bool,
    /// A receive call has failed.
    overrun: bool,
}

impl Model {
    fn count(&self, matches: impl Fn(&Known) -> bool) -> usize {
        self.known.values().filter(|known| matches(known)).count()
    }
}

impl Sink<usize> for Model {
    fn reply(&mut self, id: &mut usize, sequence: Sequence, _: FrameView<'_>) {
        let known = &self.known[id];
        assert_eq!((known.place, known.sequence), (Place::Open, sequence));
    }

    fn finished(&mut self, id: &mut usize, sequence: Sequence, outcome: &Outcome<'_>) {
        let (proof, abandoned) = (self.proof, self.abandoned);
        let known = self.known.get_mut(id).unwrap();
        assert_eq!((known.place, known.sequence), (Place::Open, sequence));
        if matches!(outcome, Outcome::Lost | Outcome::Silent) && !abandoned {
            assert!(!known.late, "a late answer was declared lost");
            assert!(known.sent.unwrap() <= proof.unwrap(), "not proved");
        }
        if matches!(outcome, Outcome::Incomplete) {
            assert!(self.overrun, "in doubt for nothing");
        }
        known.place = Place::Finished;
    }

    fn forgotten(&mut self, id: &mut usize) {
        let known = self.known.get_mut(id).unwrap();
        assert_eq!(known.place, Place::Cancelled);
        known.place = Place::Gone;
    }
}

/// A table, the model, and the marks taken.
struct World {
    conversations: Conversations<usize>,
    model: Model,
    next: usize,
    sends: u64,
    mark: Option<(Mark, u64)>,
}

impl World {
    fn new(profile: Profile, seed: u32) -> Self {
        Self {
            conversations: Conversations::new(profile, seed),
            model: Model::default(),
            next: 0,
            sends: 0,
            mark: None,
        }
    }

    fn choose(&self, index: usize) -> Option<(usize, Known)> {
        let id = index.checked_rem(self.next)?;
        Some((id, self.model.known[&id].clone()))
    }

    fn run(&mut self, operation: &Operation) {
        match operation {
            Operation::Submit(expect, late, peer) => self.submit(*expect, *late, *peer),
            Operation::Launch(index) => self.launch(*index),
            Operation::Sent(index) => self.sent(*index),
            Operation::Unsent(index, tell) => self.unsent(*index, *tell),
            Operation::Cancel(index) => self.cancel(*index),
            Operation::Take(index) => self.take(*index),
            Operation::Mark => self.mark = Some((self.conversations.mark(), self.sends)),
            Operation::Empty => self.empty(),
            Operation::Overrun => {
                self.model.overrun = true;
                self.conversations.overrun();
            }
            Operation::Drained => self.conversations.drained(),
            Operation::Receive(frames, envelope) => self.receive(frames, *envelope),
            Operation::Abandon => self.abandon(),
        }
        self.check();
    }

    fn submit(&mut self, expect: Expect, late: bool, peer: bool) {
        let timing = if late {
            Timing::Late
        } else {
            Timing::Synchronous
        };
        let peer = if peer { PEER } else { 0 };
        let id = self.next;
        let sequence = self.conversations.submit(expect, timing, peer, id);
        let in_use = |known: &Known| known.place != Place::Gone && known.sequence == sequence;
        assert_eq!(self.model.count(in_use), 0, "a number is used twice");
        let known = Known {
            sequence,
            place: Place::Open,
            late,
            dump: expect == Expect::Dump,
            sent: None,
        };
        self.model.known.insert(id, known);
        self.next += 1;
    }

    fn launch(&mut self, index: usize) {
        if let Some((_, known)) = self.choose(index)
            && known.sent.is_none()
            && known.place == Place::Open
        {
            assert!(self.conversations.launch(known.sequence).is_some());
        }
    }

    fn sent(&mut self, index: usize) {
        let Some((id, known)) = self.choose(index) else {
            return;
        };
        if known.sent.is_some() {
            return;
        }
        self.conversations.sent(known.sequence);
        if matches!(known.place, Place::Open | Place::Cancelled) && !known.late {
            self.sends += 1;
            self.model.known.get_mut(&id).unwrap().sent = Some(self.sends);
        }
    }

    fn unsent(&mut self, index: usize, tell: bool) {
        let Some((id, known)) = self.choose(index) else {
            return;
        };
        if known.sent.is_some() || known.place == Place::Gone {
            return;
        }
        let place = if tell && known.place == Place::Open {
            assert_eq!(self.conversations.fail(known.sequence), Some(&mut { id }));
            Place::Finished
        } else {
            assert_eq!(self.conversations.unsent(known.sequence), Some(id));
            Place::Gone
        };
        self.model.known.get_mut(&id).unwrap().place = place;
    }

    fn cancel(&mut self, index: usize) {
        let Some((id, known)) = self.choose(index) else {
            return;
        };
        if known.place == Place::Open {
            self.model.known.get_mut(&id).unwrap().place = Place::Cancelled;
        }
        if known.place != Place::Gone {
            self.conversations.cancel(known.sequence, &mut self.model);
        }
    }

    fn take(&mut self, index: usize) {
        let Some((id, known)) = self.choose(index) else {
            return;
        };
        if known.place == Place::Gone {
            return;
        }
        let expected = (known.place == Place::Finished).then_some(id);
        assert_eq!(self.conversations.take(known.sequence), expected);
        if expected.is_some() {
            self.model.known.get_mut(&id).unwrap().place = Place::Gone;
        }
    }

    fn empty(&mut self) {
        let Some((mark, proof)) = self.mark.take() else {
            return;
        };
        self.model.proof = Some(proof);
        self.conversations.empty(mark, &mut self.model);
        self.model.proof = None;
        let unproved = |known: &Known| {
            matches!(known.place, Place::Open | Place::Cancelled)
                && known.sent.is_some_and(|sent| sent <= proof)
        };
        assert_eq!(self.model.count(unproved), 0, "a proof was not drawn");
    }

    fn receive(&mut self, frames: &[Heard], envelope: Envelope) {
        let mut bytes = Vec::new();
        for heard in frames {
            bytes.extend(self.frame(*heard));
        }
        let full_len = bytes.len();
        bytes.truncate(full_len.saturating_sub(envelope.cut));
        let datagram = Datagram {
            bytes: &bytes,
            full_len,
            sender: envelope.sender,
            group: envelope.group,
            nsid: None,
        };
        self.conversations.receive(&datagram, &mut self.model);
    }

    fn frame(&self, heard: Heard) -> Vec<u8> {
        let named = (heard.whom < 64).then(|| self.choose(heard.whom)).flatten();
        let sequence = named.map_or(0, |(_, known)| known.sequence.get());
        let mut payload = (-heard.errno).to_ne_bytes().to_vec();
        payload.extend([0; 16]);
        let header = Header {
            len: 36,
            kind: heard.kind,
            flags: Flags::from_bits_retain(heard.flags),
            sequence,
            port: PORT,
        };
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend(payload);
        bytes
    }

    fn abandon(&mut self) {
        self.model.abandoned = true;
        self.conversations.abandon(&mut self.model);
        self.model.abandoned = false;
        assert_eq!(self.conversations.open(), 0);
    }

    /// What holds after every operation.
    fn check(&mut self) {
        let (model, conversations) = (&self.model, &mut self.conversations);
        let open = |known: &Known| matches!(known.place, Place::Open | Place::Cancelled);
        assert_eq!(conversations.open(), model.count(open));
        let late = model.count(|known| open(known) && known.late);
        assert_eq!(conversations.late(), late);
        let awaited = model.count(|known| known.place == Place::Open);
        assert_eq!(conversations.awaited(), awaited);
        let kept = model.count(|known| known.place != Place::Gone);
        assert_eq!(conversations.len(), kept);
        let proof = |known: &Known| known.sent.is_some() && !known.dump;
        let unproved = model.count(|known| open(known) && proof(known));
        assert_eq!(conversations.unproved(), unproved > 0);
    }

    /// Everything ends and is taken: nothing may be left.
    fn end(mut self) {
        self.abandon();
        for id in 0..self.next {
            self.take(id);
        }
        assert!(self.conversations.is_empty());
        assert!(!self.conversations.unproved());
        assert_eq!(self.conversations.late(), 0);
    }
}

fn expectations() -> impl Strategy<Value = Expect> {
    prop_oneof![
        4 => Just(Expect::Acknowledgement),
        1 => Just(Expect::AcknowledgementAndReply),
        1 => Just(Expect::Reply),
        1 => Just(Expect::Dump),
        1 => Just(Expect::Echo),
        1 => Just(Expect::Anything),
        1 => Just(Expect::Nothing),
    ]
}

fn frames() -> impl Strategy<Value = Vec<Heard>> {
    let kinds = prop::sample::select(vec![2u16, 2, 2, 24, 24, 24, 3, 4, 1, 5]);
    let flags = prop::sample::select(vec![0u16, 0, 0, 2, 0x12, 0x300]);
    let errnos = prop::sample::select(vec![0, 0, 0, 22, i32::MIN + 1]);
    let heard = (0..80usize, kinds, flags, errnos).prop_map(|(whom, kind, flags, errno)| Heard {
        whom,
        kind,
        flags,
        errno,
    });
    proptest::collection::vec(heard, 0..4)
}

fn envelopes() -> impl Strategy<Value = Envelope> {
    let senders = prop::sample::select(vec![0, 0, 0, 0, PEER, 9]);
    let groups = prop::sample::select(vec![None, None, None, Some(1)]);
    let cuts = prop_oneof![6 => Just(0usize), 1 => 1..60usize];
    (senders, groups, cuts).prop_map(|(sender, group, cut)| Envelope { sender, group, cut })
}

fn operations() -> impl Strategy<Value = Operation> {
    let index = 0..64usize;
    prop_oneof![
        6 => (expectations(), any::<bool>(), any::<bool>())
            .prop_map(|(expect, late, peer)| Operation::Submit(expect, late, peer)),
        2 => index.clone().prop_map(Operation::Launch),
        6 => index.clone().prop_map(Operation::Sent),
        1 => (index.clone(), any::<bool>()).prop_map(|(i, tell)| Operation::Unsent(i, tell)),
        2 => index.clone().prop_map(Operation::Cancel),
        3 => index.prop_map(Operation::Take),
        2 => Just(Operation::Mark),
        2 => Just(Operation::Empty),
        1 => Just(Operation::Overrun),
        1 => Just(Operation::Drained),
        10 => (frames(), envelopes()).prop_map(|(f, e)| Operation::Receive(f, e)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_of_operations_breaks_the_table(
        steps in proptest::collection::vec(operations(), 1..120),
        abandons in any::<bool>(),
        seed in prop::sample::select(vec![0, 0x1234_5678, u32::MAX - 3]),
        (peers, opaque, member) in any::<(bool, bool, bool)>(),
    ) {
        let profile = Profile { port: PORT, peers, opaque, member };
        let mut world = World::new(profile, seed);
        let middle = steps.len() / 2;
        for (i, step) in steps.iter().enumerate() {
            world.run(step);
            if abandons && i == middle {
                world.run(&Operation::Abandon);
            }
        }
        world.end();
    }
}
