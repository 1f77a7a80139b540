//! Queueing disciplines and classes.

use netlane_route::{
    Class, ClassOptionsView, FifoLimit, HtbClass, HtbGlobal, Qdisc, QdiscOptionsView,
    TbfParameters, TcHandle, TcRate,
};
use netlane_testkit::in_namespace;

use crate::common::{all, qdisc_at, run};

#[test]
fn a_fifo_is_added_read_back_replaced_and_deleted() {
    in_namespace(|| {
        run(async |handle, link, _| {
            let root = || Qdisc::add().index(link).parent(TcHandle::ROOT);
            handle.call(&root().pfifo(FifoLimit { limit: 33 })).await?;
            let error = handle
                .call(&root().pfifo(FifoLimit { limit: 1 }))
                .await
                .unwrap_err();
            assert_eq!(error.errno(), Some(17), "EEXIST: {error}");

            let qdisc = qdisc_at(&handle, link, TcHandle::ROOT).await?.unwrap();
            let qdisc = qdisc.view();
            assert_eq!(qdisc.kind()?, Some("pfifo"));
            assert!(
                matches!(qdisc.options()?, Some(QdiscOptionsView::Pfifo(fifo)) if fifo.limit == 33)
            );
            let stats = qdisc.stats2()?.unwrap();
            assert_eq!(stats.queue()?.unwrap().len, 0);
            assert!(stats.basic()?.is_some() && qdisc.stats()?.is_some());

            let put = Qdisc::put()
                .index(link)
                .parent(TcHandle::ROOT)
                .handle(TcHandle::new(5, 0))
                .bfifo(FifoLimit { limit: 4000 });
            handle.call(&put).await?;
            let ask = || Qdisc::get().index(link).parent(TcHandle::ROOT);
            let qdisc = handle.call(&ask()).await?;
            assert_eq!(qdisc.view().handle(), TcHandle::new(5, 0));
            assert!(
                matches!(qdisc.view().options()?, Some(QdiscOptionsView::Bfifo(fifo)) if fifo.limit == 4000)
            );
            handle
                .call(&Qdisc::delete().index(link).parent(TcHandle::ROOT))
                .await?;
            let left = qdisc_at(&handle, link, TcHandle::ROOT).await?.unwrap();
            assert_eq!(left.view().kind()?, Some("noqueue"));
            Ok(())
        });
    });
}

#[test]
fn a_token_bucket_is_added_read_back_and_changed() {
    in_namespace(|| {
        run(async |handle, link, _| {
            let parameters = |rate| TbfParameters {
                rate: TcRate::bytes_per_second(rate),
                limit: 30_000,
                ..Default::default()
            };
            let add = Qdisc::add()
                .index(link)
                .parent(TcHandle::ROOT)
                .tbf(|tbf| tbf.parameters(parameters(125_000)).burst(5_000));
            handle.call(&add).await?;
            let read = async || {
                let qdisc = qdisc_at(&handle, link, TcHandle::ROOT).await?.unwrap();
                let Some(QdiscOptionsView::Tbf(tbf)) = qdisc.view().options()? else {
                    panic!("not a token bucket: {qdisc:?}");
                };
                Ok::<_, netlane::Error>(tbf.parameters()?.unwrap().value())
            };
            let found = read().await?;
            assert_eq!((found.rate.rate, found.limit), (125_000, 30_000));
            // 5000 bytes at 125000 bytes a second are 40 ms, in units of 64 ns.
            assert_eq!(found.buffer, 625_000);
            let set = Qdisc::set()
                .index(link)
                .parent(TcHandle::ROOT)
                .tbf(|tbf| tbf.parameters(parameters(250_000)).burst(5_000));
            handle.call(&set).await?;
            assert_eq!(read().await?.rate.rate, 250_000);
            Ok(())
        });
    });
}

#[test]
fn a_tree_of_classes_is_added_read_back_changed_and_deleted() {
    in_namespace(|| {
        run(async |handle, link, _| {
            let root = TcHandle::new(1, 0);
            let global = HtbGlobal {
                version: 3,
                rate_to_quantum: 10,
                default_class: 0x20,
                ..Default::default()
            };
            let add = Qdisc::add()
                .index(link)
                .parent(TcHandle::ROOT)
                .handle(root)
                .htb(|htb| htb.global(global).direct_queue_len(50));
            handle.call(&add).await?;
            let settings = |rate, priority| HtbClass {
                rate: TcRate::bytes_per_second(rate),
                ceil: TcRate::bytes_per_second(rate * 2),
                buffer: 10_000,
                ceil_buffer: 20_000,
                quantum: 3_000,
                priority,
                ..Default::default()
            };
            let tree = [
                (TcHandle::new(1, 1), root, 1_000_000, 0),
                (TcHandle::new(1, 0x20), TcHandle::new(1, 1), 500_000, 3),
            ];
            for (class, parent, rate, priority) in tree {
                let add = Class::add()
                    .index(link)
                    .parent(parent)
                    .handle(class)
                    .htb(|htb| htb.class(settings(rate, priority)));
                handle.call(&add).await?;
            }
            let classes = all(handle.list(&Class::dump().index(link))).await?;
            let leaf = classes
                .iter()
                .map(|class| class.view())
                .find(|class| class.handle() == TcHandle::new(1, 0x20))
                .unwrap();
            assert_eq!(leaf.parent(), TcHandle::new(1, 1));
            let Some(ClassOptionsView::Htb(htb)) = leaf.options()? else {
                panic!("not an HTB class: {leaf:?}");
            };
            let class = htb.class()?.unwrap();
            assert_eq!((class.rate.rate, class.ceil.rate), (500_000, 1_000_000));
            assert_eq!((class.priority, class.quantum, class.level), (3, 3_000, 0));
            assert!(leaf.stats2()?.unwrap().basic()?.is_some());

            let qdisc = qdisc_at(&handle, link, TcHandle::ROOT).await?.unwrap();
            let Some(QdiscOptionsView::Htb(htb)) = qdisc.view().options()? else {
                panic!("not an HTB: {qdisc:?}");
            };
            assert_eq!(htb.global()?.unwrap().default_class, 0x20);
            assert_eq!(htb.direct_queue_len()?, Some(50));

            let set = Class::set()
                .index(link)
                .parent(TcHandle::new(1, 1))
                .handle(TcHandle::new(1, 0x20))
                .htb(|htb| htb.class(settings(600_000, 3)));
            handle.call(&set).await?;
            let get = Class::get().index(link).handle(TcHandle::new(1, 0x20));
            let found = handle.call(&get).await?;
            let Some(ClassOptionsView::Htb(htb)) = found.view().options()? else {
                panic!("not an HTB class: {found:?}");
            };
            assert_eq!(htb.class()?.unwrap().rate.rate, 600_000);
            let delete = Class::delete().index(link).handle(TcHandle::new(1, 0x20));
            handle.call(&delete).await?;
            assert_eq!(all(handle.list(&Class::dump().index(link))).await?.len(), 1);
            Ok(())
        });
    });
}
