//! The messages of NETLINK_ROUTE, typed.
//!
//! This crate owns declarations and nothing else: which attributes an object has, what they are called, their types
//! and units. How a declaration becomes code is `netlane-derive`'s, and how messages travel is a transport's.
//!
//! ```
//! use netlane_route::{Link, LinkDataView, LinkView, MacvlanMode};
//! use netlane_wire::{FrameView, Request};
//!
//! // A request is a builder; nests take a closure over the inner builder.
//! let request = Link::add()
//!     .name("mv0")
//!     .link(3)
//!     .up()
//!     .info(|info| info.macvlan(|macvlan| macvlan.mode(MacvlanMode::BRIDGE)));
//! let bytes = request.message().finish()?;
//!
//! // Received bytes are read where they lie. `Ok(None)` is absent, `Err` malformed.
//! let frame = FrameView::new(&bytes)?;
//! let link = LinkView::decode(frame.payload())?;
//! assert_eq!(link.name()?, Some("mv0"));
//! let info = link.info()?.ok_or("no info")?;
//! let Some(LinkDataView::Macvlan(macvlan)) = info.data()? else {
//!     return Err("not a macvlan".into());
//! };
//! assert_eq!(macvlan.mode()?, Some(MacvlanMode::BRIDGE));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
#![cfg_attr(
    feature = "handle",
    doc = r#"
# On the handle

With the feature `handle`, [`RouteHandle`] lets netlane's handle speak of objects:

```
# #[tokio::main(flavor = "current_thread")]
# async fn main() -> Result<(), netlane::Error> {
use futures::TryStreamExt;
use netlane_route::RouteHandle;

let handle = netlane::spawn(netlane::Protocol::ROUTE)?;
let mut links = handle.links().list();
while let Some(link) = links.try_next().await? {
    let link = link.view();
    println!("{}: {:?}, mtu {:?}", link.index(), link.name(), link.mtu());
}
let route = handle.routes().to([127, 0, 0, 1]).await?;
assert_eq!(route.view().output(), Ok(Some(1)));
# Ok(())
# }
```
"#
)]
//!
//! # Names
//!
//! An object `Link` has its owned form [`Link`], the borrowed [`LinkView`] and the writing [`LinkBuilder`]; its
//! operations are functions of the owned form, as [`Link::add`], and give the request. `add` refuses what is there
//! already, `put` replaces it, `set` changes it. A request that leaves out the family means all families in a dump.
//!
//! Dumps are filtered by the kernel: set what shall match on the request, as `Route::dump().table(100)`. netlane asks
//! for strict checking (`NETLINK_GET_STRICT_CHK`), so a filter that the kernel does not know is refused, not ignored.
//!
//! # Features
//!
//! - `tc`: qdiscs, classes, filters, chains and actions.
//! - `handle`: sentences on netlane's handle.
#![forbid(unsafe_code)]

mod address;
mod address_label;
mod bridge_vlan;
mod dcb;
mod discovery;
mod event;
mod family;
mod group;
#[cfg(feature = "handle")]
mod handle;
mod link;
mod mdb;
mod multicast_routing;
mod neighbour;
mod neighbour_table;
mod netconf;
mod netns;
mod nexthop;
mod route;
mod rule;
mod stats;
#[cfg(feature = "tc")]
mod tc;
mod tunnel;
mod value;

pub use address::*;
pub use address_label::*;
pub use bridge_vlan::*;
pub use dcb::*;
pub use discovery::*;
pub use event::*;
pub use family::*;
pub use group::*;
#[cfg(feature = "handle")]
pub use handle::*;
pub use link::*;
pub use mdb::*;
pub use multicast_routing::*;
pub use neighbour::*;
pub use neighbour_table::*;
pub use netconf::*;
pub use netns::*;
pub use nexthop::*;
pub use route::*;
pub use rule::*;
pub use stats::*;
#[cfg(feature = "tc")]
pub use tc::*;
pub use tunnel::*;
pub use value::*;
