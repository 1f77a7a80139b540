//! Owns what can be said of neighbours; must not know attributes beyond that.

use std::net::IpAddr;

use netlane::{Error, Handle, Records};
use netlane_wire::typed::{Do, LinkAddress, Sink};

use super::{LinkId, RouteHandle, WatchGroups};
use crate::{
    DumpNeighbour, Family, Group, Neighbour, NeighbourBuilder, NeighbourState, PutNeighbour,
};

/// A stream of neighbours.
pub type NeighbourList = Records<NeighbourBuilder<Do<DumpNeighbour>>>;

/// Neighbours, and forwarding entries of bridges: what can be said of them.
#[derive(Debug, Clone, Copy)]
pub struct Neighbours<'h> {
    handle: &'h Handle,
}

impl<'h> Neighbours<'h> {
    pub(super) const fn new(handle: &'h Handle) -> Self {
        Self { handle }
    }

    /// All neighbours.
    pub fn list(self) -> NeighbourList {
        self.handle.list(&Neighbour::dump())
    }

    /// All forwarding entries of bridges and VXLANs.
    pub fn forwarding(self) -> NeighbourList {
        self.handle.list(&Neighbour::dump().family(Family::BRIDGE))
    }

    /// The neighbour of a link that has this address.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 2 (`ENOENT`) if it is not known.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn get(
        self,
        link: impl Into<LinkId<'_>>,
        address: impl Into<IpAddr>,
    ) -> Result<Neighbour, Error> {
        let index = self.handle.links().index(link).await?;
        let request = write(Neighbour::get(), index, address.into());
        self.handle.call(&request).await
    }

    /// Sets the hardware address of a neighbour for ever; the closure may change anything.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`].
    ///
    /// # Cancel safety
    ///
    /// Once the request is under way it may be carried out.
    pub async fn put(
        self,
        link: impl Into<LinkId<'_>>,
        address: impl Into<IpAddr>,
        hardware: impl Into<LinkAddress>,
        build: impl FnOnce(NeighbourBuilder<Do<PutNeighbour>>) -> NeighbourBuilder<Do<PutNeighbour>>,
    ) -> Result<(), Error> {
        let index = self.handle.links().index(link).await?;
        let request = write(Neighbour::put(), index, address.into())
            .state(NeighbourState::PERMANENT)
            .address(hardware.into());
        self.handle.call(&build(request)).await
    }

    /// Forgets a neighbour.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// Once the request is under way it may be carried out.
    pub async fn delete(
        self,
        link: impl Into<LinkId<'_>>,
        address: impl Into<IpAddr>,
    ) -> Result<(), Error> {
        let index = self.handle.links().index(link).await?;
        let request = write(Neighbour::delete(), index, address.into());
        self.handle.call(&request).await
    }

    /// Subscribes to what happens to neighbours and forwarding entries.
    pub fn watch(self) -> WatchGroups {
        self.handle.watch([Group::NEIGHBOUR])
    }
}

fn write<S: Sink>(
    builder: NeighbourBuilder<S>,
    index: u32,
    address: IpAddr,
) -> NeighbourBuilder<S> {
    builder
        .family(address.into())
        .index(index)
        .destination(address)
}
