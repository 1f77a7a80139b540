//! The `NLMSG_*` and `NLA_*` arithmetic, with the results of the C macros.
//!
//! Owns lengths, offsets and alignment; must not know what the bytes mean. All sizes are bytes.
//! Where the C macro would wrap around or go negative the answer here is `None`; everywhere else
//! it is the number that C gives. Mirrors `include/uapi/linux/netlink.h` and, for the attribute
//! helpers that only the kernel names, `include/net/netlink.h`.

/// `NLMSG_ALIGNTO`: messages start at multiples of 4.
pub const NLMSG_ALIGNTO: usize = 4;
/// `NLMSG_HDRLEN`: the aligned size of `struct nlmsghdr`.
pub const NLMSG_HDRLEN: usize = 16;
/// `NLA_ALIGNTO`: attributes start at multiples of 4.
pub const NLA_ALIGNTO: usize = 4;
/// `NLA_HDRLEN`: the aligned size of `struct nlattr`.
pub const NLA_HDRLEN: usize = 4;
/// `NLA_F_NESTED`: the payload is a list of attributes.
pub const NLA_F_NESTED: u16 = 1 << 15;
/// `NLA_F_NET_BYTEORDER`: the payload is in network byte order.
pub const NLA_F_NET_BYTEORDER: u16 = 1 << 14;
/// `NLA_TYPE_MASK`: the bits of `nla_type` that are the attribute's kind.
pub const NLA_TYPE_MASK: u16 = !(NLA_F_NESTED | NLA_F_NET_BYTEORDER);

#[inline]
const fn align4(len: usize) -> Option<usize> {
    match len.checked_add(3) {
        Some(sum) => Some(sum & !3),
        None => None,
    }
}

/// `NLMSG_ALIGN(len)`: `len` rounded up to a multiple of 4; `None` if that overflows.
#[must_use]
#[inline]
pub const fn nlmsg_align(len: usize) -> Option<usize> {
    align4(len)
}

/// `NLMSG_LENGTH(len)`: the `nlmsg_len` of a message with `len` bytes of payload.
#[must_use]
pub const fn nlmsg_length(len: usize) -> Option<usize> {
    len.checked_add(NLMSG_HDRLEN)
}

/// `NLMSG_SPACE(len)`: what a message with `len` bytes of payload takes, with its padding.
#[must_use]
pub const fn nlmsg_space(len: usize) -> Option<usize> {
    match nlmsg_length(len) {
        Some(length) => align4(length),
        None => None,
    }
}

/// `NLMSG_DATA(nlh)`: the payload's offset from the start of its message.
#[must_use]
pub const fn nlmsg_data() -> usize {
    NLMSG_HDRLEN
}

/// `NLMSG_OK(nlh, remaining)`: whether a message whose header says `nlmsg_len` lies wholly in
/// the `remaining` bytes.
#[must_use]
pub fn nlmsg_ok(nlmsg_len: u32, remaining: usize) -> bool {
    remaining >= NLMSG_HDRLEN
        && usize::try_from(nlmsg_len).is_ok_and(|len| len >= NLMSG_HDRLEN && len <= remaining)
}

/// `NLMSG_NEXT(nlh, remaining)`: the offset of the next message and the bytes left there.
///
/// `None` where C's `remaining` would become negative: after an unaligned last message, which is
/// not an error.
#[must_use]
pub fn nlmsg_next(nlmsg_len: u32, remaining: usize) -> Option<(usize, usize)> {
    let offset = nlmsg_align(usize::try_from(nlmsg_len).ok()?)?;
    Some((offset, remaining.checked_sub(offset)?))
}

/// `NLMSG_PAYLOAD(nlh, len)`: the bytes after a family header of `len` bytes; `None` where C
/// would wrap around.
#[must_use]
pub fn nlmsg_payload(nlmsg_len: u32, len: usize) -> Option<usize> {
    usize::try_from(nlmsg_len)
        .ok()?
        .checked_sub(nlmsg_space(len)?)
}

/// `NLA_ALIGN(len)`: `len` rounded up to a multiple of 4; `None` if that overflows.
#[must_use]
#[inline]
pub const fn nla_align(len: usize) -> Option<usize> {
    align4(len)
}

/// `nla_attr_size(payload)`: the `nla_len` of an attribute, as a number that may be too large
/// for the 16 bits of that field.
#[must_use]
pub const fn nla_attr_size(payload: usize) -> Option<usize> {
    payload.checked_add(NLA_HDRLEN)
}

/// `nla_total_size(payload)`: what an attribute takes, with its padding.
#[must_use]
pub const fn nla_total_size(payload: usize) -> Option<usize> {
    match nla_attr_size(payload) {
        Some(size) => align4(size),
        None => None,
    }
}

/// `nla_padlen(payload)`: the bytes of padding after an attribute, 0 to 3.
#[must_use]
#[inline]
pub const fn nla_padlen(payload: usize) -> usize {
    payload.wrapping_neg() & 3
}

/// `nla_ok(nla, remaining)`: whether an attribute whose header says `nla_len` lies wholly in the
/// `remaining` bytes.
#[must_use]
pub fn nla_ok(nla_len: u16, remaining: usize) -> bool {
    let len = usize::from(nla_len);
    remaining >= NLA_HDRLEN && len >= NLA_HDRLEN && len <= remaining
}

/// `nla_next(nla, remaining)`: the offset of the next attribute and the bytes left there; `None`
/// where C's `remaining` would become negative.
#[must_use]
pub fn nla_next(nla_len: u16, remaining: usize) -> Option<(usize, usize)> {
    let offset = nla_align(usize::from(nla_len))?;
    Some((offset, remaining.checked_sub(offset)?))
}

/// `nla_len(nla)`: the payload's size for the header's `nla_len`; `None` where C goes negative.
#[must_use]
pub fn nla_payload(nla_len: u16) -> Option<usize> {
    usize::from(nla_len).checked_sub(NLA_HDRLEN)
}

/// `nla_type(nla)`: the kind in an attribute's type field, without its two flag bits.
#[must_use]
#[inline]
pub const fn nla_type(raw: u16) -> u16 {
    raw & NLA_TYPE_MASK
}
