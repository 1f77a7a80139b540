//! Owns the filter for words of packets (`TCA_U32_*`), whose keys follow a C structure; must not know filters. Mirrors
//! `linux/pkt_cls.h` and net/sched/cls_u32.c.

use std::fmt;

use netlane_wire::typed::{Fixed, Value, c_flags, c_struct, message};
use netlane_wire::{Attribute, AttributeError, AttributeReason, Message};

use super::{FilterFlags, TcHandle};

c_flags! {
    /// What a selector does.
    pub struct U32Flags: u8 {
        /// A match ends the search.
        TERMINAL = TC_U32_TERMINAL(0x1),
        /// The offset is that of the next header.
        OFFSET = TC_U32_OFFSET(0x2),
        /// The offset is variable.
        VARIABLE_OFFSET = TC_U32_VAROFFSET(0x4),
        /// The offset is eaten.
        EAT = TC_U32_EAT(0x8),
    }
}

c_struct! {
    /// How a packet is looked at.
    pub struct U32Selector("tc_u32_sel") {
        /// What the selector does.
        flags: U32Flags,
        /// The variable offset is shifted right by so many bits.
        offset_shift: u8,
        /// Keys behind this structure, count; written by [`U32Match`].
        keys: u8,
        /// Bits of the variable offset, host order here.
        offset_mask: be u16,
        /// Fixed offset, bytes.
        offset: u16,
        /// Where the variable offset is, bytes.
        offset_at: i16,
        /// Where the hash is, bytes.
        hash_at: i16,
        /// Bits of the hash, host order here.
        hash_mask: be u32,
    }
}

c_struct! {
    /// A word of the packet under a mask.
    pub struct U32Key("tc_u32_key") {
        /// Bits that count, host order here.
        mask: be u32,
        /// What they must be, host order here.
        value: be u32,
        /// Where the word is, bytes.
        offset: i32,
        /// -1 if relative to the next header.
        offset_mask: i32,
    }
}

c_struct! {
    /// The packet's mark.
    pub struct U32Mark("tc_u32_mark") {
        /// What it must be.
        value: u32,
        /// Bits that count.
        mask: u32,
        /// Times it matched.
        success: u32,
    }
}

/// A selector with its keys: writing takes the structure and a slice, and counts the keys itself.
#[derive(Debug)]
pub enum U32Match {}

impl Value for U32Match {
    type View<'a> = U32MatchView<'a>;
    type Set<'v> = (U32Selector, &'v [U32Key]);

    fn read(attribute: Attribute<'_>) -> Result<U32MatchView<'_>, AttributeError> {
        let payload = attribute.payload();
        let selector = U32Selector::load(payload);
        let len = U32Key::SIZE.saturating_mul(selector.keys.into());
        let keys = payload
            .get(U32Selector::SIZE..)
            .and_then(|keys| keys.get(..len));
        let keys = keys.ok_or(AttributeError {
            kind: attribute.kind(),
            reason: AttributeReason::Length {
                expected: U32Selector::SIZE.saturating_add(len),
                actual: payload.len(),
            },
        })?;
        Ok(U32MatchView {
            selector,
            keys: U32Keys(keys),
        })
    }

    fn write(message: &mut Message, kind: u16, (mut selector, keys): (U32Selector, &[U32Key])) {
        // More keys than a byte counts are cut off; the kernel takes 128.
        selector.keys = u8::try_from(keys.len()).unwrap_or(u8::MAX);
        let keys = keys.iter().take(selector.keys.into());
        let mut payload = vec![0; U32Selector::SIZE];
        selector.store(&mut payload);
        for key in keys {
            let mut bytes = [0; U32Key::SIZE];
            key.store(&mut bytes);
            payload.extend(bytes);
        }
        message.attribute(kind, &payload);
    }
}

/// A selector as received.
#[derive(Clone, Copy, Debug)]
pub struct U32MatchView<'a> {
    /// How the packet is looked at.
    pub selector: U32Selector,
    /// What it is looked at for.
    pub keys: U32Keys<'a>,
}

/// The keys of a selector.
#[derive(Clone, Copy)]
pub struct U32Keys<'a>(&'a [u8]);

impl Iterator for U32Keys<'_> {
    type Item = U32Key;

    fn next(&mut self) -> Option<U32Key> {
        let (key, rest) = self.0.split_at_checked(U32Key::SIZE)?;
        self.0 = rest;
        Some(U32Key::load(key))
    }
}

impl fmt::Debug for U32Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(*self).finish()
    }
}

message! {
    /// Words of the packet under masks.
    pub struct U32Filter("u32") {
        /// The class that packets go to.
        class: TcHandle = TCA_U32_CLASSID(1),
        /// The hash table it is in.
        hash: u32 = TCA_U32_HASH(2),
        /// The hash table that is looked at next.
        link: u32 = TCA_U32_LINK(3),
        /// Buckets of a hash table, count.
        divisor: u32 = TCA_U32_DIVISOR(4),
        /// What is looked for.
        selector: U32Match = TCA_U32_SEL(5),
        /// A police of the old form (`TCA_POLICE_*`).
        police: [u8] = TCA_U32_POLICE(6),
        /// What happens to packets.
        actions: array nest super::Action = TCA_U32_ACT(7),
        /// Name of the link that packets come from.
        input: str = TCA_U32_INDEV(8),
        /// What it counted: packets looked at, packets found, and how often each key matched.
        counts: packed u64 = TCA_U32_PCNT(9),
        /// The packet's mark.
        mark: U32Mark = TCA_U32_MARK(10),
        /// Where it is.
        flags: FilterFlags = TCA_U32_FLAGS(11),
    }
}
