//! What netlane tells `tracing`: a span for each request with what happened to it, events for
//! anomalies, and never a byte of a payload.
//! Knows netlane by its public interface alone.
#![cfg(target_os = "linux")]

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use futures::{FutureExt, StreamExt};
use netlane::Protocol;
use netlane::sys::Address;
use netlane::wire::{Flags, Message};
use netlane_testkit::{Peer, Step, in_namespace};
use netlane_tests::route::{LOOPBACK, NO_INTERFACE, get_link, get_links};
use netlane_tests::stage::{play, until};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Writes down everything that is said, as text.
#[derive(Clone, Default)]
struct Scribe(Arc<Mutex<Notes>>);

#[derive(Default)]
struct Notes {
    spans: Vec<String>,
    events: Vec<String>,
}

struct Text<'a>(&'a mut String);

impl Visit for Text<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {field}={value:?}").unwrap();
    }
}

impl Subscriber for Scribe {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("netlane")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut text = span.metadata().name().to_owned();
        span.record(&mut Text(&mut text));
        let mut notes = self.0.lock().unwrap();
        notes.spans.push(text);
        Id::from_u64(u64::try_from(notes.spans.len()).unwrap())
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let mut notes = self.0.lock().unwrap();
        let index = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut Text(&mut notes.spans[index]));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = event.metadata().level().to_string();
        event.record(&mut Text(&mut text));
        self.0.lock().unwrap().events.push(text);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Scribe {
    fn spans(&self) -> Vec<String> {
        self.0.lock().unwrap().spans.clone()
    }

    fn everything(&self) -> String {
        let notes = self.0.lock().unwrap();
        let all: Vec<&str> = notes
            .spans
            .iter()
            .chain(&notes.events)
            .map(String::as_str)
            .collect();
        all.join("\n")
    }
}

#[test]
fn every_request_has_a_span_with_its_fate() {
    in_namespace(|| {
        let scribe = Scribe::default();
        tracing::subscriber::with_default(scribe.clone(), || {
            play(async {
                let handle = netlane::spawn(Protocol::ROUTE).unwrap();
                let frame = handle.request_one(get_link(LOOPBACK)).await.unwrap();
                handle.request(get_link(NO_INTERFACE)).await.unwrap_err();
                let spans = scribe.spans();
                let [good, refused] = &spans[..] else {
                    panic!("{spans:?}");
                };
                for span in [good, refused] {
                    assert!(span.contains("protocol=NETLINK_ROUTE"), "{span}");
                    assert!(span.contains("type=18"), "{span}");
                    assert!(span.contains("flags="), "{span}");
                }
                let sequence = format!("sequence={}", frame.header().sequence);
                assert!(good.contains(&sequence), "{good} without {sequence}");
                assert!(good.contains("outcome=\"answered\""), "{good}");
                assert!(
                    refused.contains("outcome=") && refused.contains("refused"),
                    "{refused}"
                );
            });
        });
    });
}

#[test]
fn a_dump_and_what_is_given_up_have_a_fate_too() {
    in_namespace(|| {
        let scribe = Scribe::default();
        tracing::subscriber::with_default(scribe.clone(), || {
            play(async {
                let handle = netlane::spawn(Protocol::ROUTE).unwrap();
                assert_eq!(handle.dump(get_links()).count().await, 1);
                let mut dropped = handle.dump(get_links());
                dropped.next().await.unwrap().unwrap();
                drop(dropped);
                let silent = Peer::start(|_| Vec::new()).unwrap();
                let to_peer = netlane::Builder::new(Protocol::USERSOCK)
                    .peer(Address::port(silent.port()))
                    .spawn()
                    .unwrap();
                let unanswered = to_peer.request(Message::raw(0x40, Flags::empty(), &[]));
                assert!(unanswered.now_or_never().is_none());
                let unbuildable = get_link(LOOPBACK).with_text(3, "interior\0nul");
                handle.request(unbuildable).await.unwrap_err();
            });
        });
        let spans = scribe.spans();
        let [whole, dropped, given_up, unbuildable] = &spans[..] else {
            panic!("{spans:#?}");
        };
        for dump in [whole, dropped] {
            assert!(
                dump.starts_with("dump ") && dump.contains("type=18"),
                "{dump}"
            );
            assert!(
                dump.contains("ROOT | MATCH") && dump.contains("sequence="),
                "{dump}"
            );
        }
        assert!(whole.contains("outcome=\"complete\""), "{whole}");
        for span in [dropped, given_up] {
            assert!(span.contains("outcome=\"cancelled\""), "{span}");
        }
        assert!(unbuildable.contains("invalid request"), "{unbuildable}");
    });
}

#[test]
fn requests_made_together_have_a_span_each() {
    in_namespace(|| {
        let scribe = Scribe::default();
        tracing::subscriber::with_default(scribe.clone(), || {
            play(async {
                let handle = netlane::spawn(Protocol::ROUTE).unwrap();
                let outcomes = handle
                    .batch([get_link(LOOPBACK), get_link(NO_INTERFACE)])
                    .await;
                assert!(outcomes[0].is_ok() && outcomes[1].is_err());
                let netfilter = netlane::spawn(Protocol::NETFILTER).unwrap();
                // A subsystem that has no transactions refuses the first message.
                let members = vec![get_link(LOOPBACK)];
                netfilter.transaction(1, members).await.unwrap_err();
            });
        });
        let spans = scribe.spans();
        let [batch, good, refused, transaction, begin, member, end] = &spans[..] else {
            panic!("{spans:#?}");
        };
        assert!(batch.starts_with("batch ") && batch.contains("requests=2"));
        assert!(batch.contains("failed=1"), "{batch}");
        assert!(good.contains("outcome=\"answered\""), "{good}");
        assert!(refused.contains("refused"), "{refused}");
        assert!(transaction.starts_with("transaction ") && transaction.contains("requests=3"));
        assert!(transaction.contains("refused"), "{transaction}");
        for span in [good, refused, begin, member, end] {
            assert!(span.starts_with("request ") && span.contains("type="));
            assert!(
                span.contains("sequence=") && span.contains("outcome="),
                "{span}"
            );
        }
    });
}

/// Fails when a span or an event shows the bytes of a message.
#[test]
fn no_byte_of_a_payload_is_said_unasked() {
    in_namespace(|| {
        let scribe = Scribe::default();
        tracing::subscriber::with_default(scribe.clone(), || {
            play(async {
                let peer = Peer::start(|request| {
                    let secret = SECRET.as_bytes();
                    let answer = request.answer();
                    let mut malformed = answer.frame(0x40, secret);
                    malformed[..4].copy_from_slice(&8u32.to_ne_bytes());
                    vec![
                        Step::Reply(malformed),
                        Step::Reply(request.answer_as(7).frame(0x40, secret)),
                        Step::Forge(answer.frame(0x40, secret)),
                        Step::Reply(answer.frame(0x40, secret)),
                        Step::Reply(answer.acknowledge(22)),
                    ]
                });
                let peer = peer.unwrap();
                let handle = netlane::Builder::new(Protocol::USERSOCK)
                    .peer(Address::port(peer.port()))
                    .spawn()
                    .unwrap();
                let inbound = handle.inbound().unwrap();
                let message = || Message::raw(0x40, Flags::empty(), SECRET.as_bytes());
                let error = handle.request(message()).await.unwrap_err();
                assert_eq!(error.errno(), Some(22));
                handle.send(message()).await.unwrap();
                until("all has arrived", || handle.statistics().malformed == 2).await;
                // Nor do the values that programs are likely to log.
                for shown in [
                    format!("{error} {error:?}"),
                    format!("{handle:?} {inbound:?}"),
                    format!("{:?}", handle.request(message())),
                    format!("{:?}", handle.dump(message())),
                    format!("{:?}", handle.batch([message()])),
                ] {
                    assert_silent(&shown);
                }
            });
        });
        let everything = scribe.everything();
        assert!(!everything.is_empty());
        assert_silent(&everything);
    });
}

/// The secret stands there neither as text nor as a list of numbers.
fn assert_silent(text: &str) {
    assert!(!text.contains(SECRET), "{text}");
    let numbers = format!("{:?}", &SECRET.as_bytes()[..4]);
    let numbers = numbers.trim_matches(['[', ']']);
    assert!(!text.contains(numbers), "{text}");
    let hex: String = SECRET
        .bytes()
        .take(4)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert!(!text.contains(&hex), "{text}");
}

const SECRET: &str = "a key that nobody may read";
