//! Filters and actions, and their events.

use futures::{FutureExt, StreamExt};
use netlane_route::{
    ActionList, BpfFlags, BpfInstruction, Event, Filter, FilterOptionsView, Group, Qdisc,
    RouteHandle, TcHandle, U32Flags, U32Key, U32Selector, Watched,
};
use netlane_testkit::in_namespace;

use crate::common::{filters, place, redirect, redirected_to, run};

const INGRESS: TcHandle = TcHandle::CLSACT_INGRESS;

fn clsact(
    link: u32,
) -> netlane_route::QdiscBuilder<netlane_wire::typed::Do<netlane_route::AddQdisc>> {
    Qdisc::add().index(link).parent(TcHandle::INGRESS).clsact()
}

#[test]
fn words_of_packets_are_found_and_redirected() {
    in_namespace(|| {
        run(async |handle, link, other| {
            handle.call(&clsact(link)).await?;
            let selector = U32Selector {
                flags: U32Flags::TERMINAL,
                ..Default::default()
            };
            // Destination 192.0.2.0/24, then TTL 64.
            let keys = [
                U32Key {
                    mask: 0xffff_ff00,
                    value: 0xc000_0200,
                    offset: 16,
                    offset_mask: 0,
                },
                U32Key {
                    mask: 0xff00_0000,
                    value: 0x4000_0000,
                    offset: 8,
                    offset_mask: 0,
                },
            ];
            let add = place(Filter::add(), link, INGRESS).u32(|filter| {
                filter
                    .selector((selector, &keys))
                    .class(TcHandle::new(1, 2))
                    .actions([other], |other, action| {
                        action.mirred(|mirred| mirred.parameters(redirect(other)))
                    })
            });
            handle.call(&add).await?;
            let found = filters(&handle, link, INGRESS).await?;
            let filter = found
                .iter()
                .map(|filter| filter.view())
                .find(|filter| {
                    matches!(filter.options(), Ok(Some(FilterOptionsView::U32(u32))) if u32.selector().is_ok_and(|s| s.is_some()))
                })
                .unwrap();
            assert_eq!((filter.priority(), filter.protocol()), (10, 0x0800));
            assert_eq!(filter.kind()?, Some("u32"));
            let Some(FilterOptionsView::U32(options)) = filter.options()? else {
                panic!("not u32: {filter:?}");
            };
            let read = options.selector()?.unwrap();
            assert_eq!(read.keys.collect::<Vec<_>>(), keys);
            assert!(read.selector.flags.contains(U32Flags::TERMINAL));
            assert_eq!(options.class()?, Some(TcHandle::new(1, 2)));
            assert_eq!(redirected_to(options.actions())?, other);

            let get = place(Filter::get(), link, INGRESS)
                .handle(filter.handle())
                .kind("u32");
            let one = handle.call(&get).await?;
            assert_eq!(one.view().handle(), filter.handle());
            let delete = place(Filter::delete(), link, INGRESS);
            handle.call(&delete).await?;
            assert_eq!(filters(&handle, link, INGRESS).await?.len(), 0);
            Ok(())
        });
    });
}

#[test]
fn a_program_decides() {
    in_namespace(|| {
        run(async |handle, link, other| {
            handle.call(&clsact(link)).await?;
            // "return 0xffffffff" of classic BPF: every packet.
            let program = [BpfInstruction {
                code: 6,
                operand: u32::MAX,
                ..Default::default()
            }];
            let add = place(Filter::add(), link, TcHandle::CLSACT_EGRESS).bpf(|filter| {
                filter
                    .instruction_count(1)
                    .instructions(&program)
                    .class(TcHandle::new(1, 7))
                    .actions([other], |other, action| {
                        action.mirred(|mirred| mirred.parameters(redirect(other)))
                    })
            });
            handle.call(&add).await?;
            let found = filters(&handle, link, TcHandle::CLSACT_EGRESS).await?;
            // The first is the place in the order, with nothing in it.
            let [place, filter] = found.as_slice() else {
                panic!("not two: {found:?}");
            };
            assert_eq!(place.view().handle(), TcHandle::UNSPEC);
            let Some(FilterOptionsView::Bpf(options)) = filter.view().options()? else {
                panic!("not bpf: {filter:?}");
            };
            assert_eq!(
                options.instructions()?.unwrap().collect::<Vec<_>>(),
                program
            );
            assert_eq!(options.class()?, Some(TcHandle::new(1, 7)));
            assert!(
                !options
                    .flags()?
                    .unwrap_or_default()
                    .contains(BpfFlags::DIRECT_ACTION)
            );
            assert_eq!(redirected_to(options.actions())?, other);
            assert_eq!(filters(&handle, link, INGRESS).await?.len(), 0);
            Ok(())
        });
    });
}

#[test]
fn actions_live_without_filters() {
    in_namespace(|| {
        run(async |handle, _, other| {
            let mut parameters = redirect(other);
            parameters.index = 77;
            let add =
                ActionList::add().actions([()], |(), action: netlane_route::ActionBuilder<_>| {
                    action
                        .mirred(|mirred| mirred.parameters(parameters))
                        .cookie(&[1, 2, 3])
                });
            if in_user_namespace() {
                // Actions are for the machine's own root.
                let error = handle.call(&add).await.unwrap_err();
                assert_eq!(error.errno(), Some(1), "EPERM: {error}");
                return Ok(());
            }
            handle.call(&add).await?;
            let get =
                ActionList::get().actions([77], |index, action| action.kind("mirred").index(index));
            let found = handle.call(&get).await?;
            let actions: Vec<_> = found.view().actions().collect::<Result<_, _>>()?;
            assert_eq!(actions.len(), 1);
            assert_eq!(actions[0].cookie()?, Some(&[1, 2, 3][..]));
            let delete = ActionList::delete()
                .actions([77], |index, action| action.kind("mirred").index(index));
            handle.call(&delete).await?;
            assert!(handle.call(&get).await.is_err());
            Ok(())
        });
    });
}

/// Whether root here is another user outside.
fn in_user_namespace() -> bool {
    let map = std::fs::read_to_string("/proc/self/uid_map").unwrap();
    map.split_whitespace().collect::<Vec<_>>() != ["0", "0", "4294967295"]
}

#[test]
fn traffic_control_is_told() {
    in_namespace(|| {
        run(async |handle, link, _| {
            let mut watch = handle.watch([Group::TC]).await?;
            handle.call(&clsact(link)).await?;
            let program = [BpfInstruction {
                code: 6,
                operand: u32::MAX,
                ..Default::default()
            }];
            let add = place(Filter::add(), link, INGRESS)
                .bpf(|filter| filter.instruction_count(1).instructions(&program));
            handle.call(&add).await?;
            handle.call(&place(Filter::delete(), link, INGRESS)).await?;
            let delete = Qdisc::delete()
                .index(link)
                .parent(TcHandle::INGRESS)
                .kind("clsact");
            handle.call(&delete).await?;
            watch.barrier().await?;
            let mut told = Vec::new();
            while let Some(Some(item)) = watch.next().now_or_never() {
                match item? {
                    Watched::Event(event) => told.push(event),
                    other => panic!("no event: {other:?}"),
                }
            }
            let kinds: Vec<u16> = told.iter().map(Event::kind).collect();
            assert_eq!(kinds.first(), Some(&36), "RTM_NEWQDISC: {told:#?}");
            assert!(
                kinds.contains(&44) && kinds.contains(&45),
                "filters: {told:#?}"
            );
            assert_eq!(kinds.last(), Some(&37), "RTM_DELQDISC: {told:#?}");
            Ok(())
        });
    });
}
