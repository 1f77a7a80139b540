//! Batches and netfilter transactions: one outcome each, in order; all or nothing.

use futures::StreamExt;
use netlane::wire::{Flags, Message};
use netlane::{Builder, ErrorKind, Handle, Offload, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    LOOPBACK, NO_INTERFACE, add_address, address, delete_address, delete_link, get_addresses,
    get_link, local_address, new_bridge,
};
use netlane_tests::stage::{drop_after, play, until};

fn unbuildable() -> Message {
    get_link(LOOPBACK).with_text(3, "interior\0nul")
}

#[test]
fn outcomes_come_in_order_whatever_they_are() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let messages = (0..600).map(|number| match number % 4 {
                0 => get_link(LOOPBACK),
                1 => get_link(NO_INTERFACE),
                2 => unbuildable(),
                _ => add_address(address(number)),
            });
            let outcomes = handle.batch(messages).await;
            assert_eq!(outcomes.len(), 600);
            for (number, outcome) in outcomes.iter().enumerate() {
                match (number % 4, outcome) {
                    (0, Ok(answer)) => assert_eq!(answer.replies.len(), 1),
                    (1, Err(error)) => assert_eq!(error.errno(), Some(ENODEV)),
                    (2, Err(error)) => assert_eq!(error.kind(), ErrorKind::Invalid),
                    (3, Ok(answer)) => assert!(answer.replies.is_empty()),
                    other => panic!("{number}: {other:?}"),
                }
            }
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn the_members_of_a_batch_are_executed_in_order() {
    in_namespace(|| {
        play(async {
            for offload in [Offload::Adaptive, Offload::Always, Offload::Never] {
                let builder = Builder::new(Protocol::ROUTE).offload(offload);
                let handle = builder.spawn().unwrap();
                // Any other order makes some of them fail.
                let messages = (0..300).flat_map(|number| {
                    let address = address(number % 7);
                    [add_address(address), delete_address(address)]
                });
                for outcome in handle.batch(messages).await {
                    outcome.unwrap();
                }
            }
        })
    });
}

#[test]
fn a_batch_uses_few_datagrams() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            for number in 0..1000 {
                // Proved quick, so that the batch need not go to a thread.
                let _ = handle.request(add_address(address(number % 3))).await;
            }
            let before = handle.statistics();
            let messages = (0..1000).map(|_| get_link(LOOPBACK));
            handle.batch(messages).await;
            let after = handle.statistics();
            assert_eq!(after.sent - before.sent, 1000);
            let datagrams = after.datagrams_sent - before.datagrams_sent;
            assert!(datagrams < 200, "{datagrams}");
        })
    });
}

#[test]
fn a_member_that_is_too_long_says_so_and_its_neighbours_are_done() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let long = Message::raw(18, Flags::empty(), &[0; 400_000]);
            let messages = [get_link(LOOPBACK), long, get_link(LOOPBACK)];
            let outcomes = handle.batch(messages).await;
            assert!(outcomes[0].is_ok() && outcomes[2].is_ok(), "{outcomes:?}");
            let error = outcomes[1].as_ref().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::NotSent);
            assert!(error.to_string().contains("SO_SNDBUF"), "{error}");
        })
    });
}

#[test]
fn a_dropped_batch_has_done_its_first_members_and_nothing_beyond() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            for polls in 0..6 {
                let batch = handle.batch((0..2000).map(|number| add_address(address(number))));
                drop_after(polls, batch).await;
                until("nothing is pending", || handle.pending() == 0).await;
                let mut there: Vec<_> = handle
                    .dump(get_addresses())
                    .map(|frame| local_address(&frame.unwrap()))
                    .collect()
                    .await;
                there.sort_unstable();
                let first: Vec<_> = (0..u32::try_from(there.len()).unwrap())
                    .map(address)
                    .collect();
                assert_eq!(there, first, "{polls} polls");
                if polls == 0 {
                    assert!(there.is_empty(), "nothing is sent before the first poll");
                }
                for outcome in handle.batch(there.into_iter().map(delete_address)).await {
                    outcome.unwrap();
                }
            }
        })
    });
}

#[test]
fn an_empty_batch_has_no_outcome() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            assert!(handle.batch([]).await.is_empty());
            assert_eq!(handle.statistics().datagrams_sent, 0);
        })
    });
}

#[test]
fn a_batch_of_slow_operations_has_its_outcomes_too() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let names: Vec<String> = (0..10).map(|number| format!("br{number}")).collect();
            let create = || names.iter().map(|name| new_bridge(name));
            assert!(handle.batch(create()).await.iter().all(Result::is_ok));
            for outcome in handle.batch(create()).await {
                assert_eq!(outcome.unwrap_err().errno(), Some(EEXIST));
            }
            let delete = names.iter().map(|name| delete_link(name));
            assert!(handle.batch(delete).await.iter().all(Result::is_ok));
            assert!(handle.statistics().offloaded >= 10);
        })
    });
}

/// A message of nf_tables (`NFNL_SUBSYS_NFTABLES`) about an inet table.
fn table(operation: u16, flags: Flags, name: &str) -> Message {
    Message::new(NFTABLES << 8 | operation, flags)
        .with_header(&[1, 0, 0, 0])
        .with_text(1, name)
}

fn new_table(name: &str) -> Message {
    table(0, Flags::CREATE | Flags::EXCL, name)
}

async fn has_table(handle: &Handle, name: &str) -> bool {
    match handle.request(table(1, Flags::empty(), name)).await {
        Ok(answer) => answer.replies.len() == 1,
        Err(error) => {
            assert_eq!(error.errno(), Some(ENOENT), "{error}");
            false
        }
    }
}

#[test]
fn a_transaction_is_done_as_a_whole() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::NETFILTER).unwrap();
            let members = vec![new_table("one"), new_table("two")];
            let answers = handle.transaction(10, members).await.unwrap();
            assert_eq!(answers.len(), 2);
            assert!(has_table(&handle, "one").await && has_table(&handle, "two").await);
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn a_transaction_has_more_members_than_the_buffer_holds_answers() {
    in_namespace(|| {
        play(async {
            for buffer in [8 * 1024, 106_496] {
                let builder = Builder::new(Protocol::NETFILTER).receive_buffer(buffer);
                let handle = builder.spawn().unwrap();
                let names = (0..1500).map(|number| format!("{buffer}-{number}"));
                let members: Vec<_> = names.map(|name| new_table(&name)).collect();
                // Were the answers lost, the kernel would have done it and we would say failure.
                let answers = handle.transaction(10, members.clone()).await.unwrap();
                assert_eq!(answers.len(), 1500);
                assert!(has_table(&handle, &format!("{buffer}-1499")).await);
                assert_eq!(handle.statistics().overruns, 0);
                let one = new_table("one");
                let error = handle.transaction(10, vec![one, members[7].clone()]).await;
                assert_eq!(error.unwrap_err().errno(), Some(EEXIST));
                assert!(!has_table(&handle, "one").await);
            }
        })
    });
}

#[test]
fn a_transaction_with_a_refused_member_does_nothing() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::NETFILTER).unwrap();
            handle
                .transaction(10, vec![new_table("one")])
                .await
                .unwrap();
            let members = vec![new_table("two"), new_table("one"), new_table("three")];
            let error = handle.transaction(10, members).await.unwrap_err();
            assert!(error.is_refused());
            assert_eq!(error.errno(), Some(EEXIST), "{error}");
            assert_eq!(error.member(), Some(1), "{error}");
            assert!(error.to_string().contains("member 1: "), "{error}");
            assert!(!has_table(&handle, "two").await && !has_table(&handle, "three").await);
            assert_eq!(handle.pending(), 0);
            assert_eq!(handle.statistics().stray, 0);
        })
    });
}

#[test]
fn a_transaction_refused_at_its_begin_says_so() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::NETFILTER).unwrap();
            // A subsystem that has no transactions: the kernel answers the BEGIN message alone.
            let error = handle
                .transaction(1, vec![new_table("one")])
                .await
                .unwrap_err();
            assert!(error.is_refused() && error.member().is_none(), "{error}");
            assert!(!has_table(&handle, "one").await);
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn a_malformed_member_aborts_in_silence_and_the_outcome_is_unknown() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::NETFILTER).unwrap();
            // Without its struct nfgenmsg the kernel takes it for no message at all.
            let malformed = Message::new(NFTABLES << 8, Flags::CREATE);
            let members = vec![new_table("one"), malformed, new_table("two")];
            let error = handle.transaction(10, members).await.unwrap_err();
            assert!(error.is_outcome_unknown(), "{error}");
            assert!(!has_table(&handle, "one").await && !has_table(&handle, "two").await);
            assert_eq!(handle.pending(), 0);
        })
    });
}

#[test]
fn a_dropped_transaction_leaves_the_connection_healthy() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::NETFILTER).unwrap();
            for polls in 0..4 {
                let name = format!("t{polls}");
                let transaction = handle.transaction(10, vec![new_table(&name)]);
                let done = drop_after(polls, transaction).await.is_some();
                until("nothing is pending", || handle.pending() == 0).await;
                assert!(!done || has_table(&handle, &name).await);
                assert!(polls > 0 || !has_table(&handle, &name).await);
            }
        })
    });
}

const NFTABLES: u16 = 10;
const ENOENT: i32 = 2;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
