//! One line of text for a link, an address, a route and a neighbour.
//!
//! Owns what a person wants to see first, and the names of the links; everything else in the
//! messages is left out. Must not know how they were received.

use std::collections::HashMap;
use std::net::IpAddr;

use futures::StreamExt;
use netlane::wire::typed::LinkAddress;
use netlane::wire::{Attribute, Attributes, Flags, Frame, Message};
use netlane::{Error, Handle};

use crate::uapi::*;

/// The links' names by their indexes, because other objects name a link by its index.
#[derive(Debug, Default)]
pub struct Names(HashMap<u32, String>);

impl Names {
    /// Asks the kernel for all of them.
    pub async fn load(handle: &Handle) -> Result<Self, Error> {
        let request = Message::new(RTM_GETLINK, Flags::empty()).with_header(&ifinfomsg(0));
        let mut names = Self::default();
        let mut links = handle.dump(request);
        while let Some(link) = links.next().await {
            match link {
                Ok(link) => names.learn(&link),
                // All the names there were have been learnt.
                Err(error) if error.kind() == netlane::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(names)
    }

    /// Takes a link's name from an `RTM_NEWLINK`.
    pub fn learn(&mut self, link: &Frame) {
        if let Some(name) = link.attributes(IFINFOMSG).find(IFLA_IFNAME) {
            let index = u32_at(link.payload(), 4);
            self.0.insert(index, name.text_lossy().into_owned());
        }
    }

    /// Whether the link that an object belongs to has a name here.
    pub fn knows(&self, frame: &Frame) -> bool {
        let link = match frame.header().kind {
            RTM_NEWROUTE | RTM_DELROUTE => one_hop(&frame.attributes(RTMSG)).link,
            _ => Some(u32_at(frame.payload(), 4)),
        };
        link.is_none_or(|index| self.0.contains_key(&index))
    }

    /// The name of a link, or its index.
    pub fn of(&self, index: u32) -> String {
        match self.0.get(&index) {
            Some(name) => name.clone(),
            None => format!("link {index}"),
        }
    }

    /// Any of the objects below, by the type of the message; `None` for others.
    pub fn line(&self, frame: &Frame) -> Option<String> {
        match frame.header().kind {
            RTM_NEWLINK | RTM_DELLINK => Some(link(frame)),
            RTM_NEWADDR | RTM_DELADDR => Some(self.address(frame)),
            RTM_NEWROUTE | RTM_DELROUTE => Some(self.route(frame)),
            RTM_NEWNEIGH | RTM_DELNEIGH => Some(self.neighbour(frame)),
            _ => None,
        }
    }

    /// `192.0.2.1/24 on eth0`.
    fn address(&self, frame: &Frame) -> String {
        let attributes = frame.attributes(IFADDRMSG);
        // IFA_LOCAL is this end's address, IFA_ADDRESS the other's where they differ.
        let address = attributes
            .find(IFA_LOCAL)
            .or_else(|| attributes.find(IFA_ADDRESS));
        let prefix = u8_at(frame.payload(), 1);
        let link = self.of(u32_at(frame.payload(), 4));
        format!("{}/{prefix} on {link}", text(address.and_then(ip)))
    }

    /// `198.51.100.0/24 via 192.0.2.254 on eth0 in table 254`.
    fn route(&self, frame: &Frame) -> String {
        let header = frame.payload();
        let attributes = frame.attributes(RTMSG);
        let mut line = destination(u8_at(header, 1), &attributes);
        if let Some(hops) = attributes.find(RTA_MULTIPATH) {
            for hop in next_hops(hops) {
                line += &self.next_hop(hop);
            }
        } else {
            line += &self.next_hop(one_hop(&attributes));
        }
        // The header has a byte for the table; larger numbers are in the attribute alone.
        let table = attributes.find(RTA_TABLE).and_then(|t| t.u32().ok());
        let table = table.unwrap_or_else(|| u8_at(header, 4).into());
        if table != u32::from(RT_TABLE_MAIN) {
            line += &format!(" in table {table}");
        }
        line
    }

    fn next_hop(&self, hop: NextHop) -> String {
        let mut text = String::new();
        if let Some(gateway) = hop.gateway {
            text += &format!(" via {gateway}");
        }
        if let Some(link) = hop.link {
            text += &format!(" on {}", self.of(link));
        }
        text
    }

    /// `192.0.2.7 is 02:00:00:00:00:07 on eth0`.
    fn neighbour(&self, frame: &Frame) -> String {
        let attributes = frame.attributes(NDMSG);
        let address = text(attributes.find(NDA_DST).and_then(ip));
        let hardware = attributes.find(NDA_LLADDR).and_then(hardware);
        let link = self.of(u32_at(frame.payload(), 4));
        match hardware {
            Some(hardware) => format!("{address} is {hardware} on {link}"),
            None => format!("{address} unknown on {link}"),
        }
    }
}

/// `2: eth0 up, mtu 1500, 02:00:00:00:00:02, veth`.
pub fn link(frame: &Frame) -> String {
    let header = frame.payload();
    let attributes = frame.attributes(IFINFOMSG);
    let name = attributes.find(IFLA_IFNAME).map(|name| name.text_lossy());
    let mut line = format!("{}: {}", u32_at(header, 4), name.unwrap_or_default());
    line += match u32_at(header, 8) {
        flags if flags & IFF_UP == 0 => " down",
        flags if flags & IFF_LOWER_UP == 0 => " up without carrier",
        _ => " up",
    };
    if let Some(mtu) = attributes.find(IFLA_MTU).and_then(|mtu| mtu.u32().ok()) {
        line += &format!(", mtu {mtu}");
    }
    if let Some(address) = attributes.find(IFLA_ADDRESS).and_then(hardware) {
        line += &format!(", {address}");
    }
    // A nest: its payload is a list of attributes again.
    let info = attributes.find(IFLA_LINKINFO).map(|info| info.nested());
    if let Some(kind) = info.and_then(|info| info.find(IFLA_INFO_KIND)) {
        line += &format!(", {}", kind.text_lossy());
    }
    line
}

/// Where a packet goes: a gateway, a link, or both.
#[derive(Clone, Copy, Debug)]
pub struct NextHop {
    pub gateway: Option<IpAddr>,
    pub link: Option<u32>,
}

/// `198.51.100.0/24`, or `default`.
pub fn destination(prefix: u8, route: &Attributes<'_>) -> String {
    match route.find(RTA_DST).and_then(ip) {
        Some(address) => format!("{address}/{prefix}"),
        None => "default".to_owned(),
    }
}

/// The next hop of a route that has one.
pub fn one_hop(route: &Attributes<'_>) -> NextHop {
    NextHop {
        gateway: route.find(RTA_GATEWAY).and_then(ip),
        link: route.find(RTA_OIF).and_then(|link| link.u32().ok()),
    }
}

/// The next hops of a route that has several. Each is a `struct rtnexthop` (its length in bytes,
/// flags, weight, link) with attributes of its own behind it.
pub fn next_hops(multipath: Attribute<'_>) -> Vec<NextHop> {
    let mut rest = multipath.payload();
    let mut hops = Vec::new();
    while let Some(&[low, high, ..]) = rest.first_chunk::<RTNEXTHOP>() {
        let length = usize::from(u16::from_ne_bytes([low, high]));
        let Some(attributes) = rest.get(RTNEXTHOP..length) else {
            break;
        };
        hops.push(NextHop {
            link: Some(u32_at(rest, 4)),
            ..one_hop(&Attributes::new(attributes))
        });
        rest = rest.get(length.next_multiple_of(4)..).unwrap_or_default();
    }
    hops
}

fn hardware(attribute: Attribute<'_>) -> Option<LinkAddress> {
    LinkAddress::new(attribute.payload()).filter(|address| !address.as_bytes().is_empty())
}

fn text(address: Option<IpAddr>) -> String {
    address.map_or_else(|| "?".to_owned(), |address| address.to_string())
}
