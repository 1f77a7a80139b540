//! The table of conversations, driven by operations that the input spells, against a model of what
//! must always hold: nobody hears anything after its end, nothing ends twice, a loss is proved, a
//! number names one conversation, the counters are right, and nothing is left.
//!
//! An operation is three bytes: what, on which conversation, and how. Where it receives, the bytes
//! behind it are the datagram, or a frame is made for the conversation.

use netlane_proto::{
    Anomaly, Conversations, Datagram, Expect, Mark, Outcome, Profile, Sequence, Sink, Timing,
};
use netlane_wire::{Flags, FrameView, Header};

const PORT: u32 = 100;
const PEER: u32 = 7;

/// Operations that one input spells at most: every check looks at all conversations.
const LONGEST: usize = 40;

pub(super) fn target(data: &[u8]) {
    let Some((&shape, mut rest)) = data.split_first() else {
        return;
    };
    let profile = Profile {
        peers: shape & 1 != 0,
        opaque: shape & 6 == 6,
        member: shape & 8 != 0,
        ..Profile::kernel(PORT)
    };
    // Some begin just before the numbers wrap.
    let seed = if shape & 16 == 0 { u32::MAX - 1 } else { 7 };
    let mut world = World::new(profile, seed);
    for _ in 0..LONGEST {
        let Some((&[what, whom, how], after)) = rest.split_first_chunk::<3>() else {
            break;
        };
        let taken = world.run(what, whom, how, after);
        rest = after.get(taken..).unwrap_or_default();
        world.check();
    }
    world.end();
}

/// Where a conversation stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Open,
    Cancelled,
    Finished,
    Gone,
}

/// What the model remembers of one conversation.
#[derive(Clone, Copy, Debug)]
struct Known {
    sequence: Sequence,
    place: Place,
    expect: Expect,
    late: bool,
    peer: u32,
    /// The count of sends when its own returned.
    sent: Option<u64>,
}

impl Known {
    fn is_open(&self) -> bool {
        matches!(self.place, Place::Open | Place::Cancelled)
    }
}

/// The model; it is the sink too, so that every call is checked when it comes.
#[derive(Debug, Default)]
struct Model {
    known: Vec<Known>,
    /// What may be proved lost now: sent no later than this.
    proof: Option<u64>,
    /// Everything may end now.
    abandoned: bool,
    /// The sender of the datagram that is being received.
    sender: Option<u32>,
    /// What was heard of that datagram.
    heard: usize,
}

impl Model {
    fn count(&self, matches: impl Fn(&Known) -> bool) -> usize {
        self.known.iter().filter(|known| matches(known)).count()
    }
}

impl Sink<usize> for Model {
    fn reply(&mut self, id: &mut usize, sequence: Sequence, frame: FrameView<'_>) {
        let known = self.known[*id];
        assert_eq!((known.place, known.sequence), (Place::Open, sequence));
        assert_eq!(frame.header().sequence, sequence.get());
        assert_ne!(known.expect, Expect::Nothing, "nobody awaits a reply");
        assert_eq!(self.sender, Some(known.peer), "only who was asked answers");
        self.heard += 1;
    }

    fn finished(&mut self, id: &mut usize, sequence: Sequence, outcome: &Outcome<'_>) {
        let known = self.known[*id];
        assert_eq!((known.place, known.sequence), (Place::Open, sequence));
        match outcome {
            Outcome::Lost | Outcome::Silent if !self.abandoned => {
                assert!(!known.late, "a late answer was declared lost");
                assert!(known.sent <= self.proof, "not proved");
                assert!(known.sent.is_some(), "never sent, and yet lost");
            }
            Outcome::Refused { errno, .. } => assert!(*errno > 0),
            _ => {}
        }
        self.known[*id].place = Place::Finished;
        self.heard += 1;
    }

    fn forgotten(&mut self, id: &mut usize) {
        assert_eq!(self.known[*id].place, Place::Cancelled);
        self.known[*id].place = Place::Gone;
    }

    fn event(&mut self, group: u32, datagram: &Datagram<'_>, _: FrameView<'_>) {
        assert_eq!(Some(group), datagram.group);
        self.heard += 1;
    }

    fn unsolicited(&mut self, _: &Datagram<'_>, frame: FrameView<'_>) {
        let sequence = frame.header().sequence;
        let asked = |known: &Known| {
            let same = known.sequence.get() == sequence && Some(known.peer) == self.sender;
            same && known.is_open() && known.expect != Expect::Nothing
        };
        assert_eq!(self.count(asked), 0, "an answer was taken for a message");
        self.heard += 1;
    }

    fn anomaly(&mut self, anomaly: Anomaly) {
        assert!(!matches!(anomaly, Anomaly::Foreign { sender: 0 }));
    }
}

/// A table, the model, and the mark taken.
struct World {
    conversations: Conversations<usize>,
    model: Model,
    sends: u64,
    mark: Option<(Mark, u64)>,
}

impl World {
    fn new(profile: Profile, seed: u32) -> Self {
        Self {
            conversations: Conversations::new(profile, seed),
            model: Model::default(),
            sends: 0,
            mark: None,
        }
    }

    /// Runs an operation; says how many of the bytes behind it were used.
    fn run(&mut self, what: u8, whom: u8, how: u8, after: &[u8]) -> usize {
        let id = usize::from(whom).checked_rem(self.model.known.len());
        match (what % 12, id) {
            (0..=2, _) | (_, None) => self.submit(whom, how),
            (3 | 4, Some(id)) => self.sent(id),
            (5, Some(id)) => self.unsent(id, how & 1 != 0),
            (6, Some(id)) => self.cancel(id),
            (7, Some(id)) => self.take(id),
            (8, _) if how & 1 == 0 => {
                self.mark = Some((self.conversations.mark(), self.sends));
            }
            (8, _) => self.empty(),
            (9, Some(id)) => {
                let len = usize::from(whom).min(after.len());
                self.receive(id, how, &after[..len]);
                return len;
            }
            (_, Some(id)) => {
                let frame = self.frame(id, what, how);
                self.receive(id, how, &frame);
            }
        }
        0
    }

    fn submit(&mut self, expect: u8, how: u8) {
        let expect = match expect % 8 {
            1 => Expect::AcknowledgementAndReply,
            2 => Expect::Reply,
            3 => Expect::Dump,
            4 => Expect::Echo,
            5 => Expect::Anything,
            6 => Expect::Nothing,
            _ => Expect::Acknowledgement,
        };
        let late = how & 3 == 0;
        let timing = if late {
            Timing::Late
        } else {
            Timing::Synchronous
        };
        let peer = if how & 12 == 0 { PEER } else { 0 };
        let id = self.model.known.len();
        let sequence = self.conversations.submit(expect, timing, peer, id);
        assert_ne!(sequence.get(), 0);
        let in_use = |known: &Known| known.place != Place::Gone && known.sequence == sequence;
        assert_eq!(self.model.count(in_use), 0, "a number is used twice");
        self.model.known.push(Known {
            sequence,
            place: Place::Open,
            expect,
            late,
            peer,
            sent: None,
        });
    }

    fn sent(&mut self, id: usize) {
        let known = self.model.known[id];
        if known.sent.is_some() || known.place == Place::Gone {
            return;
        }
        assert_eq!(self.conversations.sent(known.sequence), Some(&mut { id }));
        if known.is_open() && !known.late {
            self.sends += 1;
            self.model.known[id].sent = Some(self.sends);
        }
    }

    fn unsent(&mut self, id: usize, tell: bool) {
        let known = self.model.known[id];
        if known.sent.is_some() || known.place == Place::Gone {
            return;
        }
        self.model.known[id].place = if tell && known.place == Place::Open {
            assert_eq!(self.conversations.fail(known.sequence), Some(&mut { id }));
            Place::Finished
        } else {
            assert_eq!(self.conversations.unsent(known.sequence), Some(id));
            Place::Gone
        };
    }

    fn cancel(&mut self, id: usize) {
        let known = self.model.known[id];
        if known.place == Place::Open {
            self.model.known[id].place = Place::Cancelled;
        }
        if known.place != Place::Gone {
            self.conversations.cancel(known.sequence, &mut self.model);
        }
    }

    fn take(&mut self, id: usize) {
        let known = self.model.known[id];
        if known.place == Place::Gone {
            return;
        }
        let expected = (known.place == Place::Finished).then_some(id);
        assert_eq!(self.conversations.take(known.sequence), expected);
        if expected.is_some() {
            self.model.known[id].place = Place::Gone;
        }
    }

    fn empty(&mut self) {
        let Some((mark, proof)) = self.mark.take() else {
            return;
        };
        self.model.proof = Some(proof);
        self.conversations.empty(mark, &mut self.model);
        self.model.proof = None;
        let unproved =
            |known: &Known| known.is_open() && known.sent.is_some_and(|sent| sent <= proof);
        assert_eq!(self.model.count(unproved), 0, "a proof was not drawn");
    }

    /// A frame that answers a conversation, of the type and flags that the bytes choose.
    fn frame(&self, id: usize, what: u8, how: u8) -> Vec<u8> {
        let kinds = [2, 2, 24, 24, 3, 4, 1, 5];
        let flags = [0, 0, 2, 2, 0x12, 0x10, 0x100, 0x300];
        let errnos: [i32; 4] = [0, 0, -22, i32::MIN];
        let choose = |by: u8, shift: u8| usize::from(by >> shift);
        let header = Header {
            len: 36,
            kind: kinds[choose(what, 4) % 8],
            flags: Flags::from_bits_retain(flags[choose(how, 3) % 8]),
            sequence: self.model.known[id].sequence.get(),
            port: PORT,
        };
        let mut bytes = header.to_bytes().to_vec();
        bytes.extend(errnos[choose(how, 6)].to_ne_bytes());
        bytes.extend([0; 16]);
        bytes
    }

    fn receive(&mut self, id: usize, how: u8, bytes: &[u8]) {
        let asked = self.model.known[id].peer;
        let sender = if how & 7 == 7 { 9 } else { asked };
        let cut = usize::from(how & 0x1f == 0x1e);
        let datagram = Datagram {
            bytes: bytes
                .get(..bytes.len() - cut.min(bytes.len()))
                .unwrap_or(bytes),
            full_len: bytes.len(),
            sender,
            group: (how & 3 == 2).then_some(1),
            nsid: None,
        };
        self.model.sender = Some(sender);
        self.model.heard = 0;
        self.conversations.receive(&datagram, &mut self.model);
        self.model.sender = None;
        if sender != 0 && !self.conversations.profile().peers {
            assert_eq!(self.model.heard, 0, "a stranger was heard");
        }
    }

    /// What holds after every operation.
    fn check(&mut self) {
        let (model, conversations) = (&self.model, &mut self.conversations);
        assert_eq!(conversations.open(), model.count(Known::is_open));
        let late = model.count(|known| known.is_open() && known.late);
        assert_eq!(conversations.late(), late);
        let awaited = model.count(|known| known.place == Place::Open);
        assert_eq!(conversations.awaited(), awaited);
        let kept = model.count(|known| known.place != Place::Gone);
        assert_eq!(conversations.len(), kept);
        let proof = |known: &Known| known.sent.is_some() && known.expect != Expect::Dump;
        let unproved = model.count(|known| known.is_open() && proof(known));
        assert_eq!(conversations.unproved(), unproved > 0);
    }

    /// Everything ends and is taken: nothing may be left.
    fn end(mut self) {
        self.model.abandoned = true;
        self.conversations.abandon(&mut self.model);
        assert_eq!(self.conversations.open(), 0);
        for id in 0..self.model.known.len() {
            self.take(id);
        }
        assert!(self.conversations.is_empty());
        assert_eq!(
            (self.conversations.late(), self.conversations.awaited()),
            (0, 0)
        );
    }
}
