//! Owns the filter that a BPF program decides (`TCA_BPF_*`); must not know filters. Mirrors net/sched/cls_bpf.c.

use netlane_wire::typed::{c_flags, c_struct, message};

use super::{FilterFlags, TcHandle};

c_struct! {
    /// An instruction of classic BPF.
    pub struct BpfInstruction("sock_filter") {
        /// What it does.
        code: u16,
        /// Instructions to skip if true.
        jump_true: u8,
        /// Instructions to skip if false.
        jump_false: u8,
        /// Operand.
        operand: u32,
    }
}

c_flags! {
    /// How the program is used.
    pub struct BpfFlags: u32 {
        /// What it returns is the verdict.
        DIRECT_ACTION = TCA_BPF_FLAG_ACT_DIRECT(0x1),
    }
}

message! {
    /// What a BPF program says.
    pub struct BpfFilter("bpf") {
        /// What happens to packets.
        actions: array nest super::Action = TCA_BPF_ACT(1),
        /// A police of the old form (`TCA_POLICE_*`).
        police: [u8] = TCA_BPF_POLICE(2),
        /// The class that packets go to.
        class: TcHandle = TCA_BPF_CLASSID(3),
        /// Instructions of a classic program, count.
        instruction_count: u16 = TCA_BPF_OPS_LEN(4),
        /// Instructions of a classic program.
        instructions: packed BpfInstruction = TCA_BPF_OPS(5),
        /// In a request: descriptor of the program.
        fd: u32 = TCA_BPF_FD(6),
        /// Name of the program.
        name: str = TCA_BPF_NAME(7),
        /// How it is used.
        flags: BpfFlags = TCA_BPF_FLAGS(8),
        /// Where the filter is.
        filter_flags: FilterFlags = TCA_BPF_FLAGS_GEN(9),
        /// Hash of the program.
        tag: [u8; 8] = TCA_BPF_TAG(10),
        /// Id of the program.
        id: u32 = TCA_BPF_ID(11),
    }
}
