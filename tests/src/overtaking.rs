//! A filter that holds up the first part of a dump of IPv4 addresses where the kernel could let
//! others overtake it: between its making and its queueing. Owns the program; attaches nothing.
//! Mirrors `netlink_dump` of net/netlink/af_netlink.c.

use netlane::sys::{FilterInstruction, bpf};

/// A program that keeps everything, and takes its time for a datagram that begins with this
/// address (`IFA_ADDRESS` of the first message): it searches that again and again for an attribute
/// that is not there.
#[must_use]
pub fn delaying_the_part_of(address: [u8; 4]) -> Vec<FilterInstruction> {
    use FilterInstruction as I;
    let load = |offset| I::statement(bpf::LD | bpf::W | bpf::ABS, offset);
    let keep = I::statement(bpf::RET | bpf::K, u32::MAX);
    let first = u32::from_be_bytes(address);
    let mut program = vec![
        I::statement(bpf::LD | bpf::W | bpf::LEN, 0),
        // A load behind the end refuses the datagram.
        I::jump(bpf::JMP | bpf::JGE | bpf::K, 32, 0, 2),
        load(28),
        I::jump(bpf::JMP | bpf::JEQ | bpf::K, first, 1, 0),
        keep,
        I::statement(bpf::LDX | bpf::IMM, ABSENT),
    ];
    for _ in 0..SEARCHES {
        program.push(I::statement(bpf::LD | bpf::IMM, 0));
        program.push(load(bpf::AD_OFF + bpf::AD_NLATTR));
    }
    program.push(keep);
    program
}

/// An attribute type that nothing has: it is longer than types are.
const ABSENT: u32 = 0xffff;
/// Each takes as long as a walk over the part. Older kernels allow no more
/// (`net.core.optmem_max`).
const SEARCHES: usize = 300;
