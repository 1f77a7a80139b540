//! Control messages that a kernel at hand does not send: warnings, broken and odd ones.

use netlane_wire::{Control, ExtendedAck, Flags, Frame, Header, Message, PolicyKind, kind};

fn frame(message: Message) -> Frame {
    Frame::from_bytes(message.finish().unwrap().into()).unwrap()
}

/// The code and the copy of the request's header in `struct nlmsgerr`.
fn nlmsgerr(code: i32, request_len: u32) -> Vec<u8> {
    let header = Header {
        len: request_len,
        kind: 18,
        sequence: 5,
        ..Header::default()
    };
    [&code.to_ne_bytes()[..], &header.to_bytes()].concat()
}

/// Runs `check` on the errno and the extended ACK of an `NLMSG_ERROR`.
fn check_error(message: Message, check: impl FnOnce(i32, ExtendedAck<'_>)) {
    let frame = frame(message);
    let Control::Ack(ack) = frame.control() else {
        panic!("{frame} is not an acknowledgement")
    };
    check(ack.errno(), ack.extended());
}

#[test]
fn a_warning_on_success_is_kept() {
    let message = Message::new(kind::ERROR, Flags::CAPPED | Flags::ACK_TLVS)
        .with_header(&nlmsgerr(0, 300))
        .with_text(1, "this is deprecated")
        .with_attribute(3, &[1, 2, 3]);
    check_error(message, |errno, extended| {
        assert_eq!(errno, 0);
        assert_eq!(extended.message(), Some("this is deprecated"));
        assert_eq!(extended.cookie(), Some(&[1, 2, 3][..]));
        let owned = extended.into_owned();
        assert_eq!(owned.to_string(), "this is deprecated, cookie 010203");
        assert!(!owned.is_empty());
    });
}

#[test]
fn without_capped_the_attributes_follow_the_padded_request() {
    // A request of 21 bytes: 5 of payload and 3 of padding.
    let message = Message::new(kind::ERROR, Flags::ACK_TLVS)
        .with_header(&nlmsgerr(-22, 21))
        .with_header(&[9, 9, 9, 9, 9])
        .with_text(1, "why")
        .with_u32(2, 16);
    let frame = frame(message);
    let Control::Ack(ack) = frame.control() else {
        panic!("not an acknowledgement")
    };
    assert_eq!(ack.request().unwrap().len(), 21);
    assert_eq!(ack.extended().message(), Some("why"));
    assert_eq!(ack.extended().offset(), Some(16));
}

#[test]
fn an_inner_length_that_lies_gives_an_empty_extended_ack() {
    for len in [0, 15, 4000, u32::MAX] {
        let message = Message::new(kind::ERROR, Flags::ACK_TLVS)
            .with_header(&nlmsgerr(-22, len))
            .with_text(1, "why");
        check_error(message, |errno, extended| {
            assert_eq!(errno, 22);
            assert!(extended.is_empty(), "inner length {len}");
        });
    }
}

#[test]
fn without_the_flag_there_is_no_extended_ack() {
    let message = Message::new(kind::ERROR, Flags::CAPPED)
        .with_header(&nlmsgerr(-22, 16))
        .with_text(1, "not announced");
    check_error(message, |_, extended| assert!(extended.is_empty()));
}

#[test]
fn positive_and_extreme_codes_are_understood() {
    for (code, errno) in [(-22, 22), (22, 22), (0, 0), (i32::MIN, i32::MAX)] {
        let message = Message::new(kind::ERROR, Flags::empty()).with_header(&nlmsgerr(code, 16));
        check_error(message, |found, _| assert_eq!(found, errno, "code {code}"));
    }
}

#[test]
fn an_error_without_the_request_header_still_has_its_code() {
    let frame = frame(Message::raw(
        kind::ERROR,
        Flags::ACK_TLVS,
        &(-1_i32).to_ne_bytes(),
    ));
    let Control::Ack(ack) = frame.control() else {
        panic!("not an acknowledgement")
    };
    assert_eq!(
        (ack.errno(), ack.request_header(), ack.request()),
        (1, None, None)
    );
    assert!(ack.extended().is_empty());
}

#[test]
fn an_error_without_code_is_malformed() {
    for len in 0..4 {
        let frame = frame(Message::raw(kind::ERROR, Flags::empty(), &vec![0; len]));
        assert_eq!(frame.control(), Control::Malformed);
    }
}

#[test]
fn done_carries_its_extended_ack_behind_the_code() {
    let message = Message::new(
        kind::DONE,
        Flags::MULTI | Flags::ACK_TLVS | Flags::DUMP_INTR,
    )
    .with_header(&0_i32.to_ne_bytes())
    .with_text(1, "only a part was dumped");
    let frame = frame(message);
    let Control::Done(done) = frame.control() else {
        panic!("not DONE")
    };
    assert_eq!((done.errno(), done.is_interrupted()), (0, true));
    assert_eq!(done.extended().message(), Some("only a part was dumped"));
}

#[test]
fn done_tolerates_no_code_a_positive_code_and_announced_attributes_that_are_missing() {
    let empty = frame(Message::new(kind::DONE, Flags::MULTI));
    assert!(matches!(empty.control(), Control::Done(done) if done.errno() == 0));
    let count = frame(Message::raw(kind::DONE, Flags::MULTI, &7_i32.to_ne_bytes()));
    assert!(matches!(count.control(), Control::Done(done) if done.code() == 7));
    let flags = Flags::MULTI | Flags::ACK_TLVS;
    let missing = frame(Message::raw(kind::DONE, flags, &(-90_i32).to_ne_bytes()));
    assert!(matches!(missing.control(), Control::Done(done)
        if done.errno() == 90 && done.extended().is_empty()));
}

#[test]
fn types_are_told_apart() {
    let control = |kind| frame(Message::new(kind, Flags::empty())).control() == Control::Data;
    let plain = |kind| match frame(Message::new(kind, Flags::empty())).control() {
        Control::Noop => "noop",
        Control::Overrun => "overrun",
        Control::Unknown => "unknown",
        _ => "other",
    };
    assert_eq!(
        [1, 4, 0, 5, 15].map(plain),
        ["noop", "overrun", "unknown", "unknown", "unknown"]
    );
    assert!([16, 17, u16::MAX].into_iter().all(control));
}

#[test]
fn missing_types_and_nests_and_policies_are_complete() {
    let message = Message::new(kind::ERROR, Flags::CAPPED | Flags::ACK_TLVS)
        .with_header(&nlmsgerr(-22, 60))
        .with_u32(2, 20)
        .with_u32(5, 3)
        .with_u32(6, 24)
        .with_nest(4, |policy| {
            policy.u32(1, 9).i64(2, -5).i64(3, 5).u32(6, 1).u32(7, 16);
            policy.u32(8, 4).u32(9, 30).u32(10, 0xf).u64(12, 0xff);
        });
    check_error(message, |_, extended| {
        assert_eq!(extended.missing_type(), Some(3));
        assert_eq!(extended.missing_nest(), Some(24));
        let policy = extended.policy().unwrap();
        assert_eq!(policy.kind, Some(PolicyKind::S64));
        assert_eq!((policy.min_signed, policy.max_signed), (Some(-5), Some(5)));
        assert_eq!((policy.min_length, policy.max_length), (Some(1), Some(16)));
        assert_eq!(
            (policy.nested_policy, policy.nested_max_kind),
            (Some(4), Some(30))
        );
        assert_eq!(
            (policy.bitfield32_mask, policy.mask),
            (Some(0xf), Some(0xff))
        );
        let line = extended.into_owned().to_string();
        let expected = "at byte 20 of the request, \
            expected s64 in -5..=5 of 1..=16 bytes within 0xff of kinds up to 30, \
            attribute 3 is missing, in the nest at byte 24";
        assert_eq!(line, expected);
    });
}

#[test]
fn every_type_of_a_policy_has_its_name() {
    let names: Vec<_> = (0..=18)
        .map(|number| PolicyKind::from_number(number).name())
        .collect();
    let expected = "nothing flag u8 u16 u32 u64 s8 s16 s32 s64 binary string nul-string nested \
        nested-array bitfield32 sint uint unknown";
    assert_eq!(names.join(" "), expected);
}

#[test]
fn garbage_attributes_read_as_absent() {
    let message = Message::new(kind::ERROR, Flags::CAPPED | Flags::ACK_TLVS)
        .with_header(&nlmsgerr(-22, 16))
        .with_u8(2, 1)
        .with_attribute(1, b"\xff\xfe\0")
        .with_header(&[0xff; 9]);
    check_error(message, |_, extended| {
        assert_eq!(extended.offset(), None);
        assert_eq!(extended.message(), None);
        assert_eq!(extended.message_bytes(), Some(&b"\xff\xfe"[..]));
        assert_eq!(extended.policy(), None);
        let message = extended.into_owned().message;
        assert_eq!(message.as_deref(), Some("\u{fffd}\u{fffd}"));
    });
}
