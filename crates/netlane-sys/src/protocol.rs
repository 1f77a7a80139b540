//! Netlink protocol numbers (`NETLINK_*`): their names, and what makes the kernel provide each.
//!
//! Owns the table of numbers. Knows no socket. Mirrors `include/uapi/linux/netlink.h`.

use std::fmt;

/// A netlink protocol number, the third argument of `socket(AF_NETLINK, ..)`.
///
/// Any number may be tried: kernel modules can register their own (0 to 31).
///
/// ```
/// use netlane_sys::Protocol;
///
/// assert_eq!(Protocol::GENERIC.to_string(), "NETLINK_GENERIC");
/// assert_eq!(Protocol(25).to_string(), "netlink protocol 25");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Protocol(pub i32);

impl Protocol {
    /// `NETLINK_ROUTE`: links, addresses, routes, neighbours, rules, queueing disciplines.
    pub const ROUTE: Self = Self(0);
    /// `NETLINK_USERSOCK`: reserved for user programs; the kernel takes no part.
    pub const USERSOCK: Self = Self(2);
    /// `NETLINK_FIREWALL`: was ip_queue, removed in Linux 3.5.
    pub const FIREWALL: Self = Self(3);
    /// `NETLINK_SOCK_DIAG`: socket monitoring.
    pub const SOCK_DIAG: Self = Self(4);
    /// `NETLINK_NFLOG`: was ipt_ULOG, removed in Linux 3.17.
    pub const NFLOG: Self = Self(5);
    /// `NETLINK_XFRM`: IPsec.
    pub const XFRM: Self = Self(6);
    /// `NETLINK_SELINUX`: SELinux event notifications.
    pub const SELINUX: Self = Self(7);
    /// `NETLINK_ISCSI`: Open-iSCSI.
    pub const ISCSI: Self = Self(8);
    /// `NETLINK_AUDIT`: auditing.
    pub const AUDIT: Self = Self(9);
    /// `NETLINK_FIB_LOOKUP`: FIB lookup from user space.
    pub const FIB_LOOKUP: Self = Self(10);
    /// `NETLINK_CONNECTOR`: kernel connector.
    pub const CONNECTOR: Self = Self(11);
    /// `NETLINK_NETFILTER`: netfilter subsystems (nfnetlink).
    pub const NETFILTER: Self = Self(12);
    /// `NETLINK_IP6_FW`: was ip6_queue, removed in Linux 3.5.
    pub const IP6_FW: Self = Self(13);
    /// `NETLINK_DNRTMSG`: DECnet routing, removed in Linux 6.1.
    pub const DNRTMSG: Self = Self(14);
    /// `NETLINK_KOBJECT_UEVENT`: kernel messages to user space (udev).
    pub const KOBJECT_UEVENT: Self = Self(15);
    /// `NETLINK_GENERIC`: generic netlink families.
    pub const GENERIC: Self = Self(16);
    /// `NETLINK_SCSITRANSPORT`: SCSI transports.
    pub const SCSITRANSPORT: Self = Self(18);
    /// `NETLINK_ECRYPTFS`: was eCryptfs, which moved to a device file in Linux 2.6.29.
    pub const ECRYPTFS: Self = Self(19);
    /// `NETLINK_RDMA`: InfiniBand and RDMA.
    pub const RDMA: Self = Self(20);
    /// `NETLINK_CRYPTO`: kernel crypto API configuration.
    pub const CRYPTO: Self = Self(21);
    /// `NETLINK_SMC`: SMC monitoring.
    pub const SMC: Self = Self(22);

    /// The C name, or `None` for a number that `linux/netlink.h` does not define.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|(_, name, _)| *name)
    }

    /// What has to be in the kernel for this protocol to exist: the configuration option and the
    /// module.
    ///
    /// This is a hint for people, worded for the end of "protocol N is not in this kernel: it is
    /// provided by ...".
    #[must_use]
    pub fn provider(self) -> &'static str {
        match self.entry() {
            Some((_, _, provider)) => provider,
            None if (0..32).contains(&self.0) => {
                "a kernel module that registers this number (netlink_kernel_create, alias net-pf-16-proto-N)"
            }
            None => "nothing: netlink protocol numbers are 0 to 31",
        }
    }

    fn entry(self) -> Option<&'static (i32, &'static str, &'static str)> {
        PROTOCOLS.iter().find(|(number, ..)| *number == self.0)
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.name() {
            Some(name) => f.write_str(name),
            None => write!(f, "netlink protocol {}", self.0),
        }
    }
}

impl From<i32> for Protocol {
    fn from(number: i32) -> Self {
        Self(number)
    }
}

const PROTOCOLS: [(i32, &str, &str); 21] = [
    (
        0,
        "NETLINK_ROUTE",
        "CONFIG_NET (rtnetlink, always built in)",
    ),
    (2, "NETLINK_USERSOCK", "CONFIG_NET (always built in)"),
    (
        3,
        "NETLINK_FIREWALL",
        "ip_queue, removed in Linux 3.5: use NETLINK_NETFILTER with nfnetlink_queue",
    ),
    (
        4,
        "NETLINK_SOCK_DIAG",
        "CONFIG_NET with sock_diag; its families by CONFIG_INET_DIAG, CONFIG_UNIX_DIAG, ..",
    ),
    (
        5,
        "NETLINK_NFLOG",
        "ipt_ULOG, removed in Linux 3.17: use NETLINK_NETFILTER with nfnetlink_log",
    ),
    (6, "NETLINK_XFRM", "CONFIG_XFRM_USER (module xfrm_user)"),
    (7, "NETLINK_SELINUX", "CONFIG_SECURITY_SELINUX"),
    (
        8,
        "NETLINK_ISCSI",
        "CONFIG_SCSI_ISCSI_ATTRS (module scsi_transport_iscsi)",
    ),
    (9, "NETLINK_AUDIT", "CONFIG_AUDIT"),
    (10, "NETLINK_FIB_LOOKUP", "CONFIG_INET"),
    (11, "NETLINK_CONNECTOR", "CONFIG_CONNECTOR (module cn)"),
    (
        12,
        "NETLINK_NETFILTER",
        "CONFIG_NETFILTER_NETLINK (module nfnetlink)",
    ),
    (
        13,
        "NETLINK_IP6_FW",
        "ip6_queue, removed in Linux 3.5: use NETLINK_NETFILTER with nfnetlink_queue",
    ),
    (
        14,
        "NETLINK_DNRTMSG",
        "DECnet (CONFIG_DECNET), removed in Linux 6.1",
    ),
    (
        15,
        "NETLINK_KOBJECT_UEVENT",
        "CONFIG_NET (kobject_uevent, always built in)",
    ),
    (
        16,
        "NETLINK_GENERIC",
        "CONFIG_NET (genetlink, always built in)",
    ),
    (
        18,
        "NETLINK_SCSITRANSPORT",
        "CONFIG_SCSI_NETLINK (part of module scsi_mod, chosen by CONFIG_SCSI_FC_ATTRS)",
    ),
    (
        19,
        "NETLINK_ECRYPTFS",
        "eCryptfs before Linux 2.6.29; it now uses /dev/ecryptfs",
    ),
    (20, "NETLINK_RDMA", "CONFIG_INFINIBAND (module ib_core)"),
    (
        21,
        "NETLINK_CRYPTO",
        "CONFIG_CRYPTO_USER (module crypto_user)",
    ),
    (
        22,
        "NETLINK_SMC",
        "no mainline kernel: SMC sockets are shown by NETLINK_SOCK_DIAG (module smc_diag)",
    ),
];
