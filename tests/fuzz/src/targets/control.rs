//! Control messages, against the offsets written out by hand.

use netlane_wire::{Control, FrameView, Frames};

use super::{offset, u16_at, u32_at};

const CAPPED: u16 = 0x100;
const ACK_TLVS: u16 = 0x200;

pub(super) fn target(data: &[u8]) {
    for frame in Frames::new(data).flatten() {
        one(frame);
    }
}

fn one(frame: FrameView<'_>) {
    let bytes = frame.bytes();
    let (kind, flags) = (u16_at(bytes, 4), u16_at(bytes, 6));
    let code = (bytes.len() >= 20)
        .then(|| i32::from_ne_bytes([bytes[16], bytes[17], bytes[18], bytes[19]]));
    match frame.control() {
        Control::Noop => assert_eq!(kind, 1),
        Control::Ack(ack) => {
            assert_eq!(kind, 2);
            assert_eq!(Some(ack.errno()), code.map(i32::saturating_abs));
            assert_eq!(ack.request_header().is_some(), bytes.len() >= 36);
            assert_eq!(ack.extended().attributes().rest(), error_tlvs(bytes, flags));
            if let Some(request) = ack.request() {
                assert_eq!(flags & CAPPED, 0);
                assert_eq!(request.len(), offset(u32_at(bytes, 20)));
            }
            assert!(!format!("{ack:?}").is_empty());
        }
        Control::Malformed => assert!(kind == 2 && code.is_none()),
        Control::Done(done) => {
            assert_eq!(kind, 3);
            assert_eq!(done.code(), code.unwrap_or(0));
            let announced = flags & ACK_TLVS != 0 && bytes.len() >= 20;
            let expected = if announced { &bytes[20..] } else { &[] };
            assert_eq!(done.extended().attributes().rest(), expected);
            assert_eq!(done.is_interrupted(), flags & 0x10 != 0);
            assert!(!format!("{done:?}").is_empty());
        }
        Control::Overrun => assert_eq!(kind, 4),
        Control::Unknown => assert!(kind == 0 || (5..16).contains(&kind)),
        Control::Data => assert!(kind >= 16),
    }
}

/// Where `netlink_ack` puts the attributes: behind the code and the header under `CAPPED`,
/// behind the code and the whole padded request without.
fn error_tlvs(bytes: &[u8], flags: u16) -> &[u8] {
    if flags & ACK_TLVS == 0 || bytes.len() < 36 {
        return &[];
    }
    if flags & CAPPED != 0 {
        return &bytes[36..];
    }
    let len = offset(u32_at(bytes, 20));
    if len < 16 || len > bytes.len() - 20 {
        return &[];
    }
    bytes.get(20 + len.next_multiple_of(4)..).unwrap_or(&[])
}
