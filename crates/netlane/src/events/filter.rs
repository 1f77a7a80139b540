//! Which events a subscription wants, beyond their groups. Owns the predicates,
//! their reading of a message, and their form as a classic BPF program that the
//! kernel runs before it queues an event, so that a program that wants one kind
//! of event is not woken by the others. Mirrors `sk_filter` as called by
//! `do_one_broadcast` of net/netlink/af_netlink.c, which counts no drop for
//! what a filter rejects.

use netlane_sys::{FilterInstruction, bpf};
use netlane_wire::FrameView;

/// Predicates on an event's message; all of them must hold.
///
/// Where the kernel takes it, the filter runs before the event is queued; else
/// (on a [single lane](crate::Lanes::Single), whose socket carries answers too)
/// it runs in the subscription.
///
/// ```
/// use netlane::Filter;
/// // RTM_NEWADDR and RTM_DELADDR, IPv4 only, of the interface with index 3.
/// let filter = Filter::new().types([20, 21]).family(2).interface(3);
/// # assert_ne!(filter, Filter::new());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    types: Vec<u16>,
    fields: Vec<Field>,
}

/// A field of the family header that must have a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Field {
    /// A byte, at so many bytes after the netlink header.
    Byte { at: u16, value: u8 },
    /// A `u32` in host order.
    Word { at: u16, value: u32 },
}

impl Filter {
    /// Everything passes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Only these message types (`nlmsg_type`).
    #[must_use]
    pub fn types(mut self, types: impl IntoIterator<Item = u16>) -> Self {
        self.types.extend(types);
        self.types.sort_unstable();
        self.types.dedup();
        self
    }

    /// Only this address family: the first byte of every rtnetlink header.
    #[must_use]
    pub fn family(self, family: u8) -> Self {
        self.byte(0, family)
    }

    /// Only this interface index, as rtnetlink's link, address, neighbour and
    /// traffic control headers have it (`ifi_index` and its like).
    #[must_use]
    pub fn interface(self, index: u32) -> Self {
        self.word(4, index)
    }

    /// Only this routing table, as rtnetlink's route and rule headers have it
    /// (`rtm_table`; tables above 255 stand there as 252).
    #[must_use]
    pub fn table(self, table: u8) -> Self {
        self.byte(4, table)
    }

    /// Only events with this byte, `at` bytes after the netlink header. Of a
    /// generic netlink family, byte 0 is the command.
    #[must_use]
    pub fn byte(mut self, at: u16, value: u8) -> Self {
        self.add(Field::Byte { at, value });
        self
    }

    /// Only events with this `u32` in host order, `at` bytes after the netlink
    /// header.
    #[must_use]
    pub fn word(mut self, at: u16, value: u32) -> Self {
        self.add(Field::Word { at, value });
        self
    }

    /// What is beyond the bound is not filtered for: more passes, never less.
    fn add(&mut self, field: Field) {
        if self.fields.len() < MAX_FIELDS && !self.fields.contains(&field) {
            self.fields.push(field);
        }
    }

    /// Whether everything passes.
    pub(crate) const fn is_empty(&self) -> bool {
        self.types.is_empty() && self.fields.is_empty()
    }

    /// Whether a message passes.
    pub(crate) fn passes(&self, frame: FrameView<'_>) -> bool {
        let header = frame.header();
        let payload = frame.payload();
        (self.types.is_empty() || self.types.contains(&header.kind))
            && self.fields.iter().all(|field| field.holds(payload))
    }

    /// Whether the program does all the filtering.
    pub(crate) const fn is_wholly_in_program(&self) -> bool {
        self.types.len() <= MAX_TYPES
    }

    /// The program that the kernel runs. It sees the first message of a
    /// datagram, and events come alone.
    pub(crate) fn program(&self) -> Vec<FilterInstruction> {
        let mut program = Vec::new();
        if (1..=MAX_TYPES).contains(&self.types.len()) {
            program.push(load(bpf::H, TYPE_AT));
            for (index, kind) in self.types.iter().enumerate() {
                // To the instruction after the rejection that follows them.
                let jump = u8::try_from(self.types.len() - index).unwrap_or(u8::MAX);
                program.push(jump_if(FilterInstruction::host_u16(*kind), jump));
            }
            program.push(leave(REJECT));
        }
        for field in &self.fields {
            let (size, at, value) = match *field {
                Field::Byte { at, value } => (bpf::B, at, u32::from(value)),
                Field::Word { at, value } => (bpf::W, at, FilterInstruction::host_u32(value)),
            };
            program.extend([load(size, PAYLOAD_AT + u32::from(at)), jump_if(value, 1)]);
            program.push(leave(REJECT));
        }
        program.push(leave(ACCEPT));
        program
    }
}

impl Field {
    fn holds(self, payload: &[u8]) -> bool {
        match self {
            Self::Byte { at, value } => payload.get(usize::from(at)) == Some(&value),
            Self::Word { at, value } => {
                let from = payload.get(usize::from(at)..).unwrap_or_default();
                from.first_chunk()
                    .is_some_and(|bytes| u32::from_ne_bytes(*bytes) == value)
            }
        }
    }
}

const fn load(size: u16, at: u32) -> FilterInstruction {
    FilterInstruction::statement(bpf::LD | size | bpf::ABS, at)
}

/// Skips so many instructions if the accumulator has this value.
const fn jump_if(value: u32, skip: u8) -> FilterInstruction {
    FilterInstruction::jump(bpf::JMP | bpf::JEQ | bpf::K, value, skip, 0)
}

const fn leave(bytes: u32) -> FilterInstruction {
    FilterInstruction::statement(bpf::RET | bpf::K, bytes)
}

/// Bytes to keep of a datagram: none, or all.
const REJECT: u32 = 0;
const ACCEPT: u32 = u32::MAX;

/// Where `nlmsg_type` and the payload are in a datagram.
const TYPE_AT: u32 = 4;
const PAYLOAD_AT: u32 = 16;

/// Types that the kernel's program looks for; a jump spans 255 instructions.
/// Longer lists are looked at in the subscription alone.
const MAX_TYPES: usize = 200;
/// Fields looked at.
const MAX_FIELDS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use netlane_wire::{Flags, Message};

    /// Runs the few instructions that the programs use, as the kernel would.
    fn run(program: &[FilterInstruction], datagram: &[u8]) -> bool {
        let (mut at, mut accumulator) = (0, 0);
        loop {
            let FilterInstruction {
                code, jump_true, k, ..
            } = program[at];
            at += 1;
            let offset = usize::try_from(k).unwrap();
            if code == bpf::RET | bpf::K {
                return k != 0;
            } else if code == bpf::JMP | bpf::JEQ | bpf::K {
                at += if accumulator == k {
                    usize::from(jump_true)
                } else {
                    0
                };
            } else {
                let width = if code & bpf::B != 0 {
                    1
                } else if code & bpf::H != 0 {
                    2
                } else {
                    4
                };
                let Some(bytes) = datagram.get(offset..offset + width) else {
                    return false;
                };
                accumulator = bytes
                    .iter()
                    .fold(0, |value, byte| value << 8 | u32::from(*byte));
            }
        }
    }

    fn event(kind: u16, family: u8, index: u32) -> Vec<u8> {
        let mut header = [0; 16];
        header[0] = family;
        header[4..8].copy_from_slice(&index.to_ne_bytes());
        Message::new(kind, Flags::empty())
            .with_header(&header)
            .finish()
            .unwrap()
    }

    #[test]
    fn the_kernels_program_and_the_subscription_agree() {
        let filters = [
            Filter::new(),
            Filter::new().types([16]),
            Filter::new().types([20, 16, 21]).family(2),
            Filter::new().interface(3),
            Filter::new().types(0..300),
            Filter::new().byte(200, 0),
        ];
        for filter in filters {
            let program = filter.program();
            for kind in [16, 17, 20, 21, 301] {
                for family in [0, 2, 10] {
                    for index in [0, 3, 0x0300_0000] {
                        let bytes = event(kind, family, index);
                        let passes = filter.passes(FrameView::new(&bytes).unwrap());
                        let kept = run(&program, &bytes);
                        assert!(kept || !passes, "{filter:?} loses {kind} {family} {index}");
                        assert!(
                            kept == passes || filter.types.len() > MAX_TYPES,
                            "{filter:?}"
                        );
                    }
                }
            }
        }
    }
}
