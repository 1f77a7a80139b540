//! Changes to an input: blind ones, and ones that know where netlink keeps its lengths.

use crate::Random;

/// No input grows above this, in bytes.
const LONGEST: usize = 4096;

/// Lengths, kinds and counts near which mistakes live.
const INTERESTING: [u32; 22] = [
    0,
    1,
    2,
    3,
    4,
    5,
    7,
    8,
    12,
    15,
    16,
    17,
    19,
    20,
    36,
    255,
    256,
    0x7fff,
    0x8000,
    0xffff,
    0x7fff_ffff,
    u32::MAX,
];

/// Changes `input` in one to eight places. `other` lends parts of itself.
pub(crate) fn mutate(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(8) {
        once(input, other, random);
    }
    input.truncate(LONGEST);
}

fn once(input: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    let at = random.below(input.len());
    match random.below(10) {
        0 => flip(input, at, random),
        1 => set(input, at, &[random.byte()]),
        2 => {
            let number = number(input, random);
            set(input, at & !3, &number.to_ne_bytes());
        }
        3 => {
            let [low, high, ..] = number(input, random).to_le_bytes();
            set(
                input,
                at & !1,
                &u16::from_le_bytes([low, high]).to_ne_bytes(),
            );
        }
        4 => input.truncate(at),
        5 => {
            let more = random.below(40);
            input.extend(random.bytes(more));
        }
        6 => insert(input, at & !3, part(other, random)),
        7 => {
            let own = part(input, random).to_vec();
            insert(input, at & !3, &own);
        }
        8 => {
            let end = at.saturating_add(random.below(32)).min(input.len());
            input.drain(at..end);
        }
        // The kinds below 16, at the place where the first header has its type.
        _ => set(
            input,
            4,
            &u16::try_from(random.below(20)).unwrap_or(0).to_ne_bytes(),
        ),
    }
}

/// An interesting number, or one near the input's own length.
fn number(input: &[u8], random: &mut Random) -> u32 {
    let len = u32::try_from(input.len()).unwrap_or(u32::MAX);
    match random.below(4) {
        0 => len,
        1 => len
            .wrapping_add(u32::from(random.byte() & 7))
            .wrapping_sub(4),
        _ => random.choose(&INTERESTING).copied().unwrap_or(0),
    }
}

fn flip(input: &mut [u8], at: usize, random: &mut Random) {
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

/// Overwrites from `at` on as much as is there.
fn set(input: &mut [u8], at: usize, bytes: &[u8]) {
    let places = input.iter_mut().skip(at);
    places.zip(bytes).for_each(|(place, byte)| *place = *byte);
}

fn insert(input: &mut Vec<u8>, at: usize, bytes: &[u8]) {
    let at = at.min(input.len());
    input.splice(at..at, bytes.iter().copied());
}

/// A part of `bytes` that starts aligned.
fn part<'a>(bytes: &'a [u8], random: &mut Random) -> &'a [u8] {
    let start = random.below(bytes.len()) & !3;
    let rest = bytes.get(start..).unwrap_or_default();
    let len = random.below(rest.len().saturating_add(1));
    rest.get(..len).unwrap_or_default()
}
