//! Owns veth pairs (`VETH_INFO_*`); must not know the link that it is part of beyond its declaration. Mirrors
//! `linux/veth.h` and drivers/net/veth.c.

use netlane_wire::typed::message;

message! {
    /// The other end of a pair, in a request.
    pub struct Veth("veth") {
        /// Name, address, namespace and whatever else the peer shall have.
        peer: nest super::Link = VETH_INFO_PEER(1),
    }
}
