//! C structures of other kernel versions: shorter and longer than declared here.

use netlane_wire::typed::{Extended, Fixed, Text, Value};
use netlane_wire::{Attribute, Attributes, Message};

use crate::declared::{IfInfo, LinkFlags, OperState, Stats};

/// `name` is 16 bytes behind 4, `total` is aligned to 8, `port` follows, padding ends it.
#[test]
fn a_structure_has_the_layout_of_c() {
    assert_eq!(IfInfo::SIZE, 16);
    assert_eq!(<Stats as Fixed>::SIZE, 40);
    let stats = Stats {
        rx: 1,
        name: text("eth0"),
        total: 2,
        port: 0x1234,
    };
    let mut bytes = [0; 40];
    stats.store(&mut bytes);
    assert_eq!(bytes[..4], 1u32.to_ne_bytes());
    assert_eq!(&bytes[4..8], b"eth0");
    assert_eq!(bytes[24..32], 2u64.to_ne_bytes());
    assert_eq!(bytes[32..34], [0x12, 0x34]);
    assert_eq!(Stats::load(&bytes), stats);
}

#[test]
fn an_older_kernel_sends_a_shorter_one() {
    let stats = Extended::<Stats>::new(&[7, 0, 0, 0, b'a']);
    assert_eq!(stats.rx, u32::from_ne_bytes([7, 0, 0, 0]));
    assert_eq!(stats.name.as_str(), Some("a"));
    assert_eq!((stats.total, stats.port), (0, 0));
    assert!(stats.tail().is_empty());
}

#[test]
fn a_newer_kernel_sends_a_longer_one() {
    let bytes: Vec<u8> = (0..48).collect();
    let stats = Extended::<Stats>::new(&bytes);
    assert_eq!(stats.tail(), [40, 41, 42, 43, 44, 45, 46, 47]);
    assert!(format!("{stats:?}").ends_with("+ 8 bytes"));
}

#[test]
fn unknown_values_and_bits_stay_what_they_are() {
    let mut message = Message::new(0, netlane_wire::Flags::empty());
    OperState::write(&mut message, 1, OperState(9));
    LinkFlags::write(&mut message, 2, LinkFlags::from_bits_retain(0x8001));
    let attributes: Vec<Attribute<'_>> = Attributes::new(message.payload())
        .map(Result::unwrap)
        .collect();
    assert_eq!(OperState::read(attributes[0]), Ok(OperState(9)));
    assert_eq!(OperState(9).name(), None);
    assert_eq!(OperState::UP.name(), Some("UP"));
    let flags = LinkFlags::read(attributes[1]).unwrap();
    assert_eq!(flags.bits(), 0x8001);
    assert_eq!(format!("{flags:?}"), "LinkFlags(UP | 0x8000)");
}

fn text(text: &str) -> Text<16> {
    Text::new(text).expect("it fits")
}
