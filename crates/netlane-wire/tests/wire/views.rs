//! What people see of a frame.

use netlane_wire::{Flags, Frame, Header, Message, Verb, kind};

fn frame(message: Message) -> Frame {
    Frame::from_bytes(message.finish().unwrap().into()).unwrap()
}

fn nlmsgerr(code: i32, kind: u16) -> Vec<u8> {
    let request = Header {
        len: 40,
        kind,
        ..Header::default()
    };
    [&code.to_ne_bytes()[..], &request.to_bytes()].concat()
}

#[test]
fn a_data_frame_is_one_line_without_its_payload() {
    let frame = frame(Message::new(18, Flags::REQUEST | Flags::DUMP).with_text(1, "secret"));
    let line = "type 18, flags REQUEST|DUMP, sequence 0, port 0, 28 bytes";
    assert_eq!(frame.to_string(), line);
    assert_eq!(format!("{frame:?}"), format!("Frame({line})"));
    assert_eq!(format!("{:?}", frame.view()), format!("FrameView({line})"));
}

#[test]
fn control_frames_say_what_they_are() {
    let capped = Flags::CAPPED | Flags::ACK_TLVS;
    let refusal = Message::new(kind::ERROR, capped)
        .with_header(&nlmsgerr(-22, 18))
        .with_text(1, "no")
        .with_u32(2, 32);
    let ping = Message::new(kind::ERROR, Flags::CAPPED).with_header(&nlmsgerr(0, 1));
    let done = Message::new(kind::DONE, Flags::MULTI).with_header(&(-2_i32).to_ne_bytes());
    let line = |message, start| {
        let line = frame(message).to_string();
        assert!(
            line.starts_with(start),
            "{line:?} does not start with {start:?}"
        );
    };
    line(
        refusal,
        "ERROR 22 of type 18 (no, at byte 32 of the request), flags CAPPED|ACK_TLVS,",
    );
    line(ping, "ACK of NOOP, flags CAPPED,");
    line(done, "DONE -2, flags MULTI,");
    line(Message::new(kind::NOOP, Flags::ACK), "NOOP, flags ACK,");
    line(
        Message::new(kind::OVERRUN, Flags::empty()),
        "OVERRUN, flags 0,",
    );
    line(
        Message::new(kind::ERROR, Flags::empty()),
        "ERROR without code, ",
    );
    line(Message::new(9, Flags::empty()), "type 9, ");
}

#[test]
fn the_hexadecimal_view_shows_everything() {
    let frame = frame(Message::raw(0x4241, Flags::empty(), b"payload"));
    let hex = frame.hex().to_string();
    let lines: Vec<_> = hex.lines().collect();
    assert_eq!(lines.len(), 2);
    assert!(lines[0].starts_with("0000  "));
    assert_eq!(
        lines[1],
        "0010  70 61 79 6c 6f 61 64                             payload"
    );
    assert_eq!(format!("{:?}", frame.hex()), hex);
}

#[test]
fn shared_bits_are_named_by_the_verb() {
    let bits = Flags::from_bits_retain(0xf04);
    let named = |verb| bits.named(verb).to_string();
    assert_eq!(named(Verb::Get), "ACK|DUMP|ATOMIC|0x800");
    assert_eq!(named(Verb::New), "ACK|REPLACE|EXCL|CREATE|APPEND");
    assert_eq!(named(Verb::Delete), "ACK|NONREC|BULK|0xc00");
    assert_eq!(named(Verb::Acknowledgement), "ACK|CAPPED|ACK_TLVS|0xc00");
    assert_eq!(bits.to_string(), "ACK|DUMP|0xc00");
    assert_eq!(Flags::REPLACE.to_string(), "0x100");
}

#[test]
fn the_values_of_the_flags_are_the_kernels() {
    let values = [
        (Flags::REQUEST, 1),
        (Flags::MULTI, 2),
        (Flags::ACK, 4),
        (Flags::ECHO, 8),
        (Flags::DUMP_INTR, 0x10),
        (Flags::DUMP_FILTERED, 0x20),
        (Flags::ROOT, 0x100),
        (Flags::MATCH, 0x200),
        (Flags::ATOMIC, 0x400),
        (Flags::DUMP, 0x300),
        (Flags::REPLACE, 0x100),
        (Flags::EXCL, 0x200),
        (Flags::CREATE, 0x400),
        (Flags::APPEND, 0x800),
        (Flags::NONREC, 0x100),
        (Flags::BULK, 0x200),
        (Flags::CAPPED, 0x100),
        (Flags::ACK_TLVS, 0x200),
    ];
    for (flag, bits) in values {
        assert_eq!(flag.bits(), bits, "{flag:?}");
    }
    assert_eq!(Flags::from_bits_retain(0xffff).bits(), 0xffff);
}

#[test]
fn a_message_cannot_start_a_line_of_its_own() {
    let forged = Message::new(kind::DONE, Flags::ACK_TLVS)
        .with_header(&(-1_i32).to_ne_bytes())
        .with_text(1, "refus\u{e9}\nERROR \u{1b}[2J\u{2028}");
    let line = frame(forged).to_string();
    let shown = "DONE -1 (refus\u{e9}\\u{a}ERROR \\u{1b}[2J\\u{2028}), flags";
    assert!(line.starts_with(shown), "{line}");
}
