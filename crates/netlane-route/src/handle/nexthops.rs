//! Owns what can be said of nexthop objects; must not know attributes beyond that.

use netlane::{Error, Handle, Records};
use netlane_wire::typed::Do;

use super::{RouteHandle, WatchGroups};
use crate::{AddNexthop, DumpNexthop, Group, Nexthop, NexthopBuilder};

/// A stream of nexthop objects.
pub type NexthopList = Records<NexthopBuilder<Do<DumpNexthop>>>;

/// Nexthop objects: what can be said of them.
#[derive(Debug, Clone, Copy)]
pub struct Nexthops<'h> {
    handle: &'h Handle,
}

impl<'h> Nexthops<'h> {
    pub(super) const fn new(handle: &'h Handle) -> Self {
        Self { handle }
    }

    /// All nexthops and groups.
    pub fn list(self) -> NexthopList {
        self.handle.list(&Nexthop::dump())
    }

    /// The one of this id.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 2 (`ENOENT`) if there is none.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn get(self, id: u32) -> Result<Nexthop, Error> {
        self.handle.call(&Nexthop::get().id(id)).await
    }

    /// Adds a nexthop or a group.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 17 (`EEXIST`) if the id is taken.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn add(
        self,
        build: impl FnOnce(NexthopBuilder<Do<AddNexthop>>) -> NexthopBuilder<Do<AddNexthop>>,
    ) -> Result<(), Error> {
        self.handle.call(&build(Nexthop::add())).await
    }

    /// Deletes the one of this id, and the routes that use it.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn delete(self, id: u32) -> Result<(), Error> {
        self.handle.call(&Nexthop::delete().id(id)).await
    }

    /// Subscribes to what happens to nexthops.
    pub fn watch(self) -> WatchGroups {
        self.handle.watch([Group::NEXTHOP])
    }
}
