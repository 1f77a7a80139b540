//! The builder, and the values it writes read back.

use netlane_wire::{Attribute, BuildError, Flags, FrameView, Message};

fn message() -> Message {
    Message::new(16, Flags::REQUEST | Flags::ACK)
}

/// Builds, and hands the single attribute of kind 1 to `check`.
fn first(message: Message, check: impl FnOnce(Attribute<'_>)) {
    let bytes = message.finish().unwrap();
    let frame = FrameView::new(&bytes).unwrap();
    check(frame.attributes(0).find(1).unwrap());
}

#[test]
fn the_header_is_written_and_sequence_and_port_are_zero() {
    let mut message = message();
    message.set_flags(message.flags() | Flags::DUMP);
    let bytes = message.with_header(&[1, 2, 3, 4, 5]).finish().unwrap();
    let frame = FrameView::new(&bytes).unwrap();
    let header = frame.header();
    assert_eq!((header.len, header.kind), (24, 16));
    assert_eq!(header.flags, Flags::REQUEST | Flags::ACK | Flags::DUMP);
    assert_eq!((header.sequence, header.port), (0, 0));
    assert_eq!(frame.payload(), [1, 2, 3, 4, 5, 0, 0, 0]);
}

#[test]
fn a_raw_payload_is_not_padded() {
    let bytes = Message::raw(0x31, Flags::empty(), b"hello")
        .finish()
        .unwrap();
    assert_eq!(bytes.len(), 21);
    assert_eq!(FrameView::new(&bytes).unwrap().payload(), b"hello");
}

#[test]
fn an_attribute_behind_a_raw_payload_is_aligned() {
    let bytes = Message::raw(16, Flags::empty(), &[1]).with_nest(1, |nest| {
        nest.u8(2, 3);
    });
    let bytes = bytes.finish().unwrap();
    let nest = FrameView::new(&bytes)
        .unwrap()
        .attributes(1)
        .find(1)
        .unwrap();
    assert_eq!(nest.nested().find(2).unwrap().u8(), Ok(3));
}

/// An array of `N` bytes is written as the same bytes of unknown length are: behind every length of payload, where the
/// buffer has room, where it must grow, and after a mistake.
fn array_as_slice<const N: usize>() {
    let payload: [u8; N] = std::array::from_fn(|index| 1 + index.to_le_bytes()[0]);
    for before in 0..160 {
        let start = Message::raw(16, Flags::ACK, &vec![9; before]);
        let (mut array, mut slice) = (start.clone(), start);
        array.array(0x8001, payload).array(2, payload);
        slice.attribute(0x8001, &payload).attribute(2, &payload);
        assert_eq!(array.finish(), slice.finish(), "{N} behind {before}");
    }
    let failed = message().with_text(3, "\0").with_header(&[1; 4]);
    let mut array = failed.clone();
    array.array(1, payload);
    assert_eq!(array, failed, "later additions are ignored");
}

#[test]
fn an_array_is_written_as_its_slice_is() {
    array_as_slice::<0>();
    array_as_slice::<1>();
    array_as_slice::<3>();
    array_as_slice::<4>();
    array_as_slice::<6>();
    array_as_slice::<8>();
    array_as_slice::<11>();
    array_as_slice::<12>();
    array_as_slice::<13>();
    array_as_slice::<16>();
    array_as_slice::<17>();
    array_as_slice::<20>();
}

macro_rules! integer_round_trips {
    ($($name:ident $with:ident $value:expr, $bytes:expr;)*) => {$(
        #[test]
        fn $name() {
            first(message().$with(1, $value), |attribute| {
                assert_eq!(attribute.$name(), Ok($value));
                assert_eq!(attribute.payload(), $bytes);
                let wrong = message().with_attribute(1, &[0; 3]);
                first(wrong, |attribute| assert!(attribute.$name().is_err()));
            });
        }
    )*};
}

integer_round_trips! {
    u8 with_u8 0xfe, [0xfe];
    u16 with_u16 0x0102, 0x0102_u16.to_ne_bytes();
    u32 with_u32 0x0102_0304, 0x0102_0304_u32.to_ne_bytes();
    u64 with_u64 1 << 40, (1_u64 << 40).to_ne_bytes();
    u128 with_u128 1 << 99, (1_u128 << 99).to_ne_bytes();
    i8 with_i8 -2, [0xfe];
    i16 with_i16 -2, (-2_i16).to_ne_bytes();
    i32 with_i32 -2, (-2_i32).to_ne_bytes();
    i64 with_i64 -2, (-2_i64).to_ne_bytes();
    i128 with_i128 -2, (-2_i128).to_ne_bytes();
    be_u16 with_be_u16 0x0102, [1, 2];
    be_u32 with_be_u32 0x0102_0304, [1, 2, 3, 4];
    be_u64 with_be_u64 0x0102_0304_0506_0708, [1, 2, 3, 4, 5, 6, 7, 8];
    be_u128 with_be_u128 5, 5_u128.to_be_bytes();
    be_i16 with_be_i16 -2, [0xff, 0xfe];
    be_i32 with_be_i32 -2, [0xff, 0xff, 0xff, 0xfe];
    be_i64 with_be_i64 -2, (-2_i64).to_be_bytes();
    be_i128 with_be_i128 -2, (-2_i128).to_be_bytes();
}

#[test]
fn numbers_of_any_size_are_read_by_uint_and_sint() {
    first(message().with_u32(1, 7), |a| assert_eq!(a.uint(), Ok(7)));
    first(message().with_u64(1, 1 << 40), |a| {
        assert_eq!(a.uint(), Ok(1 << 40))
    });
    first(message().with_u8(1, 255), |a| assert_eq!(a.uint(), Ok(255)));
    first(message().with_u8(1, 255), |a| assert_eq!(a.sint(), Ok(-1)));
    first(message().with_i16(1, -5), |a| assert_eq!(a.sint(), Ok(-5)));
    first(message().with_i32(1, -5), |a| assert_eq!(a.sint(), Ok(-5)));
    first(message().with_attribute(1, &[0; 3]), |a| {
        assert!(a.uint().is_err())
    });
}

#[test]
fn a_wrong_size_says_both_sizes() {
    first(message().with_u16(1, 7), |attribute| {
        let error = attribute.u32().unwrap_err().to_string();
        assert_eq!(error, "attribute 1: a payload of 2 bytes, not 4");
    });
}

#[test]
fn texts_are_read_with_and_without_nul() {
    for payload in [&b"eth0"[..], b"eth0\0", b"eth0\0\0garbage"] {
        first(message().with_attribute(1, payload), |attribute| {
            assert_eq!(attribute.text(), Ok("eth0"));
        });
    }
    first(message().with_text(1, ""), |attribute| {
        assert_eq!((attribute.payload(), attribute.text()), (&[0][..], Ok("")));
    });
    first(message().with_flag(1), |attribute| {
        assert_eq!(attribute.text(), Ok(""))
    });
}

#[test]
fn a_text_that_is_not_utf8_is_an_error_and_still_readable() {
    first(message().with_text(1, b"\xffeth"), |attribute| {
        assert!(attribute.text().is_err());
        assert_eq!(attribute.text_bytes(), b"\xffeth");
        assert_eq!(attribute.text_lossy(), "\u{fffd}eth");
    });
}

#[test]
fn flags_of_the_kind_are_split_from_it() {
    first(message().with_attribute(0x4001, &[1]), |attribute| {
        assert!(attribute.is_network_order() && !attribute.is_nested());
        assert_eq!((attribute.kind(), attribute.raw_kind()), (1, 0x4001));
    });
}

#[test]
fn nests_close_themselves_at_any_depth() {
    let message = message().with_nest(1, |outer| {
        outer.u8(2, 3).nest(4, |inner| {
            inner.text(5, "deep").nest(6, |_| {});
        });
        outer.flag(7);
    });
    first(message.with_u32(8, 1), |outer| {
        assert!(outer.is_nested());
        let kinds: Vec<_> = outer.nested().map(|item| item.unwrap().kind()).collect();
        assert_eq!(kinds, [2, 4, 7]);
        let inner = outer.nested().find(4).unwrap();
        assert_eq!(inner.nested().find(5).unwrap().text(), Ok("deep"));
        assert_eq!(inner.nested().find(6).unwrap().payload(), [0_u8; 0]);
    });
}

#[test]
fn arrays_of_nests_are_walked_by_index() {
    let message = message().with_nest(1, |array| {
        for index in 0..3 {
            array.nest(index, |element| {
                element.u16(9, index * 10);
            });
        }
    });
    first(message, |array| {
        let values: Vec<_> = array
            .nests()
            .map(Result::unwrap)
            .map(|(index, element)| (index, element.clone().find(9).unwrap().u16().unwrap()))
            .collect();
        assert_eq!(values, [(0, 0), (1, 10), (2, 20)]);
    });
}

#[test]
fn an_attribute_holds_65531_bytes_and_no_more() {
    first(message().with_attribute(1, &[7; 65531]), |attribute| {
        assert_eq!(attribute.payload().len(), 65531);
    });
    let error = message()
        .with_attribute(0x8001, &[7; 65532])
        .finish()
        .unwrap_err();
    assert_eq!(
        error,
        BuildError::AttributeTooLong {
            kind: 1,
            len: 65536
        }
    );
    assert!(error.to_string().contains("the limit is 65535"));
    let error = message().with_text(1, [b'x'; 65531]).finish().unwrap_err();
    assert_eq!(
        error,
        BuildError::AttributeTooLong {
            kind: 1,
            len: 65536
        }
    );
}

#[test]
fn a_nest_above_its_limit_is_remembered() {
    let fill = |extra: usize| {
        message().with_nest(3, |nest| {
            nest.attribute(1, &[0; 65508]).attribute(2, &vec![0; extra]);
        })
    };
    assert!(
        fill(12).finish().is_ok(),
        "65 532 bytes, the largest multiple of 4 that fits"
    );
    let error = fill(13).finish().unwrap_err();
    assert_eq!(
        error,
        BuildError::NestTooLong {
            kind: 3,
            len: 65536
        }
    );
}

#[test]
fn an_interior_nul_is_remembered_and_nothing_is_cut() {
    let message = message().with_text(3, "et\0h0").with_u8(1, 1);
    let error = BuildError::InteriorNul {
        kind: 3,
        position: 2,
    };
    assert_eq!(message.error(), Some(&error));
    assert_eq!(message.payload(), [0_u8; 0], "later additions are ignored");
    assert_eq!(message.finish(), Err(error));
}

#[test]
fn the_first_mistake_is_the_one_reported() {
    let message = message().with_text(1, "a\0").with_attribute(2, &[0; 70000]);
    let error = message.finish().unwrap_err();
    assert_eq!(
        error,
        BuildError::InteriorNul {
            kind: 1,
            position: 1
        }
    );
}

#[test]
fn a_request_can_report_a_mistake_of_its_own() {
    let mut message = message();
    message.fail(BuildError::Value {
        what: "group 0 does not exist",
    });
    assert_eq!(
        message.finish().unwrap_err().to_string(),
        "group 0 does not exist"
    );
}

#[test]
fn a_frame_has_the_sequence_and_port_it_was_built_with() {
    let frame = message().with_u8(1, 2).into_frame(7, 8).unwrap();
    assert_eq!((frame.header().sequence, frame.header().port), (7, 8));
    assert_eq!(frame.view(), FrameView::new(frame.bytes()).unwrap());
    assert!(message().with_text(1, "\0").into_frame(7, 8).is_err());
}

#[test]
fn a_message_replaced_inside_of_its_nest_is_a_mistake() {
    let message = message()
        .with_header(&[0; 64])
        .with_nest(1, |nest| *nest = message());
    assert!(matches!(message.finish(), Err(BuildError::Value { .. })));
}

#[test]
fn debugging_a_message_shows_no_payload() {
    let message = message().with_text(1, "secret");
    assert!(!format!("{message:?}").contains("secret"));
    first(message, |attribute| {
        assert!(!format!("{attribute:?}").contains("secret"))
    });
}
