//! What the kernel accepts for one attribute, as it says in an extended ACK or a policy dump.
//!
//! Owns the `NL_POLICY_TYPE_ATTR_*` attributes; must not know which attribute they speak of.
//! Mirrors `netlink_policy_dump_write_attr` of `net/netlink/policy.c`.

use std::fmt;

use crate::{Attribute, Attributes};

/// `enum netlink_attribute_type`: what an attribute holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PolicyKind {
    /// `NL_ATTR_TYPE_INVALID`: the attribute is never accepted.
    Invalid,
    /// `NL_ATTR_TYPE_FLAG`: no payload.
    Flag,
    /// `NL_ATTR_TYPE_U8`.
    U8,
    /// `NL_ATTR_TYPE_U16`.
    U16,
    /// `NL_ATTR_TYPE_U32`.
    U32,
    /// `NL_ATTR_TYPE_U64`.
    U64,
    /// `NL_ATTR_TYPE_S8`.
    S8,
    /// `NL_ATTR_TYPE_S16`.
    S16,
    /// `NL_ATTR_TYPE_S32`.
    S32,
    /// `NL_ATTR_TYPE_S64`.
    S64,
    /// `NL_ATTR_TYPE_BINARY`: bytes.
    Binary,
    /// `NL_ATTR_TYPE_STRING`: text, with or without a final NUL.
    String,
    /// `NL_ATTR_TYPE_NUL_STRING`: text with a final NUL.
    NulString,
    /// `NL_ATTR_TYPE_NESTED`: attributes.
    Nested,
    /// `NL_ATTR_TYPE_NESTED_ARRAY`: an array of nests.
    NestedArray,
    /// `NL_ATTR_TYPE_BITFIELD32`: value and selector.
    Bitfield32,
    /// `NL_ATTR_TYPE_SINT`: a signed number of 4 or 8 bytes.
    Sint,
    /// `NL_ATTR_TYPE_UINT`: an unsigned number of 4 or 8 bytes.
    Uint,
    /// A number that this crate does not know.
    Unknown(u32),
}

impl PolicyKind {
    /// In the order of the kernel's enum.
    const KNOWN: [(Self, &'static str); 18] = [
        (Self::Invalid, "nothing"),
        (Self::Flag, "flag"),
        (Self::U8, "u8"),
        (Self::U16, "u16"),
        (Self::U32, "u32"),
        (Self::U64, "u64"),
        (Self::S8, "s8"),
        (Self::S16, "s16"),
        (Self::S32, "s32"),
        (Self::S64, "s64"),
        (Self::Binary, "binary"),
        (Self::String, "string"),
        (Self::NulString, "nul-string"),
        (Self::Nested, "nested"),
        (Self::NestedArray, "nested-array"),
        (Self::Bitfield32, "bitfield32"),
        (Self::Sint, "sint"),
        (Self::Uint, "uint"),
    ];

    /// The kind with the kernel's number.
    #[must_use]
    pub fn from_number(number: u32) -> Self {
        usize::try_from(number)
            .ok()
            .and_then(|index| Self::KNOWN.get(index))
            .map_or(Self::Unknown(number), |(kind, _)| *kind)
    }

    /// Its name, as the kernel's specifications spell it; `unknown` for an unknown number.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::KNOWN
            .iter()
            .find(|(kind, _)| *kind == self)
            .map_or("unknown", |(_, name)| name)
    }
}

/// What the kernel accepts for an attribute. What it does not state is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Policy {
    /// `NL_POLICY_TYPE_ATTR_TYPE`: what the attribute holds.
    pub kind: Option<PolicyKind>,
    /// `MIN_VALUE_S` and `MAX_VALUE_S`: the range of a signed number.
    pub min_signed: Option<i64>,
    /// See [`Self::min_signed`].
    pub max_signed: Option<i64>,
    /// `MIN_VALUE_U` and `MAX_VALUE_U`: the range of an unsigned number.
    pub min_unsigned: Option<u64>,
    /// See [`Self::min_unsigned`].
    pub max_unsigned: Option<u64>,
    /// `MIN_LENGTH`, bytes of payload.
    pub min_length: Option<u32>,
    /// `MAX_LENGTH`, bytes of payload.
    pub max_length: Option<u32>,
    /// `MASK`: the bits that a number may have.
    pub mask: Option<u64>,
    /// `BITFIELD32_MASK`: the bits that a bitfield may have.
    pub bitfield32_mask: Option<u32>,
    /// `POLICY_IDX`: which policy of a policy dump holds inside of the nest.
    pub nested_policy: Option<u32>,
    /// `POLICY_MAXTYPE`: the highest kind inside of the nest.
    pub nested_max_kind: Option<u32>,
}

impl Policy {
    /// Reads the attributes of a policy. Those that are unknown or broken are passed over.
    #[must_use]
    pub fn read(attributes: Attributes<'_>) -> Self {
        let mut policy = Self::default();
        for attribute in attributes.map_while(Result::ok) {
            policy.set(&attribute);
        }
        policy
    }

    fn set(&mut self, attribute: &Attribute<'_>) {
        let u32 = || attribute.u32().ok();
        let u64 = || attribute.u64().ok();
        match attribute.kind() {
            1 => self.kind = u32().map(PolicyKind::from_number),
            2 => self.min_signed = attribute.i64().ok(),
            3 => self.max_signed = attribute.i64().ok(),
            4 => self.min_unsigned = u64(),
            5 => self.max_unsigned = u64(),
            6 => self.min_length = u32(),
            7 => self.max_length = u32(),
            8 => self.nested_policy = u32(),
            9 => self.nested_max_kind = u32(),
            10 => self.bitfield32_mask = u32(),
            12 => self.mask = u64(),
            _ => {}
        }
    }
}

/// As `u32 in 1..=15`, `string of 1..=15 bytes`, `u16 within 0x3`.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.kind.map_or("attribute", PolicyKind::name))?;
        if let Some(PolicyKind::Unknown(number)) = self.kind {
            write!(f, " type {number}")?;
        }
        range(f, " in ", self.min_signed, self.max_signed, "")?;
        range(f, " in ", self.min_unsigned, self.max_unsigned, "")?;
        range(f, " of ", self.min_length, self.max_length, " bytes")?;
        if let Some(mask) = self.mask.or(self.bitfield32_mask.map(u64::from)) {
            write!(f, " within {mask:#x}")?;
        }
        if let Some(max) = self.nested_max_kind {
            write!(f, " of kinds up to {max}")?;
        }
        Ok(())
    }
}

/// Writes a range whose ends may be open.
fn range<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    before: &str,
    min: Option<T>,
    max: Option<T>,
    after: &str,
) -> fmt::Result {
    match (min, max) {
        (None, None) => Ok(()),
        (Some(min), None) => write!(f, "{before}{min}..{after}"),
        (None, Some(max)) => write!(f, "{before}..={max}{after}"),
        (Some(min), Some(max)) => write!(f, "{before}{min}..={max}{after}"),
    }
}
