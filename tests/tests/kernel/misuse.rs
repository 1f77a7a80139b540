//! What cannot be done: an error that says what the limit is, before anything is sent.

use futures::StreamExt;
use netlane::wire::{Flags, Message};
use netlane::{Builder, Error, ErrorKind, Lanes, Protocol, sys::Address};
use netlane_testkit::in_namespace;
use netlane_tests::route::{LOOPBACK, get_link};
use netlane_tests::stage::play;

/// All that an error says, sources included.
fn words(error: &Error) -> String {
    let mut words = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        words.push_str(": ");
        words.push_str(&cause.to_string());
        source = cause.source();
    }
    words
}

#[test]
fn a_message_longer_than_the_socket_takes_names_the_limit() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let handle = Builder::new(Protocol::ROUTE).lanes(lanes).spawn().unwrap();
                let long = || Message::raw(18, Flags::empty(), &[0; 400_000]);
                let limit = handle.options().unwrap().send_buffer - 32;
                for error in [
                    handle.request(long()).await.unwrap_err(),
                    handle.request(long()).slow().await.unwrap_err(),
                    handle.send(long()).await.unwrap_err(),
                    handle.dump(long()).next().await.unwrap().unwrap_err(),
                ] {
                    assert_eq!(error.kind(), ErrorKind::NotSent, "{error}");
                    assert!(error.was_not_sent() && !error.is_outcome_unknown());
                    assert_eq!(error.errno(), Some(EMSGSIZE), "{error}");
                    let sizes = format!("400016 bytes, where this socket takes {limit}");
                    assert!(error.to_string().contains(&sizes), "{error}");
                }
                assert_eq!(handle.pending(), 0);
                assert_eq!(
                    handle
                        .request(get_link(LOOPBACK))
                        .await
                        .unwrap()
                        .replies
                        .len(),
                    1
                );
            }
        })
    });
}

#[test]
fn what_cannot_be_built_is_never_sent() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let nul = || get_link(LOOPBACK).with_text(3, "inner\0nul");
            let nest = || {
                get_link(LOOPBACK).with_nest(18, |nest| {
                    for _ in 0..3 {
                        nest.attribute(1, &[0; 30_000]);
                    }
                })
            };
            for (message, limit) in [(nul(), "NUL"), (nest(), "65535")] {
                let error = handle.request(message).await.unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Invalid);
                assert!(words(&error).contains(limit), "{}", words(&error));
            }
            assert!(handle.send(nul()).await.unwrap_err().was_not_sent());
            assert!(handle.dump(nul()).next().await.unwrap().is_err());
            assert!(handle.batch([nest()]).await[0].is_err());
            assert_eq!(handle.statistics().sent, 0);
            let netfilter = netlane::spawn(Protocol::NETFILTER).unwrap();
            let error = netfilter.transaction(10, vec![nul()]).await.unwrap_err();
            assert!(words(&error).contains("NUL"), "{}", words(&error));
            assert_eq!(netfilter.statistics().sent, 0);
        })
    });
}

#[test]
fn an_error_says_in_its_own_words_what_was_wrong() {
    in_namespace(|| {
        play(async {
            // A protocol number that no kernel has given to anything.
            let missing = netlane::spawn(Protocol(29)).unwrap_err();
            assert!(missing.to_string().contains("protocol 29"), "{missing}");
            let converted = std::io::Error::from(missing);
            assert_eq!(converted.kind(), std::io::ErrorKind::Unsupported);
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let zero = handle.subscribe([0]).await.unwrap_err();
            assert!(zero.to_string().contains("counted from 1"), "{zero}");
            let nul = get_link(LOOPBACK).with_text(3, "inner\0nul");
            let nul = handle.request(nul).await.unwrap_err();
            assert!(nul.to_string().contains("NUL"), "{nul}");
        })
    });
}

#[test]
fn only_netfilter_has_transactions() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let members = vec![get_link(LOOPBACK)];
            let error = handle.transaction(10, members).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(words(&error).contains("NETLINK_NETFILTER"), "{error}");
            assert_eq!(handle.statistics().sent, 0);
        })
    });
}

#[test]
fn groups_are_counted_from_one() {
    in_namespace(|| {
        play(async {
            for lanes in [Lanes::Separate, Lanes::Single] {
                let handle = Builder::new(Protocol::ROUTE).lanes(lanes).spawn().unwrap();
                let zero = handle.subscribe([1, 0]).await.unwrap_err();
                assert_eq!(zero.kind(), ErrorKind::Invalid);
                assert!(words(&zero).contains("from 1"), "{zero}");
                let none = handle.subscribe([]).await.unwrap_err();
                assert_eq!(none.kind(), ErrorKind::Invalid);
                for too_large in [10_000, u32::MAX] {
                    let error = handle.subscribe([too_large]).await.unwrap_err();
                    assert_eq!(error.kind(), ErrorKind::Setup);
                    let words = words(&error);
                    assert!(words.contains("NETLINK_ADD_MEMBERSHIP"), "{words}");
                }
                handle.ping().await.unwrap();
            }
        })
    });
}

#[test]
fn only_a_single_lane_sends_to_others_than_the_kernel() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let error = handle.request(get_link(LOOPBACK)).to(Address::port(9));
            let error = error.await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Invalid);
            assert!(words(&error).contains("Builder::lanes"), "{error}");
            let error = handle.send_to(get_link(LOOPBACK), Address::port(9)).await;
            assert!(error.unwrap_err().was_not_sent());
        })
    });
}

#[test]
fn a_request_polled_after_its_end_is_an_error_and_no_panic() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let mut request = Box::pin(handle.request(get_link(LOOPBACK)));
            (&mut request).await.unwrap();
            assert!((&mut request).await.unwrap_err().was_not_sent());
            let mut dump = handle.dump(get_link(0));
            while dump.next().await.is_some() {}
            assert!(dump.next().await.is_none());
            assert!(dump.next_chunk().await.unwrap().is_none());
        })
    });
}

#[test]
fn errors_convert_to_io_errors_of_their_kind() {
    in_namespace(|| {
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let refused = handle.request(get_link(0x7fff_fff0)).await.unwrap_err();
            let text = refused.to_string();
            let error = std::io::Error::from(refused);
            assert_eq!(error.to_string(), text);
            let invalid = handle.subscribe([]).await.unwrap_err();
            let error = std::io::Error::from(invalid);
            assert_eq!(error.kind(), std::io::ErrorKind::InvalidInput);
            handle
                .close(std::time::Duration::from_secs(9))
                .await
                .unwrap();
            let error = std::io::Error::from(handle.ping().await.unwrap_err());
            assert_eq!(error.kind(), std::io::ErrorKind::NotConnected);
        })
    });
}

const EMSGSIZE: i32 = 90;
