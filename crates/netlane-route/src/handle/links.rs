//! Owns what can be said of links; must not know attributes beyond that.

use netlane::{Error, Handle, Records};
use netlane_wire::typed::Do;

use super::{LinkId, RouteHandle, WatchGroups};
use crate::{AddLink, DumpLink, ExtMask, Group, Link, LinkBuilder, SetLink};

/// A stream of links.
pub type LinkList = Records<LinkBuilder<Do<DumpLink>>>;

/// Links: what can be said of them.
#[derive(Debug, Clone, Copy)]
pub struct Links<'h> {
    handle: &'h Handle,
}

impl<'h> Links<'h> {
    pub(super) const fn new(handle: &'h Handle) -> Self {
        Self { handle }
    }

    /// All links.
    pub fn list(self) -> LinkList {
        self.handle.list(&Link::dump())
    }

    /// One link, by index or name.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 19 (`ENODEV`) if there is no such link.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn get(self, link: impl Into<LinkId<'_>>) -> Result<Link, Error> {
        let request = link.into().write(Link::get());
        self.handle.call(&request).await
    }

    /// The index of a link.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// As [`get`](Self::get).
    pub async fn index(self, link: impl Into<LinkId<'_>>) -> Result<u32, Error> {
        let name = match link.into() {
            LinkId::Index(index) => return Ok(index),
            name @ LinkId::Name(_) => name,
        };
        let request = name.write(Link::get()).ext_mask(ExtMask::SKIP_STATS);
        Ok(self.handle.call(&request).await?.view().index())
    }

    /// Creates a link.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 17 (`EEXIST`) if the name is taken.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    ///
    /// # Examples
    ///
    /// ```no_run
    /// # async fn example(handle: netlane::Handle) -> Result<(), netlane::Error> {
    /// use netlane_route::RouteHandle;
    /// handle
    ///     .links()
    ///     .add(|link| {
    ///         link.name("veth0")
    ///             .info(|info| info.veth(|veth| veth.peer(|peer| peer.name("veth1"))))
    ///     })
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add(
        self,
        build: impl FnOnce(LinkBuilder<Do<AddLink>>) -> LinkBuilder<Do<AddLink>>,
    ) -> Result<(), Error> {
        self.handle.call(&build(Link::add())).await
    }

    /// Changes a link.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get); and what the kernel says of the change.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn set(
        self,
        link: impl Into<LinkId<'_>>,
        build: impl FnOnce(LinkBuilder<Do<SetLink>>) -> LinkBuilder<Do<SetLink>>,
    ) -> Result<(), Error> {
        let request = build(link.into().write(Link::set()));
        self.handle.call(&request).await
    }

    /// Brings a link up.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    ///
    /// # Cancel safety
    ///
    /// As [`set`](Self::set).
    pub async fn up(self, link: impl Into<LinkId<'_>>) -> Result<(), Error> {
        self.set(link, LinkBuilder::up).await
    }

    /// Takes a link down.
    ///
    /// # Errors
    ///
    /// As [`set`](Self::set).
    ///
    /// # Cancel safety
    ///
    /// As [`set`](Self::set).
    pub async fn down(self, link: impl Into<LinkId<'_>>) -> Result<(), Error> {
        self.set(link, LinkBuilder::down).await
    }

    /// Deletes a link.
    ///
    /// # Errors
    ///
    /// As [`get`](Self::get).
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn delete(self, link: impl Into<LinkId<'_>>) -> Result<(), Error> {
        let request = link.into().write(Link::delete());
        self.handle.call(&request).await
    }

    /// Subscribes to what happens to links.
    pub fn watch(self) -> WatchGroups {
        self.handle.watch([Group::LINK])
    }
}
