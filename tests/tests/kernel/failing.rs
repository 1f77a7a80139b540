//! Sockets that fail for good while they are used. Hardly anything does that to a netlink socket: here
//! the kernel refuses to receive on it, as after a change of a security module's policy.

use std::collections::BTreeMap;
use std::error::Error;

use futures::StreamExt;
use netlane::{Builder, LossCause, Notice, Protocol};
use netlane_testkit::in_namespace;
use netlane_tests::route::{GROUP_ADDRESS, add_address, address, local_address};
use netlane_tests::sockets;
use netlane_tests::stage::play;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// From now on this thread, and those it starts, may not receive from the socket with this port.
fn refuse_to_receive(port: u32) {
    let socket = sockets::open()
        .into_iter()
        .find(|socket| socket.port == port)
        .unwrap();
    let rules: Vec<SeccompRule> = sockets::descriptors(socket.inode)
        .into_iter()
        .map(|number| {
            let number = u64::try_from(number).unwrap();
            let is_it = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, number);
            SeccompRule::new(vec![is_it.unwrap()]).unwrap()
        })
        .collect();
    let filter = SeccompFilter::new(
        BTreeMap::from(RECEIVING.map(|call| (call, rules.clone()))),
        SeccompAction::Allow,
        SeccompAction::Errno(EACCES.unsigned_abs()),
        std::env::consts::ARCH.try_into().unwrap(),
    );
    let program = BpfProgram::try_from(filter.unwrap()).unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

/// Fails when `Subscription::heal` does nothing, and when what fails is tried for ever
/// (`State::failed`).
#[test]
fn an_event_socket_that_fails_is_replaced_and_hears_again() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).self_healing(true);
            let handle = builder.spawn().unwrap();
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            let port = events.port();
            refuse_to_receive(port);
            // The event wakes the Connection, which cannot read it.
            handle.request(add_address(address(1))).await.unwrap();
            let told = events.next().await.unwrap().unwrap();
            assert!(matches!(told, Notice::Lost(loss) if loss.cause == LossCause::Reopened));
            assert_ne!(events.port(), port);
            handle.request(add_address(address(2))).await.unwrap();
            let Notice::Event(event) = events.next().await.unwrap().unwrap() else {
                panic!("no event");
            };
            assert_eq!(local_address(&event.frame), address(2));
        })
    });
}

/// Fails when its end is not made the connection's (`Connection`).
#[test]
fn a_request_socket_that_fails_ends_the_connection_with_its_errno() {
    in_namespace(|| {
        play(async {
            let builder = Builder::new(Protocol::ROUTE).self_healing(true);
            let (handle, connection) = builder.connect().unwrap();
            let connection = tokio::spawn(connection);
            let mut events = handle.subscribe([GROUP_ADDRESS]).await.unwrap();
            handle.ping().await.unwrap();
            refuse_to_receive(handle.port());
            // The kernel has done it, and nobody can read that.
            let error = handle.request(add_address(address(1))).await.unwrap_err();
            assert!(error.is_outcome_unknown(), "{error}");
            let why = error.source().unwrap().downcast_ref::<netlane::Error>();
            assert_eq!(why.unwrap().errno(), Some(EACCES));
            let ended = connection.await.unwrap().unwrap_err();
            assert_eq!(ended.errno(), Some(EACCES), "{ended}");
            let told = loop {
                match events.next().await.unwrap() {
                    Ok(Notice::Event(_)) => {}
                    other => break other,
                }
            };
            assert_eq!(told.unwrap_err().errno(), Some(EACCES));
            assert!(handle.ping().await.unwrap_err().is_closed());
        })
    });
}

const EACCES: i32 = 13;
#[cfg(target_arch = "x86_64")]
const RECEIVING: [i64; 2] = [45, 47];
/// `recvfrom` and `recvmsg` as on every architecture that came late.
#[cfg(not(target_arch = "x86_64"))]
const RECEIVING: [i64; 2] = [207, 212];
