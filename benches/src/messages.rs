//! The requests that are measured, as plain messages, the same for both sides.

use netlane::wire::{Attributes, Flags, FrameView, Message};

/// `{NLMSG_NOOP}`: measures the transport alone.
pub fn ping() -> Message {
    Message::new(1, Flags::empty())
}

/// `RTM_GETLINK` of one interface.
pub fn get_link() -> Message {
    let mut ifinfomsg = [0; 16];
    ifinfomsg[4..8].copy_from_slice(&1u32.to_ne_bytes());
    Message::new(18, Flags::empty()).with_header(&ifinfomsg)
}

/// `RTM_DELLINK` by name.
pub fn delete_link(name: &str) -> Message {
    Message::new(17, Flags::empty())
        .with_header(&[0; 16])
        .with_text(3, name)
}

/// `RTM_GETROUTE` of all IPv4 tables, as a dump.
pub fn dump_routes() -> Message {
    Message::new(26, Flags::empty()).with_header(&rtmsg(0, 0))
}

/// `RTM_GETROUTE` of the IPv4 main table, as a dump.
pub fn dump_main_table() -> Message {
    let mut rtmsg = rtmsg(0, 0);
    rtmsg[4] = 254;
    Message::new(26, Flags::empty()).with_header(&rtmsg)
}

/// `RTM_NEWROUTE` of the `i`-th /32 under 10.0.0.0/8 (and above).
pub fn add_route(i: u32, link: u32) -> Message {
    Message::new(24, Flags::CREATE | Flags::REPLACE)
        .with_header(&rtmsg(32, 254))
        .with_attribute(1, &(0x0a00_0000u32 + i).to_be_bytes())
        .with_u32(4, link)
}

/// `RTM_DELROUTE` of the same.
pub fn delete_route(i: u32, link: u32) -> Message {
    Message::new(25, Flags::empty())
        .with_header(&rtmsg(32, 254))
        .with_attribute(1, &(0x0a00_0000u32 + i).to_be_bytes())
        .with_u32(4, link)
}

/// `struct rtmsg`: family, dst_len, src_len, tos, table, protocol, scope, type, flags.
fn rtmsg(prefix: u8, table: u8) -> [u8; 12] {
    // AF_INET, RTPROT_STATIC, RT_SCOPE_LINK, RTN_UNICAST.
    [
        2,
        prefix,
        0,
        0,
        table,
        4,
        if table == 0 { 0 } else { 253 },
        u8::from(table != 0),
        0,
        0,
        0,
        0,
    ]
}

/// Reads what a program would of a link: its name's length and its MTU.
pub fn read_link(frame: FrameView<'_>) -> u64 {
    let mut seen = 0;
    for attribute in attributes(frame, 16).flatten() {
        match attribute.kind() {
            3 => seen += attribute.text_bytes().len() as u64,
            4 => seen += u64::from(attribute.u32().unwrap_or(0)),
            _ => {}
        }
    }
    seen
}

/// Reads destination and interface of a route.
pub fn read_route(frame: FrameView<'_>) -> u64 {
    let mut seen = 0;
    for attribute in attributes(frame, 12).flatten() {
        match attribute.kind() {
            1 => seen += u64::from(attribute.be_u32().unwrap_or(0)),
            4 => seen += u64::from(attribute.u32().unwrap_or(0)),
            _ => {}
        }
    }
    seen
}

fn attributes(frame: FrameView<'_>, header: usize) -> Attributes<'_> {
    frame.attributes(header)
}
