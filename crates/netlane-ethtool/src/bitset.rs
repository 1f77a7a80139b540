//! Sets of bits, as words or as lists of named bits, with or without a mask. Mirrors `net/ethtool/bitset.c`.

use netlane_wire::AttributeError;
use netlane_wire::typed::{Sink, message};

message! {
    /// A set of bits. The kernel sends a list of named bits, or words if
    /// [`COMPACT_BITSETS`](crate::RequestFlags::COMPACT_BITSETS) was asked for.
    pub struct Bitset("bitset") {
        /// Every bit that is not listed is zero, instead of not meant.
        no_mask: flag = ETHTOOL_A_BITSET_NOMASK(1),
        /// How many bits there are.
        size: u32 = ETHTOOL_A_BITSET_SIZE(2),
        /// Bit by bit.
        bits: nest Bits = ETHTOOL_A_BITSET_BITS(3),
        /// Words of 32 bits, the lowest bits first.
        value: packed u32 = ETHTOOL_A_BITSET_VALUE(4),
        /// Which bits of `value` are meant.
        mask: packed u32 = ETHTOOL_A_BITSET_MASK(5),
    }
}

message! {
    /// The list form.
    pub struct Bits("bits") {
        /// The bits.
        bit: multi nest Bit = ETHTOOL_A_BITSET_BITS_BIT(1),
    }
}

message! {
    /// One bit; a request names it by index or name.
    pub struct Bit("bit") {
        /// The bit's number, from 0.
        index: u32 = ETHTOOL_A_BITSET_BIT_INDEX(1),
        /// The bit's name.
        name: str = ETHTOOL_A_BITSET_BIT_NAME(2),
        /// The bit is one. In a set without mask every listed bit is.
        value: flag = ETHTOOL_A_BITSET_BIT_VALUE(3),
    }
}

impl<'a> BitsetView<'a> {
    /// The named bits that are meant, and whether each is one. Empty for the form of words.
    ///
    /// # Errors
    ///
    /// The set is malformed; each item, that its bit is.
    pub fn named(
        &self,
    ) -> Result<
        impl Iterator<Item = Result<(&'a str, bool), AttributeError>> + use<'a>,
        AttributeError,
    > {
        let all = self.no_mask()?;
        let bits = self.bits()?.map(|bits| bits.bit());
        Ok(bits.into_iter().flatten().map(move |bit| {
            let bit = bit?;
            let name = bit.name()?.unwrap_or_default();
            Ok((name, all || bit.value()?))
        }))
    }

    /// Whether the bit of a name is meant and one.
    ///
    /// # Errors
    ///
    /// The set is malformed.
    pub fn contains(&self, name: &str) -> Result<bool, AttributeError> {
        for bit in self.named()? {
            if let (found, true) = bit?
                && found == name
            {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl<S: Sink> BitsBuilder<S> {
    /// The bit of this name shall be one or zero.
    pub fn named(self, name: &str, value: bool) -> Self {
        self.bit(|bit| {
            let bit = bit.name(name);
            if value { bit.value() } else { bit }
        })
    }
}
