//! One line of text for a link, an address, a route and a neighbour.
//!
//! Owns what a person wants to see first, and the names of the links; everything else in the
//! messages is left out. Must not know how they were received.

use std::collections::HashMap;
use std::net::IpAddr;

use netlane::wire::AttributeError;
use netlane::{Error, Handle};
use netlane_route::{
    AddressView, Event, Family, Link, LinkFlags, LinkView, NeighbourView, RouteHandle, RouteView,
};

/// `RT_TABLE_MAIN`, the table that `ip route` shows.
pub const MAIN_TABLE: u32 = 254;

/// A line, unless an attribute that it needs is malformed.
pub type Line = Result<String, AttributeError>;

/// The links' names by their indexes, because other objects name a link by its index.
#[derive(Debug, Default)]
pub struct Names(HashMap<u32, String>);

impl Names {
    /// Asks the kernel for all of them.
    pub async fn load(handle: &Handle) -> Result<Self, Error> {
        let mut names = Self::default();
        for link in handle.links().list().collect_all().await? {
            names.learn(&link);
        }
        Ok(names)
    }

    /// Takes a link's name.
    pub fn learn(&mut self, link: &Link) {
        let link = link.view();
        if let Ok(Some(name)) = link.name() {
            self.0.insert(link.index(), name.to_owned());
        }
    }

    /// Whether the link that an event's object belongs to has a name here.
    pub fn knows(&self, event: &Event) -> bool {
        let index = match event {
            Event::NewAddress(address) | Event::DelAddress(address) => Some(address.view().index()),
            Event::NewNeighbour(neighbour) | Event::DelNeighbour(neighbour) => {
                Some(neighbour.view().index())
            }
            Event::NewRoute(route) | Event::DelRoute(route) => route.view().output().ok().flatten(),
            _ => None,
        };
        index.is_none_or(|index| self.0.contains_key(&index))
    }

    /// The name of a link, or its index.
    pub fn of(&self, index: u32) -> String {
        match self.0.get(&index) {
            Some(name) => name.clone(),
            None => format!("link {index}"),
        }
    }

    /// What an event tells of. Whatever has no line here has its `Debug`, as every message.
    pub fn event(&self, event: &Event) -> Line {
        match event {
            Event::NewLink(it) | Event::DelLink(it) => link(it.view()),
            Event::NewAddress(it) | Event::DelAddress(it) => self.address(it.view()),
            Event::NewRoute(it) | Event::DelRoute(it) => self.route(it.view()),
            Event::NewNeighbour(it) | Event::DelNeighbour(it) => self.neighbour(it.view()),
            other => Ok(format!("{other:?}")),
        }
    }

    /// `192.0.2.1/24 on eth0`.
    pub fn address(&self, address: AddressView<'_>) -> Line {
        // IFA_LOCAL is this end's address, IFA_ADDRESS the other's where they differ.
        let text = text(address.local()?.or(address.address()?));
        let (prefix, link) = (address.prefix_len(), self.of(address.index()));
        Ok(format!("{text}/{prefix} on {link}"))
    }

    /// `198.51.100.0/24 via 192.0.2.254 on eth0 in table 100`.
    pub fn route(&self, route: RouteView<'_>) -> Line {
        let mut line = destination(route)?;
        for NextHop { gateway, link } in next_hops(route)? {
            if let Some(gateway) = gateway {
                line += &format!(" via {gateway}");
            }
            if let Some(link) = link {
                line += &format!(" on {}", self.of(link));
            }
        }
        match route.table_id()? {
            MAIN_TABLE => Ok(line),
            table => Ok(format!("{line} in table {table}")),
        }
    }

    /// `192.0.2.7 is 02:00:00:00:00:07 on eth0`.
    pub fn neighbour(&self, neighbour: NeighbourView<'_>) -> Line {
        let address = text(neighbour.destination()?);
        let link = self.of(neighbour.index());
        Ok(match neighbour.address()? {
            Some(hardware) => format!("{address} is {hardware} on {link}"),
            None => format!("{address} unknown on {link}"),
        })
    }
}

/// `2: eth0 up, mtu 1500, 02:00:00:00:00:02, veth`.
pub fn link(link: LinkView<'_>) -> Line {
    let state = match link.flags() {
        flags if !flags.contains(LinkFlags::UP) => "down",
        flags if !flags.contains(LinkFlags::LOWER_UP) => "up without carrier",
        _ => "up",
    };
    let name = link.name()?.unwrap_or_default();
    let mut line = format!("{}: {name} {state}", link.index());
    if let Some(mtu) = link.mtu()? {
        line += &format!(", mtu {mtu}");
    }
    if let Some(address) = link.address()?.filter(|it| !it.as_bytes().is_empty()) {
        line += &format!(", {address}");
    }
    // A nest: attributes inside of an attribute.
    if let Some(info) = link.info()?
        && let Some(kind) = info.kind()?
    {
        line += &format!(", {kind}");
    }
    Ok(line)
}

/// Where a packet goes: a gateway, a link, or both.
#[derive(Clone, Copy, Debug)]
pub struct NextHop {
    pub gateway: Option<IpAddr>,
    pub link: Option<u32>,
}

/// `198.51.100.0/24`, or `default`.
pub fn destination(route: RouteView<'_>) -> Line {
    if route.family() == Family::MPLS {
        return Ok("labelled packets".to_owned());
    }
    Ok(match route.destination()? {
        Some(address) => format!("{address}/{}", route.destination_len()),
        None => "default".to_owned(),
    })
}

/// The next hops of a route: most have one, in the route's own attributes.
pub fn next_hops(route: RouteView<'_>) -> Result<Vec<NextHop>, AttributeError> {
    let Some(several) = route.multipath()? else {
        let (gateway, link) = (route.gateway()?.or(route.via()?), route.output()?);
        return Ok(vec![NextHop { gateway, link }]);
    };
    let hops = several.map(|hop| {
        let hop = hop?;
        let (gateway, link) = (hop.gateway()?.or(hop.via()?), Some(hop.index()));
        Ok(NextHop { gateway, link })
    });
    hops.collect()
}

fn text(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "?".to_owned(), |address| address.to_string())
}
