//! Owns what can be said of addresses; must not know attributes beyond that.

use std::net::IpAddr;

use netlane::{Error, Handle, Records};
use netlane_wire::typed::{Do, Sink};

use super::{LinkId, RouteHandle, WatchGroups};
use crate::{AddAddress, Address, AddressBuilder, DumpAddress, Group};

/// A stream of addresses.
pub type AddressList = Records<AddressBuilder<Do<DumpAddress>>>;

/// Addresses of links: what can be said of them.
#[derive(Debug, Clone, Copy)]
pub struct Addresses<'h> {
    handle: &'h Handle,
}

impl<'h> Addresses<'h> {
    pub(super) const fn new(handle: &'h Handle) -> Self {
        Self { handle }
    }

    /// All addresses.
    pub fn list(self) -> AddressList {
        self.handle.list(&Address::dump())
    }

    /// All addresses of a link, chosen by the kernel.
    ///
    /// # Errors
    ///
    /// If there is no such link; the stream has its own.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn of(self, link: impl Into<LinkId<'_>>) -> Result<AddressList, Error> {
        let index = self.handle.links().index(link).await?;
        Ok(self.handle.list(&Address::dump().index(index)))
    }

    /// Gives a link an address with a prefix of this length in bits.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 17 (`EEXIST`) if it has the address.
    ///
    /// # Cancel safety
    ///
    /// Once the request is under way it may be carried out.
    pub async fn add(
        self,
        link: impl Into<LinkId<'_>>,
        address: impl Into<IpAddr>,
        prefix_len: u8,
    ) -> Result<(), Error> {
        self.add_with(link, address, prefix_len, |address| address)
            .await
    }

    /// Gives a link an address, with further attributes.
    ///
    /// # Errors
    ///
    /// As [`add`](Self::add).
    ///
    /// # Cancel safety
    ///
    /// As [`add`](Self::add).
    pub async fn add_with(
        self,
        link: impl Into<LinkId<'_>>,
        address: impl Into<IpAddr>,
        prefix_len: u8,
        build: impl FnOnce(AddressBuilder<Do<AddAddress>>) -> AddressBuilder<Do<AddAddress>>,
    ) -> Result<(), Error> {
        let index = self.handle.links().index(link).await?;
        let request = write(Address::add(), index, address.into(), prefix_len);
        self.handle.call(&build(request)).await
    }

    /// Takes an address from a link.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 99 (`EADDRNOTAVAIL`) if it does not have the address.
    ///
    /// # Cancel safety
    ///
    /// Once the request is under way it may be carried out.
    pub async fn delete(
        self,
        link: impl Into<LinkId<'_>>,
        address: impl Into<IpAddr>,
        prefix_len: u8,
    ) -> Result<(), Error> {
        let index = self.handle.links().index(link).await?;
        let request = write(Address::delete(), index, address.into(), prefix_len);
        self.handle.call(&request).await
    }

    /// Subscribes to what happens to addresses.
    pub fn watch(self) -> WatchGroups {
        self.handle
            .watch([Group::IPV4_ADDRESS, Group::IPV6_ADDRESS])
    }
}

fn write<S: Sink>(
    builder: AddressBuilder<S>,
    index: u32,
    address: IpAddr,
    prefix_len: u8,
) -> AddressBuilder<S> {
    builder
        .family(address.into())
        .prefix_len(prefix_len)
        .index(index)
        .local(address)
        .address(address)
}
