//! Wrong messages.

use netlane_wire::typed::message;

message! { struct NoPathName { } }

message! { struct NoType("l") { mtu = IFLA_MTU(4) } }

message! { struct NoConstant("l") { mtu: u32 } }

message! { struct NoNumber("l") { mtu: u32 = IFLA_MTU } }

message! { struct NoName("l") { mtu: u32 = 4 } }

message! { struct NoLiteral("l") { mtu: u32 = IFLA_MTU(FOUR) } }

message! { struct TwoNumbers("l") { mtu: u32 = IFLA_MTU(4, 5) } }

message! { struct UnknownForm("l") { info: nset Info = IFLA_LINKINFO(18) } }

message! { struct BeyondTheWire("l") { mtu: u32 = IFLA_MTU(16384) } }

// Both are told.
message! {
    struct Twice("l") {
        mtu: u32 = IFLA_MTU(4),
        name: str = IFLA_IFNAME(4),
        mtu: u8 = IFLA_OPERSTATE(16),
    }
}

message! { struct HidesAMethod("l") { header: u8 = A(1) } }

message! { struct HidesAShownField("l"): Header(index: u32) { index: u32 = A(1) } }

message! { struct NobodyDecides("l") { data: select Data = IFLA_INFO_DATA(2) } }

message! { struct UnknownDecides("l") { data: select Data by kind = IFLA_INFO_DATA(2) } }

message! {
    struct NestDecides("l") {
        kind: nest Kind = IFLA_INFO_KIND(1),
        data: select Data by kind = IFLA_INFO_DATA(2),
    }
}

message! {
    struct NoComma("l") {
        mtu: u32 = IFLA_MTU(4)
        name: str = IFLA_IFNAME(3)
    }
}

message! { struct One("l") { } struct Two("l") { } }

fn main() {}
