//! Classic BPF instructions for socket filters.
//!
//! Owns the instruction type and its constants. Does not verify programs: the kernel does when one
//! is attached. Mirrors `linux/filter.h`, `linux/bpf_common.h` and
//! `Documentation/networking/filter.rst`.

/// One classic BPF instruction, `struct sock_filter`.
///
/// A filter sees one datagram, beginning at its first message header, and returns how many bytes to
/// keep: 0 drops it (silently, even if it is the acknowledgement that someone waits for), anything
/// below its length **cuts** it. Therefore filter only sockets that carry nothing but events.
///
/// Loads read network order, netlink headers are in host order: compare with
/// [`host_u16`](Self::host_u16) and
/// [`host_u32`](Self::host_u32).
///
/// ```
/// use netlane_sys::{FilterInstruction, bpf};
///
/// // Keep only messages of type 16 (RTM_NEWLINK); nlmsg_type is the u16 at offset 4.
/// let program = [
///     FilterInstruction::statement(bpf::LD | bpf::H | bpf::ABS, 4),
///     FilterInstruction::jump(bpf::JMP | bpf::JEQ | bpf::K, FilterInstruction::host_u16(16), 0, 1),
///     FilterInstruction::statement(bpf::RET | bpf::K, u32::MAX),
///     FilterInstruction::statement(bpf::RET | bpf::K, 0),
/// ];
/// assert_eq!(program[3].k, 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FilterInstruction {
    /// The operation: constants of [`bpf`] or-ed together.
    pub code: u16,
    /// Instructions to skip if the condition holds (`jt`).
    pub jump_true: u8,
    /// Instructions to skip if it does not (`jf`).
    pub jump_false: u8,
    /// The operand.
    pub k: u32,
}

impl FilterInstruction {
    /// An instruction that is no conditional jump (`BPF_STMT`).
    #[must_use]
    pub const fn statement(code: u16, k: u32) -> Self {
        Self {
            code,
            jump_true: 0,
            jump_false: 0,
            k,
        }
    }

    /// A conditional jump (`BPF_JUMP`), relative to the next instruction.
    #[must_use]
    pub const fn jump(code: u16, k: u32, jump_true: u8, jump_false: u8) -> Self {
        Self {
            code,
            jump_true,
            jump_false,
            k,
        }
    }

    /// What a half-word load makes of a host-order `u16` field such as `nlmsg_type`.
    #[must_use]
    pub fn host_u16(value: u16) -> u32 {
        u32::from(value.to_be())
    }

    /// What a word load makes of a host-order `u32` field such as `nlmsg_pid`.
    #[must_use]
    pub const fn host_u32(value: u32) -> u32 {
        value.to_be()
    }
}

/// Constants of classic BPF, as in `linux/bpf_common.h` and `linux/filter.h` without their `BPF_`
/// prefix.
pub mod bpf {
    /// Class: load into the accumulator.
    pub const LD: u16 = 0x00;
    /// Class: load into the index register.
    pub const LDX: u16 = 0x01;
    /// Class: store the accumulator.
    pub const ST: u16 = 0x02;
    /// Class: store the index register.
    pub const STX: u16 = 0x03;
    /// Class: arithmetic on the accumulator.
    pub const ALU: u16 = 0x04;
    /// Class: jump.
    pub const JMP: u16 = 0x05;
    /// Class: return.
    pub const RET: u16 = 0x06;
    /// Class: register moves.
    pub const MISC: u16 = 0x07;

    /// Load size: 4 bytes, network order.
    pub const W: u16 = 0x00;
    /// Load size: 2 bytes, network order.
    pub const H: u16 = 0x08;
    /// Load size: 1 byte.
    pub const B: u16 = 0x10;

    /// Load mode: the constant.
    pub const IMM: u16 = 0x00;
    /// Load mode: the datagram at offset `k`, or an `AD_*` extension at [`AD_OFF`] + extension.
    pub const ABS: u16 = 0x20;
    /// Load mode: the datagram at offset `k` + index register.
    pub const IND: u16 = 0x40;
    /// Load mode: scratch memory.
    pub const MEM: u16 = 0x60;
    /// Load mode: the datagram's length.
    pub const LEN: u16 = 0x80;

    /// Arithmetic: add.
    pub const ADD: u16 = 0x00;
    /// Arithmetic: subtract.
    pub const SUB: u16 = 0x10;
    /// Arithmetic: multiply.
    pub const MUL: u16 = 0x20;
    /// Arithmetic: divide.
    pub const DIV: u16 = 0x30;
    /// Arithmetic: bitwise or.
    pub const OR: u16 = 0x40;
    /// Arithmetic: bitwise and.
    pub const AND: u16 = 0x50;
    /// Arithmetic: shift left.
    pub const LSH: u16 = 0x60;
    /// Arithmetic: shift right.
    pub const RSH: u16 = 0x70;

    /// Jump: always.
    pub const JA: u16 = 0x00;
    /// Jump: if equal.
    pub const JEQ: u16 = 0x10;
    /// Jump: if greater.
    pub const JGT: u16 = 0x20;
    /// Jump: if greater or equal.
    pub const JGE: u16 = 0x30;
    /// Jump: if any bit is shared.
    pub const JSET: u16 = 0x40;

    /// Operand: the constant `k`.
    pub const K: u16 = 0x00;
    /// Operand: the index register.
    pub const X: u16 = 0x08;
    /// Return value: the accumulator.
    pub const A: u16 = 0x10;

    /// Register move: accumulator to index register.
    pub const TAX: u16 = 0x00;
    /// Register move: index register to accumulator.
    pub const TXA: u16 = 0x80;

    /// Where the `AD_*` extensions begin (`SKF_AD_OFF`, -4096 as `u32`).
    pub const AD_OFF: u32 = 0xffff_f000;
    /// Extension `SKF_AD_NLATTR`: offset of the attribute of type X, searched from offset A; 0 if
    /// there is none.
    pub const AD_NLATTR: u32 = 12;
    /// Extension `SKF_AD_NLATTR_NEST`: the same inside the nest that starts at A.
    pub const AD_NLATTR_NEST: u32 = 16;

    /// `BPF_MAXINSNS`: instructions in a program at most.
    pub const MAX_INSTRUCTIONS: usize = 4096;
}
