//! Events of the running kernel, from a fresh network namespace; and datagrams that are no events.

use std::collections::BTreeMap;
use std::time::Duration;

use netlane_sys::{Address, AsyncSocket, Protocol, Socket, SocketKind};
use netlane_testkit::{Links, in_namespace, patience};
use netlane_uevent::{KERNEL_GROUP, PROTOCOL, ParseError, Uevent};

/// Action, path and properties of the first event about a device.
type Told = (String, String, BTreeMap<String, String>);

/// A socket that hears the kernel's events.
fn listening() -> Socket {
    let socket = Socket::open(Protocol(PROTOCOL), SocketKind::Datagram).expect("uevents");
    let address = Address {
        port: 0,
        groups: 1 << (KERNEL_GROUP - 1),
    };
    socket.bind(address).expect("bound");
    socket
}

fn next_about(socket: &Socket, name: &str) -> Told {
    let mut buffer = vec![0; 16 * 1024];
    for _ in 0..100 {
        let ready = netlane_sys::wait_readable(socket, Duration::from_secs(10));
        assert!(ready.expect("poll"), "no event in time");
        let Ok(received) = socket.recv(&mut buffer) else {
            continue;
        };
        assert_eq!(received.sender.port, 0, "of the kernel");
        let datagram = buffer.get(..received.len).expect("no more than fits");
        let event = Uevent::parse(datagram).expect("an event");
        if event.property("INTERFACE") == Some(name) {
            let properties = event.properties();
            let properties = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let (action, path) = (event.action().to_owned(), event.path().to_owned());
            assert!(event.sequence().is_some(), "{event:?}");
            return (action, path, properties.collect());
        }
    }
    panic!("a hundred events, none about {name}");
}

#[test]
fn an_interface_comes_and_goes() {
    in_namespace(|| {
        let socket = listening();
        let mut links = Links::open().expect("links");
        links.veth("event0", "event1").expect("veth");
        let (action, path, properties) = next_about(&socket, "event0");
        assert_eq!(action, "add");
        assert_eq!(path, "/devices/virtual/net/event0");
        assert_eq!(properties["SUBSYSTEM"], "net");
        assert_eq!(properties["ACTION"], "add");
        assert_eq!(properties["DEVPATH"], path);
        assert_eq!(
            properties["IFINDEX"],
            links.index("event0").expect("there").to_string()
        );
        links.delete("event0").expect("deleted");
        loop {
            let (action, ..) = next_about(&socket, "event0");
            if action == "remove" {
                return;
            }
        }
    });
}

/// The transport's socket takes text as it takes frames.
#[test]
fn a_socket_is_awaited() {
    in_namespace(|| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        let path = runtime.expect("a runtime").block_on(async {
            let socket = AsyncSocket::register(listening())?;
            let mut links = Links::open().expect("links");
            links.veth("event0", "event1").expect("veth");
            let mut buffer = vec![0; 16 * 1024];
            loop {
                let receive = tokio::time::timeout(
                    patience(Duration::from_secs(20)),
                    socket.recv(&mut buffer),
                );
                let received = receive.await.expect("in time")?;
                let event = Uevent::parse(&buffer[..received.len]).expect("an event");
                if event.property("INTERFACE") == Some("event0") {
                    return Ok::<_, std::io::Error>(event.path().to_owned());
                }
            }
        });
        assert_eq!(path.expect("received"), "/devices/virtual/net/event0");
    });
}

#[test]
fn what_is_no_event_says_why() {
    assert_eq!(
        Uevent::parse(b"libudev\0\xfe\xed\xca\xfe"),
        Err(ParseError::Udev)
    );
    assert_eq!(
        Uevent::parse(b"add@/x\0A=\xff"),
        Err(ParseError::Text { offset: 9 })
    );
    assert_eq!(Uevent::parse(b""), Err(ParseError::Header));
    assert_eq!(Uevent::parse(b"ACTION=add\0"), Err(ParseError::Header));
}

#[test]
fn odd_lines_are_kept() {
    let event = Uevent::parse(b"change@/x\0BARE\0\0A=b=c\0LAST=1").expect("an event");
    let properties: Vec<_> = event.properties().collect();
    assert_eq!(properties, [("BARE", ""), ("A", "b=c"), ("LAST", "1")]);
    let bare = Uevent::parse(b"remove@/x").expect("an event");
    assert_eq!((bare.path(), bare.sequence()), ("/x", None));
    assert_eq!(
        format!("{bare:?}"),
        r#"Uevent { action: "remove", path: "/x" }"#
    );
}
