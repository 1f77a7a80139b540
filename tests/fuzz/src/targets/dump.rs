//! A dump's reader, against the loop that a C program writes around `recvmsg`.
//!
//! The input is several datagrams: one byte says where the first is cut off the rest, and whether
//! the socket cut it too. The dump is the one that the first message names.

use netlane_proto::{Datagram, DumpReader, Outcome};
use netlane_wire::{Frames, arithmetic::nlmsg_ok};

use super::{offset, u16_at, u32_at};

pub(super) fn target(data: &[u8]) {
    let Some((&shape, data)) = data.split_first() else {
        return;
    };
    let sequence = if data.len() >= 12 { u32_at(data, 8) } else { 1 };
    let mut reader = DumpReader::new(sequence);
    let mut damaged = false;
    let size = (usize::from(shape & 0x3f) + 1) * 16;
    for (index, bytes) in data.chunks(size).enumerate() {
        let cut = index == 0 && shape & 0x80 != 0;
        damaged |= cut;
        let datagram = Datagram {
            full_len: bytes.len() + usize::from(cut),
            ..Datagram::from_kernel(bytes)
        };
        let was_interrupted = reader.is_interrupted();
        let part = reader.feed(&datagram);
        let expected = naive(bytes, sequence);
        assert_eq!(
            (part.entries, part.strangers, part.malformed),
            (
                expected.entries,
                expected.strangers,
                expected.malformed && !cut
            )
        );
        let interrupted = was_interrupted || expected.interrupted;
        assert_eq!(
            reader.is_interrupted(),
            interrupted,
            "it is never forgotten"
        );
        assert_eq!(end(part.end.as_ref(), damaged), expected.end);
        let found = Frames::new(bytes).flatten();
        assert_eq!(
            found.filter(|frame| reader.is_entry(*frame)).count(),
            part.entries
        );
    }
}

/// The end of a dump as C sees it.
#[derive(Debug, PartialEq, Eq)]
enum End {
    Good,
    Errno(i32),
    Overrun,
}

fn end(outcome: Option<&Outcome<'_>>, damaged: bool) -> Option<End> {
    Some(match outcome? {
        Outcome::Complete { .. } => {
            assert!(!damaged, "a dump with a hole is no complete one");
            End::Good
        }
        Outcome::Truncated { .. } => {
            assert!(damaged, "nothing was cut");
            End::Good
        }
        Outcome::Refused { errno, .. } => End::Errno(*errno),
        Outcome::Overrun => End::Overrun,
        other => panic!("a dump does not end as {other:?}"),
    })
}

#[derive(Default)]
struct Naive {
    entries: usize,
    strangers: usize,
    malformed: bool,
    interrupted: bool,
    end: Option<End>,
}

fn naive(bytes: &[u8], sequence: u32) -> Naive {
    let mut found = Naive::default();
    let mut rest = bytes;
    while !rest.is_empty() {
        if rest.len() < 16 || !nlmsg_ok(u32_at(rest, 0), rest.len()) {
            found.malformed = true;
            break;
        }
        let len = offset(u32_at(rest, 0));
        message(&rest[..len], sequence, &mut found);
        rest = rest.get(len.next_multiple_of(4)..).unwrap_or(&[]);
    }
    found
}

fn message(bytes: &[u8], sequence: u32, found: &mut Naive) {
    if u32_at(bytes, 8) != sequence {
        found.strangers += 1;
        return;
    }
    found.interrupted |= u16_at(bytes, 6) & 0x10 != 0;
    let code = bytes.get(16..20).map(|_| u32_at(bytes, 16).cast_signed());
    let ended = |code: i32| match code {
        0 => End::Good,
        code => End::Errno(code.saturating_abs()),
    };
    match (u16_at(bytes, 4), code) {
        (16.., _) => found.entries += 1,
        (2, Some(code)) => found.end = Some(ended(code)),
        (3, code) => found.end = Some(ended(code.unwrap_or(0))),
        (4, _) => found.end = Some(End::Overrun),
        _ => {}
    }
}
