//! Owns port profiles of devices and their virtual functions (`IFLA_PORT_*`); must not know links. Mirrors
//! `linux/if_link.h`.

use netlane_wire::typed::message;

message! {
    /// Port profiles of the virtual functions.
    pub struct VfPorts("vf_ports") {
        /// A virtual function's.
        ports: multi nest LinkPort = IFLA_VF_PORT(1),
    }
}

message! {
    /// A port profile, by IEEE 802.1Qbg.
    pub struct LinkPort("port") {
        /// Number of the virtual function.
        vf: u32 = IFLA_PORT_VF(1),
        /// Name of the profile, at most 39 bytes.
        profile: str = IFLA_PORT_PROFILE(2),
        /// Type of the virtual station interface (`struct ifla_port_vsi`).
        vsi_type: [u8] = IFLA_PORT_VSI_TYPE(3),
        /// Identity of the instance.
        instance: [u8; 16] = IFLA_PORT_INSTANCE_UUID(4),
        /// Identity of the host.
        host: [u8; 16] = IFLA_PORT_HOST_UUID(5),
        /// What is asked for: 0 preassociate, 1 with reservation, 2 associate, 3 disassociate.
        request: u8 = IFLA_PORT_REQUEST(6),
        /// The answer (`PORT_VDP_RESPONSE_*`, `PORT_PROFILE_RESPONSE_*`).
        response: u16 = IFLA_PORT_RESPONSE(7),
    }
}
