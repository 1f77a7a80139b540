//! The frame walk, against the loop that every C program writes with `NLMSG_OK`.

use bytes::Bytes;
use netlane_wire::arithmetic::{nlmsg_next, nlmsg_ok};
use netlane_wire::{Frame, FrameView, Frames};

use super::{offset, u32_at};

pub(super) fn target(data: &[u8]) {
    let (expected, clean) = naive(data);
    let walked: Vec<_> = Frames::new(data).collect();
    let found: Vec<&[u8]> = walked.iter().flatten().map(FrameView::bytes).collect();
    assert_eq!(found, expected, "the walk finds other frames than C");
    assert_eq!(walked.iter().all(Result::is_ok), clean);
    assert!(
        walked.iter().rev().skip(1).all(Result::is_ok),
        "an error is not the last item"
    );

    let mut datagram = Bytes::copy_from_slice(data);
    for frame in &walked {
        let taken = Frame::take(&mut datagram).expect("as many as were walked");
        assert_eq!(taken.is_ok(), frame.is_ok());
        if let (Ok(taken), Ok(frame)) = (taken, frame) {
            assert_eq!(taken.view(), *frame);
            views(&taken);
        }
    }
    assert!(Frame::take(&mut datagram).is_none());
}

/// What C finds, and whether nothing is left over.
fn naive(data: &[u8]) -> (Vec<&[u8]>, bool) {
    let mut found = Vec::new();
    let mut rest = data;
    while rest.len() >= 16 && nlmsg_ok(u32_at(rest, 0), rest.len()) {
        let len = u32_at(rest, 0);
        found.push(&rest[..offset(len)]);
        match nlmsg_next(len, rest.len()) {
            Some((next, _)) => rest = &rest[next..],
            None => rest = &[],
        }
    }
    (found, rest.is_empty())
}

/// Frames show themselves without failing, and one view gives the other.
fn views(frame: &Frame) {
    assert!(
        !frame.to_string().contains('\n'),
        "the one-line view has one line"
    );
    let lines = frame.hex().to_string().lines().count();
    assert_eq!(lines, frame.bytes().len().div_ceil(16));
    assert_eq!(
        FrameView::new(frame.bytes())
            .expect("it was found")
            .header(),
        frame.header()
    );
    assert_eq!(Frame::from_bytes(frame.bytes().clone()).as_ref(), Ok(frame));
    assert_eq!(frame.payload().len() + 16, frame.bytes().len());
}
