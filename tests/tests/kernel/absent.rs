//! Options that the kernel does not have: what was asked for is an error that names the option,
//! unless less will do, and what rests on an option is refused without it.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use futures::{FutureExt, StreamExt};
use netlane::{Builder, Error, ErrorKind, Lanes, Notice, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{
    GROUP_ADDRESS, GROUP_BRIDGE_VLAN, LOOPBACK, add_address, address, get_link,
};
use netlane_tests::stage::play;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

/// From now on the kernel says to this thread, and to those it starts, that it does not know this
/// option of netlink sockets.
fn lack(option: u64) {
    let argument = |index, value| {
        SeccompCondition::new(index, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value).unwrap()
    };
    let set = SeccompRule::new(vec![argument(1, SOL_NETLINK), argument(2, option)]).unwrap();
    let filter = SeccompFilter::new(
        BTreeMap::from([(SETSOCKOPT, vec![set])]),
        SeccompAction::Allow,
        SeccompAction::Errno(ENOPROTOOPT),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program = BpfProgram::try_from(filter.unwrap()).unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

/// A kernel that lacks the option is an error, which names it.
fn names<T>(result: Result<T, Error>, option: &str) {
    let error = result.err().expect("an error");
    assert_eq!(error.kind(), ErrorKind::Setup);
    let text = error.to_string();
    assert!(text.contains(option), "{text}");
}

/// What netlane warns of.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Text>>);

#[derive(Default)]
struct Text(String);

impl Warnings {
    fn text(&self) -> String {
        self.0.lock().unwrap().0.clone()
    }
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0 += &format!("{field}={value:?} ");
    }
}

impl Subscriber for Warnings {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() == Level::WARN && metadata.target().starts_with("netlane")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        event.record(&mut *self.0.lock().unwrap());
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn strict_checking_that_was_asked_for_is_an_error_without_it_unless_less_will_do() {
    in_namespace(|| {
        lack(GET_STRICT_CHK);
        play(async {
            let warnings = Warnings::default();
            let _listening = tracing::subscriber::set_default(warnings.clone());
            let strict = || Builder::new(Protocol::ROUTE).strict(true);
            names(strict().spawn(), "NETLINK_GET_STRICT_CHK");
            assert_eq!(warnings.text(), "");
            for builder in [strict().best_effort(), Builder::new(Protocol::ROUTE)] {
                let handle = builder.spawn().unwrap();
                let options = handle.options().unwrap();
                assert!(options.ext_ack && !options.strict_check, "{options}");
                handle.ping().await.unwrap();
            }
            let warned = warnings.text();
            assert_eq!(warned.matches("GET_STRICT_CHK").count(), 1, "{warned}");
        });
    });
}

#[test]
fn groups_above_32_are_refused_where_they_cannot_be_told() {
    in_namespace(|| {
        lack(PKTINFO);
        play(async {
            for lanes in [Lanes::Single, Lanes::Separate] {
                let builder = Builder::new(Protocol::ROUTE).lanes(lanes);
                let handle = builder.spawn().unwrap();
                let vlans = handle.subscribe([GROUP_BRIDGE_VLAN]).await;
                names(vlans, "NETLINK_PKTINFO");
                // The others are told by the sender's address.
                let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
                let number = u32::from(lanes == Lanes::Single);
                handle.request(add_address(address(number))).await.unwrap();
                events.barrier().await.unwrap();
                let Some(Some(Ok(Notice::Event(event)))) = events.next().now_or_never() else {
                    panic!("no event");
                };
                assert_eq!(event.group, GROUP_ADDRESS);
            }
        });
    });
}

#[test]
fn what_nobody_asked_for_may_be_absent() {
    in_namespace(|| {
        for option in [CAP_ACK, EXT_ACK, GET_STRICT_CHK, PKTINFO] {
            lack(option);
        }
        play(async {
            let handle = netlane::spawn(Protocol::ROUTE).unwrap();
            let options = handle.options().unwrap();
            assert!(!options.ext_ack && !options.cap_ack && !options.strict_check);
            handle.request_one(get_link(LOOPBACK)).await.unwrap();
        });
    });
}

#[cfg(target_arch = "x86_64")]
const SETSOCKOPT: i64 = 54;
/// As on every architecture that came late.
#[cfg(not(target_arch = "x86_64"))]
const SETSOCKOPT: i64 = 208;
const SOL_NETLINK: u64 = 270;
const PKTINFO: u64 = 3;
const CAP_ACK: u64 = 10;
const EXT_ACK: u64 = 11;
const GET_STRICT_CHK: u64 = 12;
const ENOPROTOOPT: u32 = 92;
