//! neli's asynchronous router, as in its examples: callers write, a task reads.

use std::sync::Arc;

use async_trait::async_trait;
use neli::consts::nl::NlmF;
use neli::consts::rtnl::{Ifla, RtAddrFamily, RtScope, RtTable, Rta, Rtm, Rtn, Rtprot};
use neli::consts::socket::NlFamily;
use neli::nl::{NlPayload, Nlmsghdr};
use neli::router::asynchronous::NlRouter;
use neli::rtnl::{Ifinfomsg, IfinfomsgBuilder, RtattrBuilder, Rtmsg, RtmsgBuilder};
use neli::types::{Buffer, RtBuffer};
use neli::utils::Groups;
use netlane_benches::workloads::Failure;
use tokio::sync::OnceCell;

use crate::workload::{Library, destination};

struct Neli(OnceCell<NlRouter>);

/// A router that connects when it is first used.
pub fn connect() -> Result<Arc<dyn Library>, Failure> {
    Ok(Arc::new(Neli(OnceCell::new())))
}

impl Neli {
    async fn router(&self) -> Result<&NlRouter, Failure> {
        let connect = || async {
            let (router, _) = NlRouter::connect(NlFamily::Route, None, Groups::empty()).await?;
            router.enable_ext_ack(true)?;
            router.enable_strict_checking(true)?;
            Ok::<_, Failure>(router)
        };
        self.0.get_or_try_init(connect).await
    }
}

fn header(prefix: u8, table: RtTable) -> RtmsgBuilder {
    let is_all = prefix == 0;
    RtmsgBuilder::default()
        .rtm_family(RtAddrFamily::Inet)
        .rtm_dst_len(prefix)
        .rtm_src_len(0)
        .rtm_tos(0)
        .rtm_table(table)
        .rtm_protocol(if is_all {
            Rtprot::Unspec
        } else {
            Rtprot::Static
        })
        .rtm_scope(if is_all {
            RtScope::Universe
        } else {
            RtScope::Link
        })
        .rtm_type(if is_all { Rtn::Unspec } else { Rtn::Unicast })
}

fn route(i: u32) -> Result<Rtmsg, Failure> {
    let mut attributes = RtBuffer::<Rta, Buffer>::new();
    let destination = destination(i).octets();
    for (kind, payload) in [(Rta::Dst, &destination), (Rta::Oif, &1u32.to_ne_bytes())] {
        let attribute = RtattrBuilder::default()
            .rta_type(kind)
            .rta_payload(&payload[..]);
        attributes.push(attribute.build()?);
    }
    Ok(header(32, RtTable::Main).rtattrs(attributes).build()?)
}

#[async_trait]
impl Library for Neli {
    async fn get_link(&self) -> Result<u64, Failure> {
        let request = IfinfomsgBuilder::default()
            .ifi_family(RtAddrFamily::Unspecified)
            .ifi_index(1)
            .build()?;
        let router = self.router().await?;
        let mut replies = router
            .send::<_, _, Rtm, Ifinfomsg>(Rtm::Getlink, NlmF::empty(), NlPayload::Payload(request))
            .await?;
        let mut seen = 0;
        while let Some(reply) = replies.next::<Rtm, Ifinfomsg>().await {
            let reply: Nlmsghdr<Rtm, Ifinfomsg> = reply?;
            if let Some(link) = reply.get_payload() {
                let attributes = link.rtattrs().get_attr_handle();
                let name = attributes.get_attr_payload_as_with_len_borrowed::<&str>(Ifla::Ifname);
                seen += name?.len() as u64;
                seen += u64::from(attributes.get_attr_payload_as::<u32>(Ifla::Mtu)?);
            }
        }
        Ok(seen)
    }

    async fn dump_routes(&self) -> Result<u32, Failure> {
        let request = header(0, RtTable::Unspec).build()?;
        let router = self.router().await?;
        let mut replies = router
            .send::<_, _, Rtm, Rtmsg>(Rtm::Getroute, NlmF::DUMP, NlPayload::Payload(request))
            .await?;
        let mut seen = 0;
        while let Some(reply) = replies
            .next::<neli::consts::nl::NlTypeWrapper, Rtmsg>()
            .await
        {
            let reply = reply?;
            if let Some(route) = reply.get_payload() {
                for attribute in route.rtattrs().iter() {
                    if let Rta::Dst | Rta::Oif = attribute.rta_type() {
                        std::hint::black_box(attribute.rta_payload());
                    }
                }
                seen += 1;
            }
        }
        Ok(seen)
    }

    async fn add_route(&self, i: u32) -> Result<(), Failure> {
        let flags = NlmF::ACK | NlmF::CREATE | NlmF::REPLACE;
        let router = self.router().await?;
        let mut replies = router
            .send::<_, _, Rtm, Rtmsg>(Rtm::Newroute, flags, NlPayload::Payload(route(i)?))
            .await?;
        while let Some(reply) = replies.next::<u16, Buffer>().await {
            reply?;
        }
        Ok(())
    }

    async fn add_routes(&self, _: u32) -> Option<Result<(), Failure>> {
        None
    }
}
