//! rtnetlink on netlink-proto: the connection is a task, requests go to it through a channel, as
//! in its examples. Batches are netlink-proto's own; rtnetlink has none.

use std::net::Ipv4Addr;
use std::sync::Arc;

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use netlane_benches::workloads::Failure;
use rtnetlink::packet_core::{
    NLM_F_ACK, NLM_F_CREATE, NLM_F_REPLACE, NLM_F_REQUEST, NetlinkMessage, NetlinkPayload,
};
use rtnetlink::packet_route::RouteNetlinkMessage;
use rtnetlink::packet_route::link::LinkAttribute;
use rtnetlink::packet_route::route::{RouteAttribute, RouteMessage};
use rtnetlink::proto::ConnectionHandle;
use rtnetlink::sys::SocketAddr;
use rtnetlink::sys::protocols::NETLINK_ROUTE;
use rtnetlink::{Handle, RouteMessageBuilder};

use crate::workload::{Library, destination};

struct Rtnetlink {
    handle: Handle,
    batches: ConnectionHandle<RouteNetlinkMessage>,
}

/// Connections driven by tasks of this runtime.
pub fn connect() -> Result<Arc<dyn Library>, Failure> {
    let (connection, handle, _) = rtnetlink::new_connection()?;
    tokio::spawn(connection);
    let (connection, batches, _) = rtnetlink::proto::new_connection(NETLINK_ROUTE)?;
    tokio::spawn(connection);
    Ok(Arc::new(Rtnetlink { handle, batches }))
}

fn route(i: u32) -> RouteMessage {
    RouteMessageBuilder::<Ipv4Addr>::new()
        .destination_prefix(destination(i), 32)
        .output_interface(1)
        .build()
}

#[async_trait]
impl Library for Rtnetlink {
    async fn get_link(&self) -> Result<u64, Failure> {
        let mut links = self.handle.link().get().match_index(1).execute();
        let mut seen = 0;
        while let Some(link) = links.try_next().await? {
            for attribute in link.attributes {
                match attribute {
                    LinkAttribute::IfName(name) => seen += name.len() as u64,
                    LinkAttribute::Mtu(mtu) => seen += u64::from(mtu),
                    _ => {}
                }
            }
        }
        Ok(seen)
    }

    async fn dump_routes(&self) -> Result<u32, Failure> {
        let all = RouteMessageBuilder::<Ipv4Addr>::new().build();
        let mut routes = self.handle.route().get(all).execute();
        let mut seen = 0;
        while let Some(route) = routes.try_next().await? {
            for attribute in &route.attributes {
                if let RouteAttribute::Destination(_) | RouteAttribute::Oif(_) = attribute {
                    std::hint::black_box(attribute);
                }
            }
            seen += 1;
        }
        Ok(seen)
    }

    async fn add_route(&self, i: u32) -> Result<(), Failure> {
        self.handle
            .route()
            .add(route(i))
            .replace()
            .execute()
            .await?;
        Ok(())
    }

    /// Of 200 messages each: the sender is the reader too, so the ACKs of more than about 256
    /// would overflow the receive buffer and be waited for for ever.
    async fn add_routes(&self, routes: u32) -> Option<Result<(), Failure>> {
        const AT_ONCE: u32 = 200;
        for first in (0..routes).step_by(200) {
            let batch = (first..routes.min(first + AT_ONCE)).map(|i| {
                let mut message = NetlinkMessage::from(RouteNetlinkMessage::NewRoute(route(i)));
                message.header.flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_REPLACE | NLM_F_CREATE;
                message
            });
            let mut answers = match self.batches.request_batch(batch, SocketAddr::new(0, 0)) {
                Ok(answers) => answers,
                Err(error) => return Some(Err(error.into())),
            };
            while let Some(answer) = answers.next().await {
                if let NetlinkPayload::Error(error) = answer.payload {
                    return Some(Err(format!("{error:?}").into()));
                }
            }
        }
        Some(Ok(()))
    }
}
