//! What only the lab's kernels have of traffic control: fq_codel, fq, netem, flower, matchall, chains and gact.

use netlane_route::{
    ActionOptionsView, Chain, Filter, FilterOptionsView, GactParameters, NetemChance, NetemOptions,
    NetemRate, PROTOCOL_ALL, Qdisc, QdiscOptionsView, TcHandle, Verdict,
};
use netlane_testkit::in_namespace;

use crate::common::{all, filters, place, qdisc_at, run};

#[test]
fn fair_queues_are_added_and_read_back() {
    in_namespace(|| {
        run(async |handle, link, _| {
            let add = Qdisc::add()
                .index(link)
                .parent(TcHandle::ROOT)
                .fq_codel(|fq_codel| {
                    fq_codel
                        .limit(1000)
                        .target(4000)
                        .interval(90_000)
                        .ecn(1)
                        .flows(512)
                        .quantum(1514)
                });
            handle.call(&add).await?;
            let qdisc = qdisc_at(&handle, link, TcHandle::ROOT).await?.unwrap();
            let Some(QdiscOptionsView::FqCodel(read)) = qdisc.view().options()? else {
                panic!("not fq_codel: {qdisc:?}");
            };
            assert_eq!(
                (read.limit()?, read.flows()?, read.ecn()?),
                (Some(1000), Some(512), Some(1))
            );
            // The kernel keeps times in units of 1024 ns.
            assert!(read.target()?.unwrap().abs_diff(4000) <= 2);
            assert!(read.interval()?.unwrap().abs_diff(90_000) <= 2);

            let put = Qdisc::put().index(link).parent(TcHandle::ROOT).fq(|fq| {
                fq.limit(2000)
                    .flow_limit(50)
                    .max_rate(1_000_000)
                    .horizon_drop(false)
            });
            handle.call(&put).await?;
            let qdisc = qdisc_at(&handle, link, TcHandle::ROOT).await?.unwrap();
            let Some(QdiscOptionsView::Fq(read)) = qdisc.view().options()? else {
                panic!("not fq: {qdisc:?}");
            };
            assert_eq!((read.limit()?, read.flow_limit()?), (Some(2000), Some(50)));
            assert_eq!(
                (read.max_rate()?, read.horizon_drop()?),
                (Some(1_000_000), Some(false))
            );
            Ok(())
        });
    });
}

#[test]
fn a_bad_network_is_added_and_read_back() {
    in_namespace(|| {
        run(async |handle, link, _| {
            let options = NetemOptions {
                limit: 500,
                loss: u32::MAX / 100,
                ..Default::default()
            };
            let rate = NetemRate {
                rate: 125_000,
                ..Default::default()
            };
            let reorder = NetemChance {
                probability: u32::MAX / 4,
                correlation: 7,
            };
            let add = Qdisc::add()
                .index(link)
                .parent(TcHandle::ROOT)
                .netem(|netem| {
                    netem
                        .header(options)
                        .gap(5)
                        .latency64(10_000_000)
                        .jitter64(2_000_000)
                        .reorder(reorder)
                        .rate(rate)
                });
            handle.call(&add).await?;
            let qdisc = qdisc_at(&handle, link, TcHandle::ROOT).await?.unwrap();
            let Some(QdiscOptionsView::Netem(read)) = qdisc.view().options()? else {
                panic!("not netem: {qdisc:?}");
            };
            assert_eq!(
                (read.limit(), read.loss(), read.gap()),
                (500, u32::MAX / 100, 5)
            );
            assert_eq!(read.latency64()?, Some(10_000_000));
            assert_eq!(read.jitter64()?, Some(2_000_000));
            assert_eq!(read.reorder()?.unwrap().value(), reorder);
            assert_eq!(read.rate()?.unwrap().rate, 125_000);
            Ok(())
        });
    });
}

#[test]
fn fields_of_packets_are_found_and_decided_on() {
    in_namespace(|| {
        run(async |handle, link, _| {
            let ingress = TcHandle::CLSACT_INGRESS;
            let clsact = Qdisc::add().index(link).parent(TcHandle::INGRESS).clsact();
            handle.call(&clsact).await?;
            let shot = GactParameters {
                verdict: Verdict::SHOT,
                ..Default::default()
            };
            let add = place(Filter::add(), link, ingress)
                .chain(3)
                .flower(|flower| {
                    flower
                        .eth_type(0x0800)
                        .ip_protocol(6)
                        .ipv4_destination([192, 0, 2, 0].into())
                        .ipv4_destination_mask([255, 255, 255, 0].into())
                        .tcp_destination(443)
                        .actions([shot], |shot, action| {
                            action.gact(|gact| gact.parameters(shot))
                        })
                });
            handle.call(&add).await?;
            let found = filters(&handle, link, ingress).await?;
            let filter = found
                .iter()
                .map(|filter| filter.view())
                .find(|filter| filter.handle() != TcHandle::UNSPEC)
                .unwrap();
            assert_eq!(filter.chain()?, Some(3));
            let Some(FilterOptionsView::Flower(flower)) = filter.options()? else {
                panic!("not flower: {filter:?}");
            };
            assert_eq!(flower.eth_type()?, Some(0x0800));
            assert_eq!(flower.tcp_destination()?, Some(443));
            assert_eq!(flower.tcp_destination_mask()?, Some(0xffff));
            assert_eq!(flower.ipv4_destination()?, Some([192, 0, 2, 0].into()));
            let action = flower.actions().next().unwrap()?;
            assert!(
                matches!(action.options()?, Some(ActionOptionsView::Gact(gact)) if gact.parameters()?.unwrap().verdict == Verdict::SHOT)
            );

            let chains = all(handle.list(&Chain::dump().index(link).parent(ingress))).await?;
            assert!(
                chains
                    .iter()
                    .any(|chain| chain.view().number() == Ok(Some(3)))
            );

            let add = Filter::add()
                .index(link)
                .parent(ingress)
                .priority(20)
                .protocol(PROTOCOL_ALL)
                .matchall(|matchall| matchall.class(TcHandle::new(1, 1)));
            handle.call(&add).await?;
            let found = filters(&handle, link, ingress).await?;
            let filter = found
                .iter()
                .map(|filter| filter.view())
                .find(|filter| filter.priority() == 20 && filter.handle() != TcHandle::UNSPEC)
                .unwrap();
            assert_eq!(filter.protocol(), PROTOCOL_ALL);
            assert!(
                matches!(filter.options()?, Some(FilterOptionsView::Matchall(m)) if m.class()? == Some(TcHandle::new(1, 1)))
            );
            Ok(())
        });
    });
}

#[test]
fn a_chain_is_added_and_deleted() {
    in_namespace(|| {
        run(async |handle, link, _| {
            let ingress = TcHandle::CLSACT_INGRESS;
            let clsact = Qdisc::add().index(link).parent(TcHandle::INGRESS).clsact();
            handle.call(&clsact).await?;
            handle
                .call(&Chain::add().index(link).parent(ingress).number(9))
                .await?;
            let get = Chain::get().index(link).parent(ingress).number(9);
            assert_eq!(handle.call(&get).await?.view().number()?, Some(9));
            handle
                .call(&Chain::delete().index(link).parent(ingress).number(9))
                .await?;
            assert!(handle.call(&get).await.is_err());
            Ok(())
        });
    });
}
