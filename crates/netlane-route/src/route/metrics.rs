//! Owns the properties of a path (`RTAX_*`); must not know routes. Mirrors `linux/rtnetlink.h`.

use netlane_wire::typed::message;

message! {
    /// Properties of a path.
    pub struct Metrics("metrics") {
        /// Which of them the kernel must not change, a bit (1 << `RTAX_*`) each.
        lock: u32 = RTAX_LOCK(1),
        /// Largest packet, bytes.
        mtu: u32 = RTAX_MTU(2),
        /// Largest window to advertise, bytes.
        window: u32 = RTAX_WINDOW(3),
        /// Round-trip time, 1/8 ms.
        rtt: u32 = RTAX_RTT(4),
        /// Variance of the round-trip time, 1/4 ms.
        rtt_variance: u32 = RTAX_RTTVAR(5),
        /// Slow-start threshold, segments.
        ssthresh: u32 = RTAX_SSTHRESH(6),
        /// Congestion window clamp, segments.
        cwnd: u32 = RTAX_CWND(7),
        /// Maximum segment size to advertise, bytes.
        advertised_mss: u32 = RTAX_ADVMSS(8),
        /// Reordering to expect, segments.
        reordering: u32 = RTAX_REORDERING(9),
        /// Hop limit.
        hop_limit: u32 = RTAX_HOPLIMIT(10),
        /// First congestion window, segments.
        initial_cwnd: u32 = RTAX_INITCWND(11),
        /// Features (`RTAX_FEATURE_*`): 1 is ECN.
        features: u32 = RTAX_FEATURES(12),
        /// Shortest retransmission timeout, milliseconds.
        rto_min: u32 = RTAX_RTO_MIN(13),
        /// First receive window, segments.
        initial_rwnd: u32 = RTAX_INITRWND(14),
        /// Whether to acknowledge at once.
        quick_ack: u32 = RTAX_QUICKACK(15),
        /// Congestion control algorithm.
        congestion_control: str = RTAX_CC_ALGO(16),
        /// Whether fast open does without cookie.
        fast_open_no_cookie: u32 = RTAX_FASTOPEN_NO_COOKIE(17),
    }
}
