//! The two walks: frames of a datagram, attributes of a payload.

use bytes::Bytes;
use netlane_wire::{
    AttributeReason, Attributes, Boundary, Flags, Frame, FrameView, Frames, Header, Malformed,
    MalformedReason, Message, set_sequence_port,
};

/// A header alone, with this length field.
fn header(len: u32, sequence: u32) -> Vec<u8> {
    let header = Header {
        len,
        kind: 16,
        flags: Flags::REQUEST,
        sequence,
        port: 9,
    };
    header.to_bytes().to_vec()
}

fn attribute(len: u16, kind: u16, payload: &[u8]) -> Vec<u8> {
    [&len.to_ne_bytes()[..], &kind.to_ne_bytes(), payload].concat()
}

#[test]
fn an_empty_datagram_has_no_frames() {
    assert_eq!(Frames::new(&[]).count(), 0);
    assert!(Frame::take(&mut Bytes::new()).is_none());
}

#[test]
fn frames_come_in_order_and_padding_is_skipped() {
    let datagram = [header(17, 1), vec![0xaa, 0, 0, 0], header(16, 2)].concat();
    let frames: Vec<_> = Frames::new(&datagram).map(Result::unwrap).collect();
    assert_eq!(frames.len(), 2);
    assert_eq!(frames[0].header().sequence, 1);
    assert_eq!(frames[0].payload(), [0xaa]);
    assert_eq!(frames[0].bytes().len(), 17);
    assert_eq!(frames[1].header().sequence, 2);
    assert_eq!(frames[1].payload(), [0_u8; 0]);
}

#[test]
fn an_unaligned_tail_is_a_frame() {
    let datagram = [header(16, 1), header(19, 2), vec![1, 2, 3]].concat();
    let frames: Vec<_> = Frames::new(&datagram).map(Result::unwrap).collect();
    assert_eq!(frames[1].payload(), [1, 2, 3]);
    assert_eq!(frames.len(), 2);
}

#[test]
fn a_wrong_length_is_the_last_item_and_says_where() {
    for (len, reason) in [
        (0, MalformedReason::TooShort { len: 0 }),
        (8, MalformedReason::TooShort { len: 8 }),
        (15, MalformedReason::TooShort { len: 15 }),
        (
            33,
            MalformedReason::PastEnd {
                len: 33,
                remaining: 32,
            },
        ),
        (
            u32::MAX,
            MalformedReason::PastEnd {
                len: u32::MAX,
                remaining: 32,
            },
        ),
    ] {
        let datagram = [header(16, 1), header(len, 2), header(16, 3)].concat();
        let mut frames = Frames::new(&datagram);
        assert_eq!(frames.next().unwrap().unwrap().header().sequence, 1);
        assert_eq!(frames.next(), Some(Err(Malformed { offset: 16, reason })));
        assert_eq!(frames.next(), None, "after nlmsg_len {len}");
    }
}

#[test]
fn a_fragment_is_an_error_with_its_size() {
    let datagram = [header(16, 1), vec![0; 7]].concat();
    let last = Frames::new(&datagram).last().unwrap();
    let reason = MalformedReason::Fragment { bytes: 7 };
    assert_eq!(last, Err(Malformed { offset: 16, reason }));
}

#[test]
fn taking_frames_off_a_datagram_shares_its_memory_and_agrees_with_the_walk() {
    let bytes = [header(18, 1), vec![5, 6, 0, 0], header(16, 2), header(5, 3)].concat();
    let mut datagram = Bytes::from(bytes.clone());
    let start = datagram.as_ptr();
    let first = Frame::take(&mut datagram).unwrap().unwrap();
    assert_eq!(first.bytes().as_ptr(), start);
    let second = Frame::take(&mut datagram).unwrap().unwrap();
    let third = Frame::take(&mut datagram).unwrap();
    assert!(Frame::take(&mut datagram).is_none());
    let walked: Vec<_> = Frames::new(&bytes).collect();
    assert_eq!(walked[0].unwrap(), first.view());
    assert_eq!(walked[1].unwrap(), second.view());
    assert_eq!(walked[2].unwrap_err().reason, third.unwrap_err().reason);
}

#[test]
fn a_single_frame_may_have_padding_but_no_follower() {
    let padded = [header(17, 1), vec![7, 0, 0, 0]].concat();
    assert_eq!(FrameView::new(&padded).unwrap().payload(), [7]);
    let frame = Frame::from_bytes(Bytes::from(padded)).unwrap();
    assert_eq!(frame.bytes().len(), 17);
    let two = [header(16, 1), header(16, 2)].concat();
    let error = FrameView::new(&two).unwrap_err();
    assert_eq!(error.reason, MalformedReason::Trailing { bytes: 16 });
    assert_eq!(error.offset, 16);
    assert!(Frame::from_bytes(Bytes::from(two)).is_err());
    assert!(Frame::from_bytes(Bytes::new()).is_err());
}

#[test]
fn a_boundary_tells_padding_from_message() {
    let boundary = Boundary::first(&[header(18, 1), vec![1, 2]].concat()).unwrap();
    assert_eq!((boundary.len, boundary.next), (18, 20));
}

#[test]
fn a_family_header_that_is_not_there_is_none_and_has_no_attributes() {
    let bytes = [header(20, 1), vec![1, 2, 3, 4]].concat();
    let frame = FrameView::new(&bytes).unwrap();
    assert_eq!(frame.family_header(4), Some(&[1, 2, 3, 4][..]));
    assert_eq!(frame.family_header(5), None);
    assert_eq!(frame.attributes(8).count(), 0);
    assert_eq!(frame.attributes(usize::MAX).count(), 0);
}

#[test]
fn attributes_lie_behind_the_padded_family_header() {
    let bytes = Message::new(16, Flags::REQUEST)
        .with_header(&[1])
        .with_u8(7, 9)
        .finish()
        .unwrap();
    let frame = FrameView::new(&bytes).unwrap();
    assert_eq!(frame.attributes(1).find(7).unwrap().u8(), Ok(9));
}

#[test]
fn the_last_attribute_may_lack_its_padding() {
    let bytes = attribute(5, 1, &[42]);
    let attributes: Vec<_> = Attributes::new(&bytes).map(Result::unwrap).collect();
    assert_eq!(attributes.len(), 1);
    assert_eq!(attributes[0].u8(), Ok(42));
}

#[test]
fn a_broken_attribute_is_the_last_item() {
    let good = attribute(8, 1, &[1, 2, 3, 4]);
    for (bad, kind, reason) in [
        (
            attribute(3, 2, &[]),
            2,
            AttributeReason::TooShort { len: 3 },
        ),
        (
            attribute(0, 0, &[]),
            0,
            AttributeReason::TooShort { len: 0 },
        ),
        (
            attribute(9, 0x8002, &[1]),
            2,
            AttributeReason::PastEnd {
                len: 9,
                remaining: 5,
            },
        ),
        (vec![1, 2, 3], 0, AttributeReason::Fragment { bytes: 3 }),
    ] {
        let bytes = [good.clone(), bad].concat();
        let mut walk = Attributes::new(&bytes);
        assert_eq!(walk.next().unwrap().unwrap().kind(), 1);
        let error = walk.next().unwrap().unwrap_err();
        assert_eq!((error.kind, error.reason), (kind, reason));
        assert_eq!(walk.next(), None);
    }
}

#[test]
fn finding_takes_the_first_and_stops_at_garbage() {
    let bytes = [
        attribute(8, 1, &[1, 0, 0, 0]),
        attribute(8, 1, &[2, 0, 0, 0]),
        attribute(2, 5, &[]),
        attribute(8, 3, &[3, 0, 0, 0]),
    ]
    .concat();
    let attributes = Attributes::new(&bytes);
    assert_eq!(attributes.find(1).unwrap().payload(), [1, 0, 0, 0]);
    assert_eq!(attributes.find(3), None);
}

#[test]
fn sequence_and_port_are_patched_in_place_and_short_input_is_left_alone() {
    let mut bytes = header(16, 0);
    set_sequence_port(&mut bytes, 0x0102_0304, 0x0506_0708);
    let header = Header::read(&bytes).unwrap();
    assert_eq!((header.sequence, header.port), (0x0102_0304, 0x0506_0708));
    assert_eq!((header.len, header.kind), (16, 16));
    let mut short = [1; 15];
    set_sequence_port(&mut short, 9, 9);
    assert_eq!(short, [1; 15]);
    assert_eq!(Header::read(&short), None);
}
