//! Numbers that depend on a seed alone, the same on every machine. Owns the
//! generator of Steele, Lea and Flood (SplitMix64); nothing secret comes of it.

/// A sequence of numbers for simulations: whoever has the seed has all of them.
///
/// ```
/// use netlane_testkit::Random;
///
/// let (mut one, mut other) = (Random::new(7), Random::new(7));
/// assert_eq!(one.below(10), other.below(10));
/// assert!(!one.chance(0) && one.chance(100));
/// ```
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`, or 0.
    pub fn below(&mut self, limit: usize) -> usize {
        usize::from(self.half()).checked_rem(limit).unwrap_or(0)
    }

    /// True in so many of a hundred cases.
    pub fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// The upper 16 bits of the next number: enough for any position in a
    /// datagram, on every width of machine.
    fn half(&mut self) -> u16 {
        u16::try_from(self.number() >> 48).unwrap_or(u16::MAX)
    }

    /// Any position in a datagram.
    pub(crate) fn position(&mut self) -> usize {
        usize::from(self.half())
    }
}
