//! Subscriptions: groups joined and left, whose event it is, and what a slow subscriber costs.

use std::os::fd::AsFd;
use std::sync::Arc;

use futures::{FutureExt, StreamExt};
use netlane::{Builder, Event, Handle, Lanes, LossCause, LossCount, Notice, Protocol};
use netlane::{Subscription, WhenFull};
use netlane_testkit::{Links, NetworkNamespace, in_namespace};
use netlane_tests::route::{
    DELETE_ADDRESS, DELETE_LINK, GROUP_ADDRESS, GROUP_BRIDGE_VLAN, GROUP_LINK,
    GROUP_MULTICAST_ADDRESS, GROUP_ROUTE, NEW_ADDRESS, NEW_LINK, add_address, add_vlan, address,
    delete_address, link_name, local_address, name_namespace, new_bridge,
};
use netlane_tests::sockets::{self, mask};
use netlane_tests::stage::play;

fn route(lanes: Lanes) -> Handle {
    let builder = Builder::new(Protocol::ROUTE).lanes(lanes);
    builder.spawn().unwrap()
}

async fn event(events: &mut Subscription) -> Arc<Event> {
    match events.next().await {
        Some(Ok(Notice::Event(event))) => event,
        other => panic!("instead of an event: {other:?}"),
    }
}

/// What is in the queue right now.
fn queued(events: &mut Subscription) -> Vec<Notice> {
    let mut notices = Vec::new();
    while let Some(Some(notice)) = events.next().now_or_never() {
        notices.push(notice.unwrap());
    }
    notices
}

#[test]
fn a_group_above_32_is_known_by_its_number() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let handle = route(lanes);
                let name = format!("br{lanes:?}");
                handle.request(new_bridge(&name)).await.unwrap();
                let index = Links::open().unwrap().index(&name).unwrap();
                // Which of the two groups there is depends on the kernel.
                let mut vlans = handle.subscribe([GROUP_BRIDGE_VLAN]).await.unwrap();
                let (group, event) = match handle.request(add_vlan(index, 7)).await {
                    Ok(_) => (GROUP_BRIDGE_VLAN, event(&mut vlans).await),
                    Err(error) if error.errno() == Some(EOPNOTSUPP) => {
                        let group = GROUP_MULTICAST_ADDRESS;
                        let mut addresses = handle.subscribe([group]).await.unwrap();
                        // It joins the all-hosts group.
                        Links::open().unwrap().set_up(&name).unwrap();
                        (group, event(&mut addresses).await)
                    }
                    Err(error) => panic!("{error}"),
                };
                assert_eq!(event.group, group);
                assert_eq!(handle.statistics().unsolicited_dropped, 0);
            }
        })
    });
}

#[test]
fn a_subscription_hears_from_the_moment_it_is_awaited() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let handle = route(lanes);
                handle.request(add_address(address(1))).await.unwrap();
                // Its socket must be bound before it joins: an unbound one hears nothing.
                let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                assert_ne!(events.port(), 0);
                handle.request(delete_address(address(1))).await.unwrap();
                let first = event(&mut events).await;
                assert_eq!(first.frame.header().kind, DELETE_ADDRESS);
            }
        })
    });
}

#[test]
fn after_a_barrier_the_events_of_an_awaited_request_are_there() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let handle = route(lanes);
                let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                for number in 1..100 {
                    handle.request(add_address(address(number))).await.unwrap();
                    events.barrier().await.unwrap();
                    let [Notice::Event(event)] = &queued(&mut events)[..] else {
                        panic!("not exactly the one event");
                    };
                    assert_eq!(local_address(&event.frame), address(number));
                    handle
                        .request(delete_address(address(number)))
                        .await
                        .unwrap();
                    handle.barrier(&events).await.unwrap();
                    assert_eq!(queued(&mut events).len(), 1);
                }
            }
        })
    });
}

#[test]
fn events_of_another_connection_arrive_in_order() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let (listener, actor) = (route(lanes), route(Lanes::Separate));
                let mut events = listener.subscribe([GROUP_ADDRESS]).await.unwrap();
                for number in 0..100 {
                    actor.request(add_address(address(number))).await.unwrap();
                    actor
                        .request(delete_address(address(number)))
                        .await
                        .unwrap();
                }
                for number in 0..100 {
                    for kind in [NEW_ADDRESS, DELETE_ADDRESS] {
                        let event = event(&mut events).await;
                        assert_eq!(event.frame.header().kind, kind);
                        assert_eq!(local_address(&event.frame), address(number));
                        assert_eq!(event.frame.header().port, actor.port());
                        assert_eq!(event.nsid, None);
                    }
                }
            }
        })
    });
}

#[test]
fn groups_are_joined_for_the_first_and_left_after_the_last() {
    in_namespace(|| {
        play(async {
            let handle = route(Lanes::Single);
            let member_of = || sockets::groups(0, handle.port()).unwrap();
            let one = handle.subscribe([GROUP_LINK, GROUP_ADDRESS]).await.unwrap();
            let two = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let both = mask(GROUP_LINK) | mask(GROUP_ADDRESS);
            assert_eq!(member_of(), both);
            let three = handle.clone().subscribe([GROUP_ROUTE]).await.unwrap();
            assert_eq!(member_of(), both | mask(GROUP_ROUTE));
            drop(three);
            assert_eq!(member_of(), both);
            drop(one);
            assert_eq!(member_of(), mask(GROUP_ADDRESS));
            drop(two);
            assert_eq!(member_of(), 0);
        })
    });
}

#[test]
fn a_failed_subscription_leaves_the_groups_it_had_joined() {
    in_namespace(|| {
        play(async {
            let handle = route(Lanes::Single);
            // The last of these does not exist.
            let error = handle.subscribe([GROUP_LINK, GROUP_ADDRESS, 9999]).await;
            let error = error.unwrap_err();
            assert_eq!(error.errno(), Some(EINVAL), "{error}");
            assert_eq!(sockets::groups(0, handle.port()), Some(0));
            assert!(handle.subscribe([GROUP_LINK]).await.is_ok());
        })
    });
}

#[test]
fn subscribers_of_the_same_groups_share_a_socket_that_closes_with_the_last() {
    in_namespace(|| {
        play(async {
            let handle = route(Lanes::Separate);
            let before = sockets::open().len();
            let one = handle.subscribe([GROUP_LINK]).await.unwrap();
            let two = handle.subscribe([GROUP_LINK]).await.unwrap();
            let other = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            assert_eq!(one.port(), two.port());
            // Neither shares with requests, nor with those who asked for something else.
            assert!(one.port() != other.port() && one.port() != handle.port());
            assert_eq!(sockets::groups(0, one.port()), Some(mask(GROUP_LINK)));
            assert_eq!(sockets::groups(0, handle.port()), Some(0));
            assert_eq!(sockets::open().len(), before + 2);
            let port = one.port();
            drop(one);
            assert_eq!(sockets::groups(0, port), Some(mask(GROUP_LINK)));
            drop(two);
            drop(other);
            netlane_tests::stage::until("their sockets are closed", || {
                sockets::open().len() == before
            })
            .await;
            // And may be had again.
            let mut again = handle.subscribe([GROUP_LINK]).await.unwrap();
            handle.request(new_bridge("br0")).await.unwrap();
            assert_eq!(event(&mut again).await.frame.header().kind, NEW_LINK);
        })
    });
}

#[test]
fn every_subscriber_gets_what_it_asked_for_and_nothing_else() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let handle = route(lanes);
                let mut links = handle.subscribe([GROUP_LINK]).await.unwrap();
                let mut both = handle.subscribe([GROUP_LINK, GROUP_ADDRESS]).await.unwrap();
                let mut addresses = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                let name = format!("br{lanes:?}");
                handle.request(add_address(address(1))).await.unwrap();
                handle.request(new_bridge(&name)).await.unwrap();
                handle.request(delete_address(address(1))).await.unwrap();
                for events in [&links, &both, &addresses] {
                    events.barrier().await.unwrap();
                }
                let groups = |notices: Vec<Notice>| -> Vec<u32> {
                    let group = |notice| match notice {
                        Notice::Event(event) => event.group,
                        other => panic!("{other:?}"),
                    };
                    notices.into_iter().map(group).collect()
                };
                let heard = groups(queued(&mut links));
                assert!(!heard.is_empty() && heard.iter().all(|group| *group == GROUP_LINK));
                assert_eq!(groups(queued(&mut addresses)), [GROUP_ADDRESS; 2]);
                let heard = groups(queued(&mut both));
                assert_eq!(heard.first(), Some(&GROUP_ADDRESS));
                assert_eq!(heard.last(), Some(&GROUP_ADDRESS));
                assert!(heard.contains(&GROUP_LINK));
            }
        })
    });
}

#[test]
fn a_slow_subscriber_misses_its_own_events_and_nobody_elses() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let handle = route(lanes);
                let mut slow = handle.subscribe([GROUP_ADDRESS]).capacity(4).await.unwrap();
                let mut quick = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                for number in 0..50 {
                    handle.request(add_address(address(number))).await.unwrap();
                    handle
                        .request(delete_address(address(number)))
                        .await
                        .unwrap();
                    for _ in 0..2 {
                        let event = event(&mut quick).await;
                        assert_eq!(local_address(&event.frame), address(number));
                    }
                }
                let notices = queued(&mut slow);
                assert_eq!(notices.len(), 5, "{notices:?}");
                assert!(notices[..4].iter().all(|n| matches!(n, Notice::Event(_))));
                let Notice::Lost(loss) = &notices[4] else {
                    panic!("no marker behind the events");
                };
                assert_eq!(loss.cause, LossCause::QueueFull);
                assert_eq!(loss.count, LossCount::Exact(96));
                assert_eq!(handle.statistics().events_lost, 96);
            }
        })
    });
}

/// Fails when the queue has no bound.
#[test]
fn a_full_queue_does_what_its_policy_says() {
    in_namespace(|| {
        play(async {
            let handle = route(Lanes::Separate);
            let subscribe = |policy| {
                let subscribe = handle.subscribe([GROUP_ADDRESS]).capacity(2);
                subscribe.when_full(policy)
            };
            let mut newest = subscribe(WhenFull::DropNewest).await.unwrap();
            let mut oldest = subscribe(WhenFull::DropOldest).await.unwrap();
            let mut ends = subscribe(WhenFull::End).await.unwrap();
            for number in 0..5 {
                handle.request(add_address(address(number))).await.unwrap();
            }
            newest.barrier().await.unwrap();
            let seen = |events: &mut Subscription| -> Vec<String> {
                let describe = |notice| match notice {
                    Notice::Event(event) => local_address(&event.frame)[3].to_string(),
                    Notice::Lost(loss) => format!("{:?}", loss.count),
                    other => panic!("{other:?}"),
                };
                queued(events).into_iter().map(describe).collect()
            };
            assert_eq!(seen(&mut newest), ["0", "1", "Exact(3)"]);
            assert_eq!(seen(&mut oldest), ["Exact(3)", "3", "4"]);
            assert_eq!(seen(&mut ends), ["0", "1", "Exact(1)"]);
            assert!(ends.next().await.is_none(), "it has ended");
            handle.request(add_address(address(9))).await.unwrap();
            newest.barrier().await.unwrap();
            assert_eq!(seen(&mut newest), ["9"]);
            assert_eq!(seen(&mut oldest), ["9"]);
        })
    });
}

#[test]
fn events_of_other_namespaces_carry_their_id() {
    in_namespace(|| {
        play(async {
            let elsewhere = NetworkNamespace::new().unwrap();
            let handle = route(Lanes::Separate);
            let id = name_namespace(&elsewhere.as_fd(), 7);
            handle.request(id).await.unwrap();
            let subscribe = handle.subscribe([GROUP_LINK]).all_namespaces();
            let mut everywhere = subscribe.await.unwrap();
            let mut here = handle.subscribe([GROUP_LINK]).await.unwrap();
            elsewhere.run(|| Links::open().unwrap().bridge("br7").unwrap());
            let there = event(&mut everywhere).await;
            assert_eq!(there.nsid, Some(7));
            assert_eq!(link_name(&there.frame), "br7");
            handle.request(new_bridge("br0")).await.unwrap();
            let own = event(&mut here).await;
            assert_eq!((link_name(&own.frame).as_str(), own.nsid), ("br0", None));
        })
    });
}

/// Fails when an event's sender is not looked at (`Conversations::receive`).
#[test]
fn an_event_is_forged_by_nobody() {
    in_namespace(|| {
        play(async {
            use netlane_sys::{Address, Socket, SocketKind};
            let handle = route(Lanes::Separate);
            let mut events = handle.subscribe([GROUP_LINK]).await.unwrap();
            let forger = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
            forger.bind(Address::KERNEL).unwrap();
            // RTM_DELLINK of everything, as any holder of CAP_NET_ADMIN may multicast it.
            let forged = netlane_tests::route::get_link(1)
                .into_frame(0, 0)
                .unwrap()
                .into_bytes();
            let mut forged = forged.to_vec();
            forged[4..6].copy_from_slice(&DELETE_LINK.to_ne_bytes());
            // Without NLM_F_REQUEST the kernel itself ignores it.
            forged[6..8].copy_from_slice(&[0, 0]);
            forger
                .send_to(&forged, Address::group(GROUP_LINK).unwrap())
                .unwrap();
            handle.request(new_bridge("br0")).await.unwrap();
            assert_eq!(event(&mut events).await.frame.header().kind, NEW_LINK);
            assert_eq!(handle.statistics().foreign, 1);
        })
    });
}

const EINVAL: i32 = 22;
const EOPNOTSUPP: i32 = 95;
