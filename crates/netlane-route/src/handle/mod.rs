//! Sentences on netlane's handle: `handle.links().list()`.
//!
//! Owns the words; each makes a typed request and runs it. Must not know attributes beyond what a sentence says.

mod addresses;
mod links;
mod neighbours;
mod nexthops;
mod routes;
mod rules;
mod watch;

use netlane::Handle;
use netlane_wire::typed::Sink;

use crate::{Group, LinkBuilder};

pub use addresses::{AddressList, Addresses};
pub use links::{LinkList, Links};
pub use neighbours::{NeighbourList, Neighbours};
pub use nexthops::{NexthopList, Nexthops};
pub use routes::{RouteList, Routes};
pub use rules::{RuleList, Rules};
pub use watch::{Watch, WatchGroups, Watched};

/// What a handle to NETLINK_ROUTE can speak of.
pub trait RouteHandle {
    /// Links.
    fn links(&self) -> Links<'_>;

    /// Addresses of links.
    fn addresses(&self) -> Addresses<'_>;

    /// Routes.
    fn routes(&self) -> Routes<'_>;

    /// Nexthop objects.
    fn nexthops(&self) -> Nexthops<'_>;

    /// Neighbours, and forwarding entries of bridges.
    fn neighbours(&self) -> Neighbours<'_>;

    /// Rules.
    fn rules(&self) -> Rules<'_>;

    /// Subscribes to typed events of these groups: await the result.
    fn watch(&self, groups: impl IntoIterator<Item = Group>) -> WatchGroups;
}

impl RouteHandle for Handle {
    fn links(&self) -> Links<'_> {
        Links::new(self)
    }

    fn addresses(&self) -> Addresses<'_> {
        Addresses::new(self)
    }

    fn routes(&self) -> Routes<'_> {
        Routes::new(self)
    }

    fn nexthops(&self) -> Nexthops<'_> {
        Nexthops::new(self)
    }

    fn neighbours(&self) -> Neighbours<'_> {
        Neighbours::new(self)
    }

    fn rules(&self) -> Rules<'_> {
        Rules::new(self)
    }

    fn watch(&self, groups: impl IntoIterator<Item = Group>) -> WatchGroups {
        WatchGroups::new(self, groups)
    }
}

/// Which link is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LinkId<'a> {
    /// The one of this index.
    Index(u32),
    /// The one of this name, or further name.
    Name(&'a str),
}

impl LinkId<'_> {
    /// Longest name that is no further name, bytes (`IFNAMSIZ` - 1).
    const NAME_MAX: usize = 15;

    fn write<S: Sink>(self, link: LinkBuilder<S>) -> LinkBuilder<S> {
        match self {
            Self::Index(index) => link.index(index),
            Self::Name(name) if name.len() <= Self::NAME_MAX => link.name(name),
            Self::Name(name) => link.alternative_name(name),
        }
    }
}

impl From<u32> for LinkId<'_> {
    fn from(index: u32) -> Self {
        Self::Index(index)
    }
}

impl<'a> From<&'a str> for LinkId<'a> {
    fn from(name: &'a str) -> Self {
        Self::Name(name)
    }
}

impl<'a> From<&'a String> for LinkId<'a> {
    fn from(name: &'a String) -> Self {
        Self::Name(name)
    }
}
