//! A hint for the layout of code.

/// Says that the branch that calls it is rare, or does so much that a jump is nothing beside it:
/// its code is put apart, and what every request runs through stays close together.
#[cold]
#[inline(always)]
pub const fn rare() {}
