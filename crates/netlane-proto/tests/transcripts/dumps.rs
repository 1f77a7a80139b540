//! A dump on a socket of its own: entries, the end, damage.

use netlane_proto::{Datagram, DumpReader, Outcome};
use netlane_wire::{Flags, FrameView};

use crate::stage::{DATA, ack_of, describe, frame};

const LIST: u32 = 3;

fn entry(sequence: u32) -> Vec<u8> {
    frame(DATA, Flags::MULTI, sequence, b"entry")
}

fn end(errno: i32) -> Vec<u8> {
    frame(3, Flags::MULTI, LIST, &(-errno).to_ne_bytes())
}

/// Entries, strangers and the end of one datagram.
fn feed(reader: &mut DumpReader, bytes: &[u8]) -> (usize, usize, Option<String>) {
    let datagram = Datagram::from_kernel(bytes);
    let part = reader.feed(&datagram);
    (part.entries, part.strangers, part.end.map(describe))
}

#[test]
fn entries_are_counted_until_done() {
    let mut reader = DumpReader::new(LIST);
    let chunk = [entry(LIST), entry(LIST)].concat();
    assert_eq!(feed(&mut reader, &chunk), (2, 0, None));
    let last = [entry(LIST), end(0)].concat();
    assert_eq!(feed(&mut reader, &last), (1, 0, Some("complete".into())));
    assert!(!reader.is_interrupted());
}

#[test]
fn leftovers_of_another_dump_are_strangers() {
    let mut reader = DumpReader::new(LIST);
    let mixed = [entry(2), ack_of(2, 16), entry(LIST), ack_of(0, 0)].concat();
    assert_eq!(feed(&mut reader, &mixed), (1, 3, None));
}

#[test]
fn what_is_no_frame_is_malformed_unless_it_was_cut() {
    let broken = [&entry(LIST)[..], &[7; 20]].concat();
    for (full_len, malformed) in [(broken.len(), true), (broken.len() + 1, false)] {
        let datagram = Datagram {
            full_len,
            ..Datagram::from_kernel(&broken)
        };
        let part = DumpReader::new(LIST).feed(&datagram);
        assert_eq!((part.entries, part.strangers), (1, 0));
        assert_eq!(part.malformed, malformed);
    }
}

#[test]
fn a_dump_is_refused_by_error_or_by_done() {
    for bytes in [ack_of(LIST, 16), end(16)] {
        let mut reader = DumpReader::new(LIST);
        assert_eq!(feed(&mut reader, &bytes), (0, 0, Some("refused 16".into())));
    }
}

#[test]
fn a_hole_spoils_the_good_end_but_not_the_refusal() {
    let long = entry(LIST);
    let cut = Datagram {
        full_len: 500,
        ..Datagram::from_kernel(&long)
    };
    let mut reader = DumpReader::new(LIST);
    assert_eq!(reader.feed(&cut).entries, 1);
    assert_eq!(
        feed(&mut reader, &end(0)),
        (0, 0, Some("truncated at 500".into()))
    );
    let mut reader = DumpReader::new(LIST);
    reader.damage(0);
    assert_eq!(feed(&mut reader, &end(5)).2, Some("refused 5".into()));
}

#[test]
fn an_interruption_is_remembered_from_any_frame() {
    let mut reader = DumpReader::new(LIST);
    let flags = Flags::MULTI | Flags::DUMP_INTR;
    feed(&mut reader, &frame(DATA, flags, LIST, b"entry"));
    assert!(reader.is_interrupted());
    assert_eq!(
        feed(&mut reader, &end(0)).2,
        Some("complete, interrupted".into())
    );
}

#[test]
fn an_overrun_message_ends_it_and_noise_does_not() {
    let mut reader = DumpReader::new(LIST);
    for kind in [1, 5] {
        let noise = frame(kind, Flags::empty(), LIST, &[]);
        assert_eq!(feed(&mut reader, &noise), (0, 0, None));
    }
    assert_eq!(feed(&mut reader, &[7; 9]), (0, 0, None));
    let overrun = frame(4, Flags::empty(), LIST, &[]);
    assert_eq!(feed(&mut reader, &overrun).2, Some("overrun".into()));
}

#[test]
fn an_entry_is_a_data_frame_of_this_dump() {
    let reader = DumpReader::new(LIST);
    let is_entry = |bytes: &[u8]| reader.is_entry(FrameView::new(bytes).unwrap());
    assert!(is_entry(&entry(LIST)));
    assert!(!is_entry(&entry(LIST + 1)) && !is_entry(&end(0)));
}

#[test]
fn a_warning_in_done_is_kept() {
    let mut payload = 0i32.to_ne_bytes().to_vec();
    payload.extend([8u16.to_ne_bytes(), 1u16.to_ne_bytes()].concat());
    payload.extend(b"old\0");
    let bytes = frame(3, Flags::MULTI | Flags::ACK_TLVS, LIST, &payload);
    let datagram = Datagram::from_kernel(&bytes);
    let mut reader = DumpReader::new(LIST);
    let Some(Outcome::Complete { extended, .. }) = reader.feed(&datagram).end else {
        panic!("a DONE without error completes");
    };
    assert_eq!(extended.message(), Some("old"));
}
