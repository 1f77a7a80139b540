//! What the kernel tells of changes, to the group [`MONITOR`](crate::MONITOR).
//!
//! Owns the choice of the message by the command of the generic header. Mirrors the kernel-to-user half of
//! `ETHTOOL_MSG_*`.

use netlane_generic::split;
use netlane_wire::typed::c_enum;
use netlane_wire::{DecodeError, FrameView};

use crate::{ChannelsView, FeaturesView, LinkInfoView, LinkModesView, RingsView};

c_enum! {
    /// What changed: the command of the generic header.
    pub enum NotificationKind: u8 {
        LINK_INFO = ETHTOOL_MSG_LINKINFO_NTF(3),
        LINK_MODES = ETHTOOL_MSG_LINKMODES_NTF(5),
        FEATURES = ETHTOOL_MSG_FEATURES_NTF(13),
        RINGS = ETHTOOL_MSG_RINGS_NTF(17),
        CHANNELS = ETHTOOL_MSG_CHANNELS_NTF(19),
    }
}

/// The state of a device after a change, as the answer to a `get` tells it.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Notification<'a> {
    /// How it is attached.
    LinkInfo(LinkInfoView<'a>),
    /// How fast it goes.
    LinkModes(LinkModesView<'a>),
    /// What it offloads.
    Features(FeaturesView<'a>),
    /// How long its rings are.
    Rings(RingsView<'a>),
    /// How many channels it has.
    Channels(ChannelsView<'a>),
    /// Something that is not declared here.
    Other(NotificationKind, FrameView<'a>),
}

/// Reads a notification where it lies.
///
/// # Errors
///
/// It is too short for the generic header.
pub fn notification(frame: FrameView<'_>) -> Result<Notification<'_>, DecodeError> {
    let (header, payload) = split(frame)?;
    Ok(match NotificationKind(header.command) {
        NotificationKind::LINK_INFO => Notification::LinkInfo(LinkInfoView::decode(payload)?),
        NotificationKind::LINK_MODES => Notification::LinkModes(LinkModesView::decode(payload)?),
        NotificationKind::FEATURES => Notification::Features(FeaturesView::decode(payload)?),
        NotificationKind::RINGS => Notification::Rings(RingsView::decode(payload)?),
        NotificationKind::CHANNELS => Notification::Channels(ChannelsView::decode(payload)?),
        other => Notification::Other(other, frame),
    })
}
