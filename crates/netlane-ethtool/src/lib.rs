//! The settings of network devices: link, modes, features, rings, channels, and the kernel's names for their parts.
//!
//! Declares the messages of the generic family `ethtool` (`include/uapi/linux/ethtool_netlink.h`,
//! `Documentation/networking/ethtool-netlink.rst`); must not know who sends them.
//!
//! Every message names its device: `device(|device| device.name("eth0"))`. A dump of all names none:
//! `device(|device| device)`, without which kernels such as 6.1 refuse it.
//!
//! ```no_run
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! use netlane_ethtool::LinkModes;
//! use netlane_generic::Resolver;
//!
//! let resolver = Resolver::new(netlane::spawn(netlane::Protocol::GENERIC)?);
//! let modes = resolver.call(LinkModes::get().device(|device| device.name("eth0"))).await?;
//! println!("{:?} Mb/s", modes.view().speed()?);
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

mod bitset;
mod device;
mod features;
mod link;
mod notification;
mod queues;
mod strings;

pub use bitset::{
    Bit, BitBuilder, BitView, Bits, BitsBuilder, BitsView, Bitset, BitsetBuilder, BitsetView,
};
pub use device::{Device, DeviceBuilder, DeviceView, RequestFlags};
pub use features::{
    DumpFeatures, Features, FeaturesBuilder, FeaturesView, GetFeatures, SetFeatures,
};
pub use link::{
    DumpLinkInfo, DumpLinkModes, DumpLinkState, Duplex, GetLinkInfo, GetLinkModes, GetLinkState,
    LinkInfo, LinkInfoBuilder, LinkInfoView, LinkModes, LinkModesBuilder, LinkModesView, LinkState,
    LinkStateBuilder, LinkStateView, Port, SetLinkInfo, SetLinkModes, Transceiver,
};
pub use notification::{Notification, NotificationKind, notification};
pub use queues::{
    Channels, ChannelsBuilder, ChannelsView, DumpChannels, DumpRings, GetChannels, GetRings, Rings,
    RingsBuilder, RingsView, SetChannels, SetRings, TcpDataSplit,
};
pub use strings::{
    DumpStrings, GetStrings, StringEntry, StringEntryBuilder, StringEntryView, StringList,
    StringListBuilder, StringListView, StringSet, StringSetBuilder, StringSetId, StringSetView,
    StringSets, StringSetsBuilder, StringSetsView, Strings, StringsBuilder, StringsView,
};

/// The family's name.
pub const FAMILY: &str = "ethtool";

/// The group of [`Notification`]s.
pub const MONITOR: &str = "monitor";
