//! Endpoints and limits of the running kernel, against what `ip mptcp` tells (of iproute2, the judge), in fresh network
//! namespaces.

use std::future::Future;
use std::io::Read;
use std::net::{Ipv6Addr, SocketAddr};
use std::process::Command;

use futures::StreamExt;
use netlane_generic::{Resolver, split, view};
use netlane_mptcp_pm::{AddressFlags, EVENTS, Endpoint, Event, EventKind, FAMILY, Limits};
use netlane_testkit::{Links, has_tool, in_namespace};
use socket2::{Domain, Protocol, Socket, Type};

/// Runs `body` with a resolver in a namespace whose `lo` is up.
fn inside<F: Future<Output = ()>>(body: impl FnOnce(Resolver) -> F) {
    Links::open().expect("links").set_up("lo").expect("lo up");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.expect("a runtime").block_on(async {
        let handle = netlane::spawn(netlane::Protocol::GENERIC).expect("generic netlink");
        body(Resolver::new(handle)).await;
    });
}

/// What `ip mptcp` prints.
fn judged(arguments: &[&str]) -> String {
    let output = Command::new("ip").arg("mptcp").args(arguments).output();
    let output = output.expect("it is there");
    assert!(
        output.status.success(),
        "ip mptcp {arguments:?}: {output:?}"
    );
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn endpoints_come_change_and_go() {
    if !has_tool("ip", "iproute2") {
        return;
    }
    in_namespace(|| {
        inside(|resolver| async move {
            let add = Endpoint::add().address(|address| {
                address
                    .v4([127, 0, 0, 9].into())
                    .id(3)
                    .port(4321)
                    .flags(AddressFlags::SIGNAL)
            });
            resolver.call(add).await.expect("added");
            let v6 = Endpoint::add()
                .address(|address| address.v6(Ipv6Addr::LOCALHOST).flags(AddressFlags::SUBFLOW));
            resolver.call(v6).await.expect("added");

            let endpoint = resolver
                .call(Endpoint::get().address(|address| address.id(3)))
                .await;
            let endpoint = endpoint.expect("there");
            let address = endpoint.view().address().unwrap().unwrap();
            assert_eq!(address.ip(), Ok(Some([127, 0, 0, 9].into())));
            assert_eq!(address.port(), Ok(Some(4321)));
            assert_eq!(address.flags(), Ok(Some(AddressFlags::SIGNAL)));
            let told = judged(&["endpoint", "show"]);
            assert!(told.contains("127.0.0.9 port 4321 id 3 signal"), "{told}");

            let all = resolver
                .list(Endpoint::dump())
                .await
                .expect("begun")
                .collect_all()
                .await;
            assert_eq!(all.expect("a dump").len(), told.lines().count());

            let change = Endpoint::set_flags().address(|address| {
                address
                    .v6(Ipv6Addr::LOCALHOST)
                    .flags(AddressFlags::SUBFLOW | AddressFlags::BACKUP)
            });
            resolver.call(change).await.expect("changed");
            assert!(judged(&["endpoint", "show"]).contains("subflow backup"));

            resolver
                .call(Endpoint::del().address(|address| address.id(3)))
                .await
                .expect("removed");
            resolver.call(Endpoint::flush()).await.expect("flushed");
            assert_eq!(judged(&["endpoint", "show"]), "");
        })
    });
}

#[test]
fn limits_are_set_and_read() {
    if !has_tool("ip", "iproute2") {
        return;
    }
    in_namespace(|| {
        inside(|resolver| async move {
            resolver
                .call(Limits::set().accepted_addresses(2).subflows(5))
                .await
                .expect("set");
            let limits = resolver.call(Limits::get()).await.expect("told");
            assert_eq!(limits.view().accepted_addresses(), Ok(Some(2)));
            assert_eq!(limits.view().subflows(), Ok(Some(5)));
            let told = judged(&["limits", "show"]);
            assert_eq!(told.trim(), "add_addr_accepted 2 subflows 5");
        })
    });
}

#[test]
fn a_refusal_names_the_attribute() {
    in_namespace(|| {
        inside(|resolver| async move {
            let unknown = Endpoint::del().address(|address| address.id(77));
            let error = resolver.call(unknown).await.expect_err("no such endpoint");
            assert!(error.is_refused(), "{error}");
            let nothing = Endpoint::add().address(|address| address.flags(AddressFlags::SIGNAL));
            let error = resolver.call(nothing).await.expect_err("no address");
            let named = error
                .attribute()
                .is_some_and(|path| path.starts_with("endpoint.address"));
            assert!(named, "{error}");
        })
    });
}

/// A listener is an event that needs no second host.
#[test]
fn connections_are_events() {
    in_namespace(|| {
        inside(|resolver| async move {
            let mut events = resolver.subscribe(FAMILY, EVENTS).await.expect("joined");
            connect_over_mptcp();
            let mut kinds = Vec::new();
            while !kinds.contains(&EventKind::CLOSED) {
                let waited =
                    tokio::time::timeout(std::time::Duration::from_secs(10), events.next());
                let notice = waited
                    .await
                    .expect("in time")
                    .expect("open")
                    .expect("no error");
                let netlane::Notice::Event(event) = notice else {
                    panic!("lost: {notice:?}");
                };
                let frame = event.frame.view();
                let (header, _) = split(frame).expect("a header");
                let event = view::<Event>(frame).expect("an event");
                kinds.push(EventKind(header.command));
                if header.command == EventKind::CREATED.0 {
                    assert_eq!(
                        event.destination().map(|address| address.is_some()),
                        Ok(true)
                    );
                    assert!(event.token().unwrap().is_some(), "{event:?}");
                }
            }
            assert!(kinds.contains(&EventKind::CREATED), "{kinds:?}");
        })
    });
}

/// Connects to itself over MPTCP and closes again.
fn connect_over_mptcp() {
    let open = || Socket::new(Domain::IPV4, Type::STREAM, Some(Protocol::MPTCP));
    let listener = open().expect("MPTCP in this kernel");
    listener
        .bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into())
        .expect("bound");
    listener.listen(1).expect("listening");
    let client = open().expect("a socket");
    client
        .connect(&listener.local_addr().expect("an address"))
        .expect("connected");
    let (server, _) = listener.accept().expect("accepted");
    client.send(b"x").expect("sent");
    (&server).read_exact(&mut [0]).expect("received");
}
