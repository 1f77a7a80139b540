//! The crate against what a kernel really sent.

use netlane_wire::{
    Acknowledgement, Control, Done, Flags, Frame, Frames, PolicyKind, missing_path, path_of,
};

use crate::captures::*;

/// The only frame of a recorded datagram.
fn frame(hex: &str) -> Frame {
    Frame::from_bytes(bytes(hex).into()).unwrap()
}

fn acknowledgement(hex: &str, check: impl FnOnce(Acknowledgement<'_>)) {
    let frame = frame(hex);
    match frame.control() {
        Control::Ack(ack) => check(ack),
        other => panic!("{other:?} is not an acknowledgement\n{}", frame.hex()),
    }
}

fn done(hex: &str, check: impl FnOnce(Done<'_>)) {
    let frame = frame(hex);
    match frame.control() {
        Control::Done(done) => check(done),
        other => panic!("{other:?} is not DONE\n{}", frame.hex()),
    }
}

#[test]
fn a_ping_is_acknowledged() {
    assert_eq!(frame(PING_ACK).header().flags, Flags::CAPPED);
    acknowledgement(PING_ACK, |ack| {
        assert_eq!(ack.errno(), 0);
        assert!(ack.extended().is_empty());
        let request = ack.request_header().unwrap();
        assert_eq!((request.len, request.kind, request.sequence), (16, 1, 7));
    });
}

#[test]
fn a_link_has_its_attributes() {
    let frame = frame(LINK_LO);
    assert_eq!(frame.control(), Control::Data);
    let attributes = frame.attributes(16);
    assert_eq!(attributes.find(3).unwrap().text(), Ok("lo"));
    assert_eq!(attributes.find(4).unwrap().u32(), Ok(65536), "IFLA_MTU");
    assert_eq!(attributes.find(1).unwrap().array::<6>(), Ok([0; 6]));
    let families = attributes.find(26).unwrap();
    assert!(!families.is_nested(), "IFLA_AF_SPEC nests without the flag");
    let kinds: Vec<_> = families.nests().map(|family| family.unwrap().0).collect();
    assert_eq!(kinds, [2, 10], "AF_INET and AF_INET6");
    assert!(attributes.clone().all(|attribute| attribute.is_ok()));
}

#[test]
fn a_refusal_may_have_no_reason() {
    acknowledgement(NO_SUCH_LINK, |ack| {
        assert_eq!(ack.errno(), 19);
        assert!(ack.extended().is_empty());
    });
}

#[test]
fn a_datagram_of_a_dump_has_many_frames() {
    let datagram = bytes(ADDRESSES);
    let frames: Vec<_> = Frames::new(&datagram).map(Result::unwrap).collect();
    assert_eq!(frames.len(), 5);
    for frame in &frames {
        assert_eq!(
            (frame.header().kind, frame.header().flags),
            (20, Flags::MULTI)
        );
        assert_eq!(frame.attributes(8).find(8).unwrap().payload().len(), 4);
    }
    let loopback = frames[0].attributes(8).find(1).unwrap();
    assert_eq!(loopback.be_u32(), Ok(0x7f00_0001));
    let v6 = frames[2].attributes(8).find(1).unwrap();
    assert_eq!(v6.be_u128(), Ok(1), "::1");
    done(ADDRESSES_DONE, |done| assert_eq!(done.code(), 0));
}

#[test]
fn a_failed_dump_ends_in_done_with_errno_and_reason() {
    done(DONE_BAD_HEADER, |done| {
        assert_eq!((done.errno(), done.code()), (22, -22));
        let message = "ipv4: Invalid values in header for address dump request";
        assert_eq!(done.extended().message(), Some(message));
    });
    done(DONE_NO_TABLE, |done| {
        assert_eq!(done.errno(), 2);
        assert_eq!(
            done.extended().message(),
            Some("ipv4: FIB table does not exist")
        );
    });
    done(DONE_NO_PROTOCOL, |done| {
        assert_eq!((done.errno(), done.extended().is_empty()), (2, true));
    });
}

#[test]
fn done_carries_a_policy_too() {
    done(DONE_POLICY, |done| {
        assert_eq!(done.errno(), 34);
        assert_eq!(done.extended().offset(), Some(28));
        let policy = done.extended().policy().unwrap();
        assert_eq!(policy.to_string(), "u32 in 0..=4294967295");
    });
}

#[test]
fn capped_and_echoed_refusals_say_the_same() {
    let request = bytes(POLICY_REQUEST);
    for capture in [POLICY_CAPPED, POLICY_ECHOED] {
        acknowledgement(capture, |ack| {
            let extended = ack.extended();
            assert_eq!(ack.errno(), 34);
            assert_eq!(ack.request_header().unwrap().len, 40);
            assert_eq!(
                extended.message(),
                Some("Attribute failed policy validation")
            );
            assert_eq!(extended.policy().unwrap().kind, Some(PolicyKind::U32));
            let offset = extended.offset().unwrap();
            assert_eq!(path_of(&request, 16, offset, None).unwrap(), "29");
        });
    }
    acknowledgement(POLICY_CAPPED, |ack| assert_eq!(ack.request(), None));
    acknowledgement(POLICY_ECHOED, |ack| {
        assert_eq!(ack.request(), Some(&request[..]))
    });
}

#[test]
fn a_missing_attribute_is_named_by_its_type() {
    for capture in [MISSING_TYPE_CAPPED, MISSING_TYPE_ECHOED] {
        acknowledgement(capture, |ack| {
            let extended = ack.extended();
            assert_eq!((ack.errno(), extended.message()), (22, None));
            assert_eq!(
                (extended.missing_type(), extended.missing_nest()),
                (Some(1), None)
            );
            assert_eq!(extended.into_owned().to_string(), "attribute 1 is missing");
        });
    }
}

#[test]
fn a_range_is_stated() {
    acknowledgement(OUT_OF_RANGE, |ack| {
        let extended = ack.extended();
        assert_eq!(extended.message(), Some("integer out of range"));
        let policy = extended.policy().unwrap();
        assert_eq!(policy.min_unsigned, Some(1));
        assert_eq!(policy.max_unsigned, Some(u64::from(u32::MAX)));
        assert_eq!(policy.to_string(), "u32 in 1..=4294967295");
    });
}

#[test]
fn an_offset_inside_of_a_nest_has_its_path() {
    let request = bytes(NESTED_REQUEST);
    acknowledgement(NESTED_REFUSAL, |ack| {
        assert_eq!(ack.extended().message(), Some("Unknown attribute type"));
        let offset = ack.extended().offset().unwrap();
        assert_eq!(path_of(&request, 4, offset, None).unwrap(), "1.99");
        assert_eq!(
            missing_path(&request, 4, (2, Some(20)), None).unwrap(),
            "1.2"
        );
    });
}

#[test]
fn arrays_of_nests_of_a_family() {
    let frame = frame(FAMILY);
    let attributes = frame.attributes(4);
    assert_eq!(attributes.find(2).unwrap().text(), Ok("nlctrl"));
    let operations: Vec<_> = attributes
        .find(6)
        .unwrap()
        .nests()
        .map(|operation| operation.unwrap().1.find(1).unwrap().u32().unwrap())
        .collect();
    assert_eq!(operations, [3, 10], "GETFAMILY and GETPOLICY");
    let groups = attributes.find(7).unwrap();
    let (_, group) = groups.nests().next().unwrap().unwrap();
    assert_eq!(group.find(1).unwrap().text(), Ok("notify"));
}
