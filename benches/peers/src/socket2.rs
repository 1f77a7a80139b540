//! netlink-socket2 with netlink-bindings: no task, one request at a time on a socket, which its
//! users share behind a lock.

use std::sync::Arc;

use async_trait::async_trait;
use netlane_benches::workloads::Failure;
use netlink_bindings::{rt_link, rt_route};
use netlink_socket2::tokio::NetlinkSocket;
use tokio::sync::Mutex;

use crate::workload::{Library, destination};

struct Socket2(Mutex<NetlinkSocket>);

/// A socket that opens when it is first used.
pub fn connect() -> Result<Arc<dyn Library>, Failure> {
    Ok(Arc::new(Socket2(Mutex::new(NetlinkSocket::new()))))
}

#[async_trait]
impl Library for Socket2 {
    async fn get_link(&self) -> Result<u64, Failure> {
        let header = rt_link::Ifinfomsg {
            ifi_index: 1,
            ..Default::default()
        };
        let request = rt_link::Request::new().op_getlink_do(&header);
        let mut socket = self.0.lock().await;
        let mut reply = socket.request(&request).await?;
        let mut seen = 0;
        while let Some(link) = reply.recv().await {
            let (_, attributes) = link?;
            seen += attributes.get_ifname()?.count_bytes() as u64;
            seen += u64::from(attributes.get_mtu()?);
        }
        Ok(seen)
    }

    async fn dump_routes(&self) -> Result<u32, Failure> {
        let header = rt_route::Rtmsg {
            rtm_family: INET,
            ..Default::default()
        };
        let request = rt_route::Request::new().op_getroute_dump(&header);
        let mut socket = self.0.lock().await;
        let mut reply = socket.request(&request).await?;
        let mut seen = 0;
        while let Some(route) = reply.recv().await {
            let (_, attributes) = route?;
            std::hint::black_box((attributes.get_dst().ok(), attributes.get_oif().ok()));
            seen += 1;
        }
        Ok(seen)
    }

    async fn add_route(&self, i: u32) -> Result<(), Failure> {
        // RTPROT_STATIC, RT_SCOPE_LINK, RTN_UNICAST in RT_TABLE_MAIN.
        let header = rt_route::Rtmsg {
            rtm_family: INET,
            rtm_dst_len: 32,
            rtm_table: 254,
            rtm_protocol: 4,
            rtm_scope: 253,
            rtm_type: 1,
            ..Default::default()
        };
        let mut request = rt_route::Request::new()
            .set_change()
            .op_newroute_do(&header);
        request.encode().push_dst(destination(i).into()).push_oif(1);
        let mut socket = self.0.lock().await;
        socket.request(&request).await?.recv_ack().await?;
        Ok(())
    }

    async fn add_routes(&self, _: u32) -> Option<Result<(), Failure>> {
        None
    }
}

/// `AF_INET`.
const INET: u8 = 2;
