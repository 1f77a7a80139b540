//! Ports, peers and permissions: M15, M24, B7, B8.

use std::io::ErrorKind;
use std::time::Instant;

use netlane_sys::{Address, Protocol, Socket, SocketKind};
use netlane_testkit::in_namespace;

use super::kit::{Said, drain, open, ping, port};

/// M15: cheap enough for a socket per dump. The bound is loose for slow machines.
#[test]
fn m15_a_socket_is_cheap() {
    let mut costs: Vec<_> = (0..200)
        .map(|_| {
            let began = Instant::now();
            drop(open(Protocol::ROUTE));
            began.elapsed()
        })
        .collect();
    costs.sort();
    let median = costs[costs.len() / 2];
    println!("open, bind and close: {median:?}");
    assert!(median.as_micros() < 5_000, "{median:?}");
}

/// M24: without a connection anyone may fill a socket's queue, and each frame tells who it was.
#[test]
fn m24_forged_unicast_is_delivered_with_its_true_sender() {
    let (victim, forger) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
    forger
        .send_to(&ping(1), Address::port(port(&victim)))
        .unwrap();
    let received = victim.recv(&mut [0; 64]).unwrap();
    assert_eq!(
        received.sender,
        Address::port(port(&forger)),
        "whatever the frame says"
    );
}

/// M24: a connection to the kernel refuses it at the forger; multicast still arrives.
#[test]
fn m24_a_connection_to_the_kernel_refuses_unicast_only() {
    in_namespace(|| {
        let (victim, forger) = (open(Protocol::USERSOCK), open(Protocol::USERSOCK));
        victim.connect(Address::KERNEL).unwrap();
        victim.add_membership(1).unwrap();
        let refused = forger
            .send_to(&ping(1), Address::port(port(&victim)))
            .unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let _ = forger.send_to(&ping(2), Address::group(1).unwrap());
        let said = drain(&victim);
        assert!(said.len() == 1 && said[0].is_data_of(2), "{said:?}");
    });
}

/// B7: also on ROUTE, with the capability.
#[test]
fn b07_a_privileged_user_may_write_to_others() {
    in_namespace(|| {
        let (victim, forger) = (open(Protocol::ROUTE), open(Protocol::ROUTE));
        forger
            .send_to(&ping(1), Address::port(port(&victim)))
            .unwrap();
        let received = victim.recv(&mut [0; 64]).unwrap();
        assert_eq!(received.sender, Address::port(port(&forger)));
    });
}

/// B8: the first socket of a process gets the process id, the next a number far from all of them.
#[test]
fn b08_ports_are_the_process_id_and_then_random() {
    in_namespace(|| {
        let first = open(Protocol::USERSOCK);
        let second = open(Protocol::USERSOCK);
        assert_eq!(port(&first), std::process::id());
        assert!(port(&second).cast_signed() <= -4097, "{:#x}", port(&second));
    });
}

#[test]
fn b08_a_port_is_unique_in_its_protocol_and_namespace() {
    in_namespace(|| {
        let first = open(Protocol::USERSOCK);
        let rebind = |socket: &Socket| socket.bind(Address::port(port(&first)));
        let same = Socket::open(Protocol::USERSOCK, SocketKind::Raw).unwrap();
        assert_eq!(
            rebind(&same).unwrap_err().kind(),
            netlane_sys::ErrorKind::AddressInUse
        );
        let other_protocol = Socket::open(Protocol::GENERIC, SocketKind::Raw).unwrap();
        rebind(&other_protocol).unwrap();
        let elsewhere = netlane_testkit::NetworkNamespace::new().unwrap();
        let elsewhere = netlane_sys::Namespace::Path(elsewhere.path());
        let other_namespace =
            Socket::open_in(&elsewhere, Protocol::USERSOCK, SocketKind::Raw).unwrap();
        rebind(&other_namespace).unwrap();
    });
}

#[test]
fn b08_a_bound_socket_keeps_its_port() {
    let socket = open(Protocol::USERSOCK);
    let other = port(&socket) ^ 1;
    let error = socket.bind(Address::port(other)).unwrap_err();
    assert_eq!(error.kind(), netlane_sys::ErrorKind::InvalidInput);
}

/// B8: binding with a mask replaces the memberships 1 to 32 and leaves those above.
#[test]
fn b08_binding_replaces_the_first_32_groups() {
    let socket = open(Protocol::ROUTE);
    socket.add_membership(1).unwrap();
    socket.add_membership(33).unwrap();
    let own = port(&socket);
    socket
        .bind(Address {
            port: own,
            groups: 1 << 4,
        })
        .unwrap();
    assert_eq!(socket.memberships().unwrap(), [5, 33]);
}

/// B8: an unconnected send fails before anything happens if nobody has the port.
#[test]
fn b08_sending_to_nobody_is_refused() {
    let socket = open(Protocol::USERSOCK);
    let error = socket
        .send_to(&ping(1), Address::port(0x7fff_fff1))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(drain(&socket), [] as [Said; 0]);
}
