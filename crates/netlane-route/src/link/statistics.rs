//! Owns what is counted and where a device sits; must not know links. Mirrors `struct rtnl_link_stats`,
//! `rtnl_link_stats64` and `rtnl_link_ifmap` of `linux/if_link.h`.

use netlane_wire::typed::c_struct;

c_struct! {
    /// What a link has done, in counters of 32 bits that wrap.
    pub struct LinkStats("rtnl_link_stats") {
        /// Packets received.
        rx_packets: u32,
        /// Packets sent.
        tx_packets: u32,
        /// Bytes received.
        rx_bytes: u32,
        /// Bytes sent.
        tx_bytes: u32,
        /// Bad packets received.
        rx_errors: u32,
        /// Packets that could not be sent.
        tx_errors: u32,
        /// Received packets dropped for want of room.
        rx_dropped: u32,
        /// Packets dropped before they were sent.
        tx_dropped: u32,
        /// Multicast packets received.
        multicast: u32,
        /// Collisions while sending.
        collisions: u32,
        /// Received packets of a wrong length.
        rx_length_errors: u32,
        /// Received packets that overran a buffer.
        rx_over_errors: u32,
        /// Received packets with a wrong checksum.
        rx_crc_errors: u32,
        /// Received packets with a wrong alignment.
        rx_frame_errors: u32,
        /// Received packets that overran the queue.
        rx_fifo_errors: u32,
        /// Packets missed by the receiver.
        rx_missed_errors: u32,
        /// Sendings that were given up.
        tx_aborted_errors: u32,
        /// Sendings that lost the carrier.
        tx_carrier_errors: u32,
        /// Sendings that ran out of data.
        tx_fifo_errors: u32,
        /// Sendings without heartbeat.
        tx_heartbeat_errors: u32,
        /// Sendings with a late collision.
        tx_window_errors: u32,
        /// Compressed packets received.
        rx_compressed: u32,
        /// Compressed packets sent.
        tx_compressed: u32,
        /// Packets received that nobody wanted.
        rx_nohandler: u32,
    }
}

c_struct! {
    /// What a link has done.
    pub struct LinkStats64("rtnl_link_stats64") {
        /// Packets received.
        rx_packets: u64,
        /// Packets sent.
        tx_packets: u64,
        /// Bytes received.
        rx_bytes: u64,
        /// Bytes sent.
        tx_bytes: u64,
        /// Bad packets received.
        rx_errors: u64,
        /// Packets that could not be sent.
        tx_errors: u64,
        /// Received packets dropped for want of room.
        rx_dropped: u64,
        /// Packets dropped before they were sent.
        tx_dropped: u64,
        /// Multicast packets received.
        multicast: u64,
        /// Collisions while sending.
        collisions: u64,
        /// Received packets of a wrong length.
        rx_length_errors: u64,
        /// Received packets that overran a buffer.
        rx_over_errors: u64,
        /// Received packets with a wrong checksum.
        rx_crc_errors: u64,
        /// Received packets with a wrong alignment.
        rx_frame_errors: u64,
        /// Received packets that overran the queue.
        rx_fifo_errors: u64,
        /// Packets missed by the receiver.
        rx_missed_errors: u64,
        /// Sendings that were given up.
        tx_aborted_errors: u64,
        /// Sendings that lost the carrier.
        tx_carrier_errors: u64,
        /// Sendings that ran out of data.
        tx_fifo_errors: u64,
        /// Sendings without heartbeat.
        tx_heartbeat_errors: u64,
        /// Sendings with a late collision.
        tx_window_errors: u64,
        /// Compressed packets received.
        rx_compressed: u64,
        /// Compressed packets sent.
        tx_compressed: u64,
        /// Packets received that nobody wanted.
        rx_nohandler: u64,
        /// Packets received for another host.
        rx_otherhost_dropped: u64,
    }
}

c_struct! {
    /// Memory and interrupts of a device.
    pub struct LinkMap("rtnl_link_ifmap") {
        /// First address of its memory.
        mem_start: u64,
        /// Last address of its memory.
        mem_end: u64,
        /// Address of its ports.
        base_addr: u64,
        /// Interrupt number.
        irq: u16,
        /// Channel of direct memory access.
        dma: u8,
        /// Which medium it uses.
        port: u8,
    }
}
