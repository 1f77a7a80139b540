//! Dumps that do not end by themselves: the zombie and the stall of B4.

use netlane_sys::{FilterInstruction, Protocol, Socket, bpf};
use netlane_testkit::in_namespace;

use super::kit::{
    EBUSY, ENOBUFS, RTM_NEWADDR, Said, add_addresses, drain, dump_addresses, open, ping, pings,
    receive,
};

const SEVERAL_CHUNKS: u32 = 1_000;

fn count(number: u32) -> usize {
    usize::try_from(number).unwrap()
}

/// Fills the queue to the brim without overrunning it.
fn fill(socket: &Socket) {
    socket.send(&ping(1)).unwrap();
    let truesize = socket.memory_info().unwrap().receive_allocated;
    let room = u32::try_from(socket.receive_buffer().unwrap()).unwrap() / truesize - 1;
    socket.send(&pings(room)).unwrap();
    assert_eq!(socket.memory_info().unwrap().drops, 0, "overrun");
}

/// The first chunk finds the queue full: the dump is refused with ENOBUFS, and yet it is there. The
/// refusal itself may be lost too. What follows is data for a sequence that was given up.
#[test]
fn b04_zombie_dump() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        // The limit is lowered below what is queued: no chunk may be made.
        fill(&socket);
        socket.set_receive_buffer(16 * 1024).unwrap();
        socket.send(&dump_addresses(70_001)).unwrap();
        socket.send(&dump_addresses(70_002)).unwrap(); // refused: its answer is lost as well
        let said = drain(&socket);
        let of_zombie = said.iter().filter(|said| said.is_data_of(70_001)).count();
        assert!(of_zombie > 0, "the dump that failed goes on");
        assert_eq!(of_zombie, count(SEVERAL_CHUNKS));
        assert_eq!(
            said.last(),
            Some(&Said::Done {
                sequence: 70_001,
                errno: 0
            })
        );
        assert!(
            said.contains(&Said::Failed(ENOBUFS)),
            "the answers were lost"
        );

        socket.send(&dump_addresses(70_003)).unwrap();
        assert_eq!(
            drain(&socket).last(),
            Some(&Said::Done {
                sequence: 70_003,
                errno: 0
            })
        );
    });
}

/// While the zombie lives, its socket refuses every other dump.
#[test]
fn b04_a_zombie_makes_its_socket_busy() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        let size = socket.receive_buffer().unwrap();
        fill(&socket);
        socket.set_receive_buffer(16 * 1024).unwrap();
        socket.send(&dump_addresses(70_001)).unwrap();
        // Emptied except for what wakes the zombie up: it has made no chunk yet.
        socket.set_receive_buffer(size).unwrap();
        socket.set_no_enobufs(true).unwrap(); // ends the congestion, so that answers fit again
        socket.send(&dump_addresses(70_002)).unwrap();
        let said = drain(&socket);
        assert!(
            said.contains(&Said::Ack {
                sequence: 70_002,
                errno: EBUSY
            }),
            "{}",
            said.len()
        );
        assert_eq!(
            said.iter().filter(|said| said.is_data_of(70_001)).count(),
            count(SEVERAL_CHUNKS)
        );
    });
}

/// A filter that refuses a chunk stops the dump: nothing is queued, so nobody reads, so nothing is
/// made. Anything that is received starts it again.
#[test]
fn b04_dump_stall() {
    in_namespace(|| {
        add_addresses(SEVERAL_CHUNKS);
        let socket = open(Protocol::ROUTE);
        socket.send(&dump_addresses(5)).unwrap();
        socket.attach_filter(&refusing(RTM_NEWADDR)).unwrap();
        let first = receive(&socket, 4096).unwrap().unwrap(); // makes the chunk that is refused
        socket.detach_filter().unwrap();
        assert_eq!(drain(&socket), [], "stalled");

        socket.send(&ping(6)).unwrap();
        let rest = drain(&socket);
        assert_eq!(
            rest[0],
            Said::Ack {
                sequence: 6,
                errno: 0
            }
        );
        assert_eq!(
            rest.last(),
            Some(&Said::Done {
                sequence: 5,
                errno: 0
            })
        );
        let data = |said: &[Said]| said.iter().filter(|said| said.is_data_of(5)).count();
        let seen = data(&super::kit::said(&first)) + data(&rest);
        assert!(seen < count(SEVERAL_CHUNKS), "the refused chunk is lost");
        assert_eq!(socket.memory_info().unwrap().drops, 0, "and not counted");
    });
}

/// A program that refuses datagrams whose first message has this type.
fn refusing(kind: u16) -> [FilterInstruction; 4] {
    use FilterInstruction as I;
    [
        I::statement(bpf::LD | bpf::H | bpf::ABS, 4),
        I::jump(bpf::JMP | bpf::JEQ | bpf::K, I::host_u16(kind), 0, 1),
        I::statement(bpf::RET | bpf::K, 0),
        I::statement(bpf::RET | bpf::K, u32::MAX),
    ]
}
