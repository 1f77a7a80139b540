//! Owns what can be said of routes; must not know attributes beyond that.

use std::net::IpAddr;

use netlane::{Error, Handle, Records};
use netlane_wire::typed::{Do, Sink};

use super::{RouteHandle, WatchGroups};
use crate::{
    AddRoute, DeleteRoute, DumpRoute, Group, PutRoute, Route, RouteBuilder, RouteKind,
    RouteProtocol, Scope,
};

/// A stream of routes.
pub type RouteList = Records<RouteBuilder<Do<DumpRoute>>>;

/// Routes: what can be said of them.
#[derive(Debug, Clone, Copy)]
pub struct Routes<'h> {
    handle: &'h Handle,
}

impl<'h> Routes<'h> {
    pub(super) const fn new(handle: &'h Handle) -> Self {
        Self { handle }
    }

    /// All routes of all tables and families.
    pub fn list(self) -> RouteList {
        self.handle.list(&Route::dump())
    }

    /// All routes of a table, chosen by the kernel; 254 is the main one.
    pub fn table(self, table: u32) -> RouteList {
        self.handle.list(&Route::dump().table(table))
    }

    /// How a packet to this address would go.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 101 (`ENETUNREACH`) if there is no route.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn to(self, address: impl Into<IpAddr>) -> Result<Route, Error> {
        let request = write(Route::get(), address.into(), None);
        self.handle.call(&request).await
    }

    /// Adds a unicast route to addresses with this prefix, its length in bits. It is of the protocol "static"; the
    /// closure says where it leads, and may change anything.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 17 (`EEXIST`) if there is one.
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
    /// let gateway = [192, 0, 2, 1].into();
    /// handle
    ///     .routes()
    ///     .add([10, 0, 0, 0], 8, |route| route.gateway(gateway))
    ///     .await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn add(
        self,
        destination: impl Into<IpAddr>,
        prefix_len: u8,
        build: impl FnOnce(RouteBuilder<Do<AddRoute>>) -> RouteBuilder<Do<AddRoute>>,
    ) -> Result<(), Error> {
        let request = write(Route::add(), destination.into(), Some(prefix_len));
        self.handle.call(&build(unicast(request))).await
    }

    /// [`add`](Self::add), in the place of a route to the same destination if there is one.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`].
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn put(
        self,
        destination: impl Into<IpAddr>,
        prefix_len: u8,
        build: impl FnOnce(RouteBuilder<Do<PutRoute>>) -> RouteBuilder<Do<PutRoute>>,
    ) -> Result<(), Error> {
        let request = write(Route::put(), destination.into(), Some(prefix_len));
        self.handle.call(&build(unicast(request))).await
    }

    /// Deletes the first route to addresses with this prefix that has what the closure says.
    ///
    /// # Errors
    ///
    /// As [`Handle::call`]; errno 3 (`ESRCH`) if there is none.
    ///
    /// # Cancel safety
    ///
    /// As [`Exchange`](netlane::Exchange).
    pub async fn delete(
        self,
        destination: impl Into<IpAddr>,
        prefix_len: u8,
        build: impl FnOnce(RouteBuilder<Do<DeleteRoute>>) -> RouteBuilder<Do<DeleteRoute>>,
    ) -> Result<(), Error> {
        // RT_SCOPE_NOWHERE is the kernel's word for any scope.
        let request = write(Route::delete(), destination.into(), Some(prefix_len));
        self.handle
            .call(&build(request.scope(Scope::NOWHERE)))
            .await
    }

    /// Subscribes to what happens to routes.
    pub fn watch(self) -> WatchGroups {
        self.handle.watch([Group::IPV4_ROUTE, Group::IPV6_ROUTE])
    }
}

/// Without a length, the address alone.
fn write<S: Sink>(route: RouteBuilder<S>, to: IpAddr, prefix_len: Option<u8>) -> RouteBuilder<S> {
    let bits = if to.is_ipv4() { 32 } else { 128 };
    let prefix_len = prefix_len.unwrap_or(bits);
    let route = route.family(to.into()).destination_len(prefix_len);
    if prefix_len == 0 {
        return route;
    }
    route.destination(to)
}

fn unicast<S: Sink>(route: RouteBuilder<S>) -> RouteBuilder<S> {
    route
        .kind(RouteKind::UNICAST)
        .protocol(RouteProtocol::STATIC)
}
