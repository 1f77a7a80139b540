//! Owns routing domains (`IFLA_VRF_*`); must not know links. Mirrors drivers/net/vrf.c.

use netlane_wire::typed::message;

message! {
    /// A routing domain (VRF).
    pub struct Vrf("vrf") {
        /// Its routing table.
        table: u32 = IFLA_VRF_TABLE(1),
    }
}

message! {
    /// A link in a routing domain.
    pub struct VrfPort("vrf_port") {
        /// The domain's routing table.
        table: u32 = IFLA_VRF_PORT_TABLE(1),
    }
}
