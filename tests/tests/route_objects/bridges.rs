//! Bridges and their ports.

use netlane::{Error, Handle};
use netlane_route::{
    BridgePortState, Family, Link, LinkDataView, LinkProtocolView, PortDataView, RouteHandle,
};
use netlane_testkit::in_namespace;

use crate::common::{all, pair, run};

/// A bridge `br` with the port `a`: their indices.
async fn bridge_with_port(handle: &Handle) -> Result<(u32, u32), Error> {
    let (port, _) = pair(handle, "a", "b").await?;
    let links = handle.links();
    links
        .add(|link| {
            link.name("br").up().info(|info| {
                info.bridge(|bridge| {
                    bridge
                        .forward_delay(400)
                        .hello_time(300)
                        .ageing_time(6000)
                        .priority(0x1000)
                        .mcast_snooping(false)
                })
            })
        })
        .await?;
    let bridge = links.index("br").await?;
    links.set(port, |link| link.master(bridge)).await?;
    Ok((bridge, port))
}

#[test]
fn a_bridge_is_created_read_back_and_changed() {
    in_namespace(|| {
        run(async |handle| {
            bridge_with_port(&handle).await?;
            let link = handle.links().get("br").await?;
            let info = link.view().info()?.unwrap();
            let Some(LinkDataView::Bridge(bridge)) = info.data()? else {
                panic!("not a bridge: {info:?}");
            };
            assert_eq!(bridge.forward_delay()?, Some(400));
            assert_eq!(bridge.hello_time()?, Some(300));
            assert_eq!(bridge.ageing_time()?, Some(6000));
            assert_eq!(bridge.priority()?, Some(0x1000));
            assert_eq!(bridge.bridge_id()?.unwrap().priority, 0x1000);
            assert_eq!(bridge.mcast_snooping()?, Some(false));
            assert_eq!(
                Some(bridge.bridge_id()?.unwrap().address.into()),
                link.view().address()?
            );

            handle
                .links()
                .set("br", |link| {
                    link.info(|info| info.bridge(|bridge| bridge.ageing_time(100).stp_state(1)))
                })
                .await?;
            let link = handle.links().get("br").await?;
            let info = link.view().info()?.unwrap();
            let Some(LinkDataView::Bridge(bridge)) = info.data()? else {
                panic!("not a bridge: {info:?}");
            };
            assert_eq!(
                (bridge.ageing_time()?, bridge.stp_state()?),
                (Some(100), Some(1))
            );
            handle.links().delete("br").await
        });
    });
}

#[test]
fn a_port_has_settings_in_two_places() {
    in_namespace(|| {
        run(async |handle| {
            let (bridge, port) = bridge_with_port(&handle).await?;
            handle
                .links()
                .set(port, |link| {
                    link.info(|info| {
                        info.bridge_port(|port| port.cost(17).hairpin(true).isolated(true))
                    })
                })
                .await?;
            let link = handle.links().get(port).await?;
            assert_eq!(link.view().master()?, Some(bridge));
            let info = link.view().info()?.unwrap();
            assert_eq!(info.port_kind()?, Some("bridge"));
            let Some(PortDataView::BridgePort(data)) = info.port_data()? else {
                panic!("not a port: {info:?}");
            };
            assert_eq!(data.cost()?, Some(17));
            assert_eq!(data.hairpin()?, Some(true));
            assert_eq!(data.isolated()?, Some(true));
            assert_eq!(data.state()?, Some(BridgePortState::FORWARDING));

            let change = Link::modify()
                .index(port)
                .bridge_protocol(|port| port.cost(23).learning(false));
            handle.call(&change).await?;
            let ports = all(handle.list(&Link::dump().family(Family::BRIDGE))).await?;
            let view = ports
                .iter()
                .map(|link| link.view())
                .find(|link| link.index() == port)
                .unwrap();
            let Some(LinkProtocolView::BridgeProtocol(data)) = view.protocol()? else {
                panic!("not a port: {view:?}");
            };
            assert_eq!((data.cost()?, data.learning()?), (Some(23), Some(false)));
            Ok(())
        });
    });
}
