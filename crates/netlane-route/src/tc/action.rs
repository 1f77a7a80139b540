//! Actions: what happens to a packet that a filter found.
//!
//! Owns `RTM_*ACTION` and its attributes `TCA_ROOT_*` and `TCA_ACT_*`; must not know the kinds' own attributes.
//! Mirrors `linux/pkt_cls.h` and net/sched/act_api.c.

use netlane_wire::typed::{c_enum, c_struct, message, requests, select};

use crate::{BitField, Family};

c_enum! {
    /// What becomes of the packet.
    pub enum Verdict: u32 {
        /// What the filter says.
        UNSPEC = TC_ACT_UNSPEC(0xffffffff),
        /// It passes.
        OK = TC_ACT_OK(0),
        /// It is classified anew.
        RECLASSIFY = TC_ACT_RECLASSIFY(1),
        /// It is dropped.
        SHOT = TC_ACT_SHOT(2),
        /// The next action decides.
        PIPE = TC_ACT_PIPE(3),
        /// The action has taken it.
        STOLEN = TC_ACT_STOLEN(4),
        /// The action has queued it.
        QUEUED = TC_ACT_QUEUED(5),
        /// The action is done again.
        REPEAT = TC_ACT_REPEAT(6),
        /// It goes to another link.
        REDIRECT = TC_ACT_REDIRECT(7),
        /// It goes to the processor; for hardware.
        TRAP = TC_ACT_TRAP(8),
    }
}

c_struct! {
    /// When an action was made and used.
    pub struct ActionTimes("tcf_t") {
        /// Since it was made, 1/100 s.
        install: u64,
        /// Since it was last used, 1/100 s.
        last_use: u64,
        /// Until it goes, 1/100 s.
        expires: u64,
        /// Since it was first used, 1/100 s.
        first_use: u64,
    }
}

message! {
    /// An action.
    pub struct Action("action") {
        /// The kind, as `mirred`.
        kind: str = TCA_ACT_KIND(1),
        /// What is particular to the kind.
        options: select ActionOptions by kind = TCA_ACT_OPTIONS(2),
        /// Number, in a request.
        index: u32 = TCA_ACT_INDEX(3),
        /// Statistics.
        stats: nest super::TcStats2 = TCA_ACT_STATS(4),
        /// A mark of the administrator's, up to 16 bytes.
        cookie: [u8] = TCA_ACT_COOKIE(6),
        /// What it is (`TCA_ACT_FLAGS_*`).
        flags: BitField = TCA_ACT_FLAGS(7),
        /// Which statistics of hardware are wanted.
        hardware_stats: BitField = TCA_ACT_HW_STATS(8),
        /// Which statistics of hardware are used.
        used_hardware_stats: BitField = TCA_ACT_USED_HW_STATS(9),
        /// Devices that have it in hardware, count.
        in_hardware: u32 = TCA_ACT_IN_HW_COUNT(10),
    }
}

select! {
    /// What `TCA_ACT_OPTIONS` holds.
    pub enum ActionOptions: str for Action.options {
        /// The packet is decided on.
        gact: nest super::Gact = "gact",
        /// The packet, or a copy, goes to another link.
        mirred: nest super::Mirred = "mirred",
    }
}

c_struct! {
    /// The header of action messages.
    pub struct TcaMsg("tcamsg") {
        /// Unspecified.
        family: Family,
        _: u8,
        _: u16,
    }
}

message! {
    /// Actions.
    pub struct ActionList("actions"): TcaMsg(family: Family) {
        /// The actions, in their order.
        actions: array nest Action = TCA_ROOT_TAB(1),
        /// In a request: what is wanted (`TCA_ACT_FLAG_*`).
        flags: BitField = TCA_ROOT_FLAGS(2),
        /// How many a part of a dump has.
        count: u32 = TCA_ROOT_COUNT(3),
        /// In a dump: those that were used within so many milliseconds.
        time_delta: u32 = TCA_ROOT_TIME_DELTA(4),
        /// A warning of hardware.
        warning: str = TCA_ROOT_EXT_WARN_MSG(5),
    }
}

requests! {
    ActionList over ROUTE(0) {
        /// Adds actions that are not there yet.
        add: RTM_NEWACTION(48) with CREATE | EXCL => ack,
        /// Adds actions, or changes those that are there.
        put: RTM_NEWACTION(48) with CREATE | REPLACE => ack,
        /// Deletes actions, by kind and index.
        delete: RTM_DELACTION(49) => ack,
        /// Asks for actions, by kind and index.
        get: RTM_GETACTION(50) => reply,
        /// Asks for all actions of a kind.
        dump: RTM_GETACTION(50) => dump,
    }
}
