//! Owns how iproute2 spells values in JSON; must not know messages.

use std::fmt::Debug;

use netlane_route::{Family, LinkFlags, RouteFlags, RouteProtocol, Scope};
use serde_json::{Map, Value, json};

/// An object under construction: what is absent is left out.
#[derive(Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub fn some<T: Into<Value>>(self, name: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// By its `Display`.
    pub fn text<T: ToString>(self, name: &str, value: Option<T>) -> Self {
        self.some(name, value.map(|value| value.to_string()))
    }

    pub fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// `IF_OPER_LOWERLAYERDOWN` is `LOWERLAYERDOWN`; ours has underscores.
pub fn plain_upper(value: &impl Debug) -> String {
    format!("{value:?}").replace('_', "")
}

/// The name of a constant in lower case.
pub fn lower(value: &impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}

/// In iproute2's order.
pub fn link_flags(flags: LinkFlags) -> Value {
    let names = [
        (LinkFlags::LOOPBACK, "LOOPBACK"),
        (LinkFlags::BROADCAST, "BROADCAST"),
        (LinkFlags::POINT_TO_POINT, "POINTOPOINT"),
        (LinkFlags::MULTICAST, "MULTICAST"),
        (LinkFlags::NO_ARP, "NOARP"),
        (LinkFlags::ALL_MULTICAST, "ALLMULTI"),
        (LinkFlags::PROMISCUOUS, "PROMISC"),
        (LinkFlags::MASTER, "MASTER"),
        (LinkFlags::SLAVE, "SLAVE"),
        (LinkFlags::UP, "UP"),
        (LinkFlags::LOWER_UP, "LOWER_UP"),
    ];
    let carrier = flags.contains(LinkFlags::UP) && !flags.contains(LinkFlags::RUNNING);
    let no_carrier = carrier.then_some("NO-CARRIER");
    let set = names
        .iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, name)| *name);
    json!(no_carrier.into_iter().chain(set).collect::<Vec<_>>())
}

pub fn family(family: Family) -> &'static str {
    match family {
        Family::INET => "inet",
        Family::INET6 => "inet6",
        other => panic!("no family of this test: {other:?}"),
    }
}

pub fn scope(scope: Scope) -> &'static str {
    match scope {
        Scope::UNIVERSE => "global",
        Scope::LINK => "link",
        Scope::HOST => "host",
        other => panic!("no scope of this test: {other:?}"),
    }
}

pub fn protocol(protocol: RouteProtocol) -> String {
    lower(&protocol)
}

pub fn table(table: u32) -> String {
    match table {
        253 => "default".to_owned(),
        254 => "main".to_owned(),
        255 => "local".to_owned(),
        other => other.to_string(),
    }
}

/// Flags of a route or a way.
pub fn hop_flags(flags: RouteFlags) -> Value {
    let names = [
        (RouteFlags::DEAD, "dead"),
        (RouteFlags::ONLINK, "onlink"),
        (RouteFlags::LINK_DOWN, "linkdown"),
    ];
    let set = names
        .iter()
        .filter(|(flag, _)| flags.contains(*flag))
        .map(|(_, name)| *name);
    json!(set.collect::<Vec<_>>())
}

/// `8000.0:11:2:33:44:55`: the bytes of the address without leading zeroes.
pub fn bridge_id(id: &netlane_route::BridgeId) -> String {
    let bytes: Vec<String> = id
        .address
        .0
        .iter()
        .map(|byte| format!("{byte:x}"))
        .collect();
    format!("{:04x}.{}", id.priority, bytes.join(":"))
}
