//! The kernel speaking unasked: M23, B12.

use std::thread;

use netlane_sys::{Protocol, Socket};
use netlane_testkit::in_namespace;
use netlane_wire::{Control, Frames, Message};

use super::kit::{ACKNOWLEDGED, ENOBUFS, EPERM, Said, drain, numbered, open, ping, receive};

const GENL_ID_CTRL: u16 = 16;

/// The number of a generic netlink family, or `None` if this kernel lacks it.
fn family(socket: &Socket, name: &str) -> Option<u16> {
    const CTRL_CMD_GETFAMILY: u8 = 3;
    let request = Message::new(GENL_ID_CTRL, ACKNOWLEDGED)
        .with_header(&[CTRL_CMD_GETFAMILY, 1, 0, 0])
        .with_text(2, name); // CTRL_ATTR_FAMILY_NAME
    socket.send(&numbered(request, 1)).unwrap();
    let mut id = None;
    while let Some(got) = receive(socket, 32 * 1024).unwrap() {
        for frame in Frames::new(&got.bytes).map(Result::unwrap) {
            if let Control::Data = frame.control() {
                id = frame.attributes(4).find(1).and_then(|id| id.u16().ok()); // CTRL_ATTR_FAMILY_ID
            }
        }
    }
    id
}

/// M23: a taskstats listener gets a message for each thread that ends, until its queue is full and
/// its own answers are lost. To register needs CAP_NET_ADMIN in the initial user namespace; without,
/// the kernel must refuse and stay silent.
#[test]
fn m23_a_registered_port_is_spoken_to_unasked_until_it_is_full() {
    const TASKSTATS_CMD_GET: u8 = 1;
    let socket = open(Protocol::GENERIC);
    let taskstats = family(&socket, "TASKSTATS").expect("this kernel needs CONFIG_TASKSTATS");
    let cpus = std::fs::read_to_string("/sys/devices/system/cpu/possible").unwrap();
    let register = Message::new(taskstats, ACKNOWLEDGED)
        .with_header(&[TASKSTATS_CMD_GET, 1, 0, 0])
        .with_text(3, cpus.trim()); // TASKSTATS_CMD_ATTR_REGISTER_CPUMASK
    socket.set_receive_buffer(0).unwrap(); // a few messages fill it
    socket.send(&numbered(register, 2)).unwrap();
    let said = drain(&socket);
    let answer = said
        .iter()
        .find(|said| matches!(said, Said::Ack { sequence: 2, .. }));
    let may_register = answer
        == Some(&Said::Ack {
            sequence: 2,
            errno: 0,
        });
    if !may_register {
        assert_eq!(
            answer,
            Some(&Said::Ack {
                sequence: 2,
                errno: EPERM
            })
        );
    }
    for _ in 0..200 {
        thread::spawn(|| {}).join().unwrap();
    }
    socket.send(&ping(3)).unwrap();
    let said = drain(&socket);
    let answered = said.contains(&Said::Ack {
        sequence: 3,
        errno: 0,
    });
    let unasked = said.iter().any(|said| matches!(said, Said::Data { .. }));
    assert_eq!(
        (unasked, answered),
        (may_register, !may_register),
        "{said:?}"
    );
    assert_eq!(said.contains(&Said::Failed(ENOBUFS)), may_register);
}

/// B12: what is not asked for comes from where one registered only: a socket that did nothing but
/// ask hears nothing, whatever happens in its namespace.
#[test]
fn b12_a_socket_that_registered_nowhere_hears_nothing() {
    in_namespace(|| {
        let sockets = [Protocol::ROUTE, Protocol::GENERIC].map(open);
        let mut links = netlane_testkit::Links::open().unwrap();
        links.veth("near", "far").unwrap();
        links.set_up("near").unwrap();
        links.delete("near").unwrap();
        for socket in sockets {
            assert_eq!(drain(&socket), []);
        }
    });
}
