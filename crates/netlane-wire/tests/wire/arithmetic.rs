//! The arithmetic against the C expressions, written out as C evaluates them.

use netlane_wire::arithmetic::*;
use proptest::prelude::*;

#[test]
fn small_sizes_are_those_of_c() {
    assert_eq!([0, 1, 3, 4, 5].map(nlmsg_align), [0, 4, 4, 4, 8].map(Some));
    assert_eq!([0, 1, 16].map(nlmsg_length), [16, 17, 32].map(Some));
    assert_eq!([0, 1, 16].map(nlmsg_space), [16, 20, 32].map(Some));
    assert_eq!([0, 1, 4, 5].map(nla_attr_size), [4, 5, 8, 9].map(Some));
    assert_eq!([0, 1, 4, 5].map(nla_total_size), [4, 8, 8, 12].map(Some));
    assert_eq!([0, 1, 2, 3, 4].map(nla_padlen), [0, 3, 2, 1, 0]);
    assert_eq!(nlmsg_data(), 16);
    assert_eq!(nla_type(0xc003), 3);
}

#[test]
fn what_wraps_around_in_c_is_none() {
    assert_eq!(nlmsg_align(usize::MAX), None);
    assert_eq!(nlmsg_align(usize::MAX - 3), Some(usize::MAX - 3));
    assert_eq!(nlmsg_length(usize::MAX), None);
    assert_eq!(nlmsg_space(usize::MAX - 16), None);
    assert_eq!(nla_total_size(usize::MAX), None);
    assert_eq!(nlmsg_payload(19, 4), None);
    assert_eq!(nlmsg_payload(20, 4), Some(0));
    assert_eq!(nla_payload(3), None);
    assert_eq!(nla_payload(4), Some(0));
}

#[test]
fn ok_holds_at_its_borders_only() {
    for (len, remaining, ok) in [
        (16, 16, true),
        (15, 16, false),
        (17, 16, false),
        (16, 15, false),
        (0, 16, false),
        (u32::MAX, 16, false),
    ] {
        assert_eq!(nlmsg_ok(len, remaining), ok, "NLMSG_OK({len}, {remaining})");
    }
    for (len, remaining, ok) in [(4, 4, true), (3, 4, false), (5, 4, false), (4, 3, false)] {
        assert_eq!(nla_ok(len, remaining), ok, "nla_ok({len}, {remaining})");
    }
}

proptest! {
    #[test]
    fn messages_follow_the_macros(len in 0_i64..0x7fff_0000, remaining in 0_i64..0x7fff_0000) {
        let usize_len = usize::try_from(len).unwrap();
        let usize_remaining = usize::try_from(remaining).unwrap();
        let u32_len = u32::try_from(len).unwrap();
        let from_c = |value: i64| usize::try_from(value).ok();
        // #define NLMSG_ALIGN(len) (((len)+NLMSG_ALIGNTO-1) & ~(NLMSG_ALIGNTO-1))
        let align = |len: i64| (len + 4 - 1) & !(4 - 1);
        // #define NLMSG_LENGTH(len) ((len) + NLMSG_HDRLEN)
        let length = |len: i64| len + 16;
        // #define NLMSG_SPACE(len) NLMSG_ALIGN(NLMSG_LENGTH(len))
        let space = |len: i64| align(length(len));
        prop_assert_eq!(nlmsg_align(usize_len), from_c(align(len)));
        prop_assert_eq!(nlmsg_length(usize_len), from_c(length(len)));
        prop_assert_eq!(nlmsg_space(usize_len), from_c(space(len)));
        // #define NLMSG_OK(nlh,len) ((len) >= (int)sizeof(struct nlmsghdr) && ...
        let ok = remaining >= 16 && len >= 16 && len <= remaining;
        prop_assert_eq!(nlmsg_ok(u32_len, usize_remaining), ok);
        // #define NLMSG_NEXT(nlh,len) ((len) -= NLMSG_ALIGN((nlh)->nlmsg_len), ...
        let next = from_c(remaining - align(len)).map(|rest| (from_c(align(len)).unwrap(), rest));
        prop_assert_eq!(nlmsg_next(u32_len, usize_remaining), next);
        // #define NLMSG_PAYLOAD(nlh,len) ((nlh)->nlmsg_len - NLMSG_SPACE((len)))
        prop_assert_eq!(nlmsg_payload(u32_len, usize_remaining), from_c(len - space(remaining)));
    }

    #[test]
    fn attributes_follow_the_macros(len in 0_u16.., remaining in 0_i64..0x20000) {
        let c_len = i64::from(len);
        let usize_remaining = usize::try_from(remaining).unwrap();
        let from_c = |value: i64| usize::try_from(value).ok();
        let align = |len: i64| (len + 4 - 1) & !(4 - 1);
        prop_assert_eq!(nla_align(usize::from(len)), from_c(align(c_len)));
        prop_assert_eq!(nla_attr_size(usize::from(len)), from_c(4 + c_len));
        prop_assert_eq!(nla_total_size(usize::from(len)), from_c(align(4 + c_len)));
        // nla_total_size(payload) - nla_attr_size(payload)
        prop_assert_eq!(from_c(align(4 + c_len) - (4 + c_len)), Some(nla_padlen(usize::from(len))));
        // rem >= sizeof(*nla) && nla->nla_len >= sizeof(*nla) && nla->nla_len <= rem
        let ok = remaining >= 4 && c_len >= 4 && c_len <= remaining;
        prop_assert_eq!(nla_ok(len, usize_remaining), ok);
        let next = from_c(remaining - align(c_len)).map(|rest| (from_c(align(c_len)).unwrap(), rest));
        prop_assert_eq!(nla_next(len, usize_remaining), next);
        prop_assert_eq!(nla_payload(len), from_c(c_len - 4));
    }
}
