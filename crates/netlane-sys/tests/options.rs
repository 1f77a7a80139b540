//! Options set and read back, and filters.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests panic like tests"
)]

mod common;

use common::{drain, errno, open, ping};
use netlane_sys::{ErrorKind, FilterInstruction as I, Protocol, Socket, bpf};

type Setter = fn(&Socket, bool) -> Result<(), netlane_sys::Error>;
type Getter = fn(&Socket) -> Result<bool, netlane_sys::Error>;

#[test]
fn switches_are_read_back_as_set() {
    let switches: [(&str, Setter, Getter); 7] = [
        (
            "NETLINK_BROADCAST_ERROR",
            Socket::set_broadcast_error,
            Socket::broadcast_error,
        ),
        ("NETLINK_CAP_ACK", Socket::set_cap_ack, Socket::cap_ack),
        ("NETLINK_EXT_ACK", Socket::set_ext_ack, Socket::ext_ack),
        (
            "NETLINK_GET_STRICT_CHK",
            Socket::set_strict_check,
            Socket::strict_check,
        ),
        (
            "NETLINK_NO_ENOBUFS",
            Socket::set_no_enobufs,
            Socket::no_enobufs,
        ),
        ("NETLINK_PKTINFO", Socket::set_pktinfo, Socket::pktinfo),
        (
            "SO_PASSCRED",
            Socket::set_pass_credentials,
            Socket::pass_credentials,
        ),
    ];
    let socket = open(Protocol::ROUTE);
    for (name, set, get) in switches {
        for on in [true, false, true] {
            set(&socket, on).unwrap();
            assert_eq!(get(&socket).unwrap(), on, "{name}");
        }
    }
    assert!(
        switches.iter().all(|(_, _, get)| get(&socket).unwrap()),
        "they are independent"
    );
}

#[test]
fn listening_to_all_namespaces_needs_a_capability_that_the_error_names() {
    let socket = open(Protocol::ROUTE);
    match socket.set_listen_all_nsid(true) {
        Ok(()) => assert!(all_nsid(&socket).unwrap_or(true)),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::PermissionDenied);
            assert_eq!(error.option(), Some("NETLINK_LISTEN_ALL_NSID"));
            assert_eq!(error.raw_os_error(), Some(libc::EPERM));
            assert!(error.to_string().contains("CAP_NET_BROADCAST"), "{error}");
            assert!(!all_nsid(&socket).unwrap_or(false));
        }
    }
}

/// The option as read back; `None` where the kernel can only set it (6.1).
fn all_nsid(socket: &Socket) -> Option<bool> {
    match socket.listen_all_nsid() {
        Ok(on) => Some(on),
        Err(error) => {
            assert!(error.is_unsupported(), "{error}");
            None
        }
    }
}

#[test]
fn buffers_are_doubled_and_capped() {
    let limit = |name: &str| -> usize {
        let text = std::fs::read_to_string(format!("/proc/sys/net/core/{name}")).unwrap();
        text.trim().parse().unwrap()
    };
    let socket = open(Protocol::ROUTE);
    socket.set_receive_buffer(100_000).unwrap();
    assert_eq!(socket.receive_buffer().unwrap(), 200_000);
    assert_eq!(socket.memory_info().unwrap().receive_buffer, 200_000);
    socket.set_send_buffer(50_000).unwrap();
    assert_eq!(socket.send_buffer().unwrap(), 100_000);
    assert_eq!(socket.memory_info().unwrap().send_buffer, 100_000);

    socket.set_receive_buffer(usize::MAX).unwrap();
    assert_eq!(socket.receive_buffer().unwrap(), 2 * limit("rmem_max"));
    socket.set_send_buffer(usize::MAX).unwrap();
    assert_eq!(socket.send_buffer().unwrap(), 2 * limit("wmem_max"));
}

#[test]
fn forcing_a_buffer_works_or_names_the_capability() {
    let socket = open(Protocol::ROUTE);
    let before = socket.receive_buffer().unwrap();
    if common::is_privileged_in_initial_user_namespace() {
        socket.set_receive_buffer_force(16 << 20).unwrap();
        assert_eq!(socket.receive_buffer().unwrap(), 32 << 20);
        socket.set_send_buffer_force(16 << 20).unwrap();
        assert_eq!(socket.send_buffer().unwrap(), 32 << 20);
    } else {
        let error = socket.set_receive_buffer_force(16 << 20).unwrap_err();
        assert_eq!(error.option(), Some("SO_RCVBUFFORCE"));
        assert!(error.to_string().contains("CAP_NET_ADMIN"), "{error}");
        let error = socket.set_send_buffer_force(16 << 20).unwrap_err();
        assert_eq!(error.option(), Some("SO_SNDBUFFORCE"));
        assert_eq!(
            socket.receive_buffer().unwrap(),
            before,
            "nothing was changed"
        );
    }
}

#[test]
fn memory_follows_the_queue() {
    let socket = open(Protocol::ROUTE);
    assert_eq!(socket.memory_info().unwrap().receive_allocated, 0);
    socket.send(&ping(1)).unwrap();
    let one = socket.memory_info().unwrap().receive_allocated;
    assert!(one >= 36, "{one}");
    socket.send(&ping(2)).unwrap();
    assert_eq!(socket.memory_info().unwrap().receive_allocated, 2 * one);
    drain(&socket);
    let empty = socket.memory_info().unwrap();
    assert_eq!((empty.receive_allocated, empty.drops), (0, 0));
}

/// Keeps datagrams whose first message has this type.
fn only_type(kind: u16) -> [I; 4] {
    [
        I::statement(bpf::LD | bpf::H | bpf::ABS, 4),
        I::jump(bpf::JMP | bpf::JEQ | bpf::K, I::host_u16(kind), 0, 1),
        I::statement(bpf::RET | bpf::K, u32::MAX),
        I::statement(bpf::RET | bpf::K, 0),
    ]
}

#[test]
fn a_filter_keeps_what_it_matches_and_nothing_else() {
    let socket = open(Protocol::ROUTE);
    socket.attach_filter(&only_type(2)).unwrap(); // NLMSG_ERROR: acknowledgements pass
    socket.send(&ping(1)).unwrap();
    assert_eq!(socket.recv(&mut [0; 64]).unwrap().len, 36);

    socket.attach_filter(&only_type(3)).unwrap(); // replaced: now they do not
    socket.send(&ping(2)).unwrap();
    assert_eq!(
        errno(socket.recv(&mut [0; 64])),
        libc::EAGAIN,
        "swallowed without a trace"
    );
    assert_eq!(socket.memory_info().unwrap().drops, 0);

    // By sequence number, a word in host order.
    let by_sequence = [
        I::statement(bpf::LD | bpf::W | bpf::ABS, 8),
        I::jump(bpf::JMP | bpf::JEQ | bpf::K, I::host_u32(0x0102_0304), 0, 1),
        I::statement(bpf::RET | bpf::K, u32::MAX),
        I::statement(bpf::RET | bpf::K, 0),
    ];
    socket.attach_filter(&by_sequence).unwrap();
    socket.send(&ping(0x0403_0201)).unwrap();
    socket.send(&ping(0x0102_0304)).unwrap();
    assert_eq!(drain(&socket).len(), 1);

    socket.detach_filter().unwrap();
    socket.send(&ping(3)).unwrap();
    assert_eq!(socket.recv(&mut [0; 64]).unwrap().len, 36);
    assert_eq!(
        socket.detach_filter().unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[test]
fn a_filter_that_returns_less_than_the_length_cuts() {
    let socket = open(Protocol::ROUTE);
    socket
        .attach_filter(&[I::statement(bpf::RET | bpf::K, 20)])
        .unwrap();
    socket.send(&ping(1)).unwrap();
    assert_eq!(socket.recv(&mut [0; 64]).unwrap().full_len, 20);
}

#[test]
fn a_filter_finds_attributes() {
    let socket = open(Protocol::USERSOCK);
    let sender = open(Protocol::USERSOCK);
    let to = netlane_sys::Address::port(common::port(&socket));
    // Keep datagrams whose message has an attribute of type 9 behind the 16 bytes of header.
    let program = [
        I::statement(bpf::LDX | bpf::IMM, 9),
        I::statement(bpf::LD | bpf::IMM, 16),
        I::statement(bpf::LD | bpf::B | bpf::ABS, bpf::AD_OFF + bpf::AD_NLATTR),
        I::jump(bpf::JMP | bpf::JEQ | bpf::K, 0, 1, 0),
        I::statement(bpf::RET | bpf::K, u32::MAX),
        I::statement(bpf::RET | bpf::K, 0),
    ];
    socket.attach_filter(&program).unwrap();
    for kind in [8, 9, 10] {
        let message = netlane_wire::Message::new(99, netlane_wire::Flags::empty());
        sender
            .send_to(
                &message.with_u32(1, 0).with_u32(kind, 0).finish().unwrap(),
                to,
            )
            .unwrap();
    }
    assert_eq!(drain(&socket).len(), 1);
}

#[test]
fn programs_out_of_bounds_are_refused() {
    let socket = open(Protocol::ROUTE);
    let pass = I::statement(bpf::RET | bpf::K, u32::MAX);
    for program in [vec![], vec![pass; bpf::MAX_INSTRUCTIONS + 1]] {
        let error = socket.attach_filter(&program).unwrap_err();
        assert_eq!(error.option(), Some("SO_ATTACH_FILTER"));
        assert!(error.to_string().contains("4096"), "{error}");
    }
    let endless = [I::statement(bpf::LD | bpf::IMM, 1)]; // no return
    let error = socket.attach_filter(&endless).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("verifier"), "{error}");
}

#[test]
fn a_locked_filter_stays() {
    let socket = open(Protocol::ROUTE);
    socket.attach_filter(&only_type(2)).unwrap();
    assert!(!socket.filter_locked().unwrap());
    socket.lock_filter().unwrap();
    assert!(socket.filter_locked().unwrap());
    for error in [socket.detach_filter(), socket.attach_filter(&only_type(3))] {
        let error = error.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied);
        assert!(error.to_string().contains("SO_LOCK_FILTER"), "{error}");
    }
}
