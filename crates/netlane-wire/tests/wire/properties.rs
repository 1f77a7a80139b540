//! Random input: nothing panics, walks stay inside, what is built reads back.

use bytes::Bytes;
use netlane_wire::{
    Attributes, Control, Flags, Frame, FrameView, Frames, Header, Message, Policy, missing_path,
    path_of,
};
use proptest::collection::vec;
use proptest::prelude::*;

/// A tree of attributes.
#[derive(Debug, Clone)]
enum Tree {
    Leaf(u16, Vec<u8>),
    Nest(u16, Vec<Self>),
}

fn trees() -> impl Strategy<Value = Vec<Tree>> {
    let kind = 0_u16..0x4000;
    let leaf =
        (kind.clone(), vec(any::<u8>(), 0..40)).prop_map(|(kind, bytes)| Tree::Leaf(kind, bytes));
    let tree = leaf.prop_recursive(4, 64, 6, move |inner| {
        (kind.clone(), vec(inner, 0..6)).prop_map(|(kind, trees)| Tree::Nest(kind, trees))
    });
    vec(tree, 0..8)
}

fn write(message: &mut Message, trees: &[Tree]) {
    for tree in trees {
        match tree {
            Tree::Leaf(kind, bytes) => message.attribute(*kind, bytes),
            Tree::Nest(kind, trees) => message.nest(*kind, |nest| write(nest, trees)),
        };
    }
}

fn check(attributes: Attributes<'_>, trees: &[Tree]) {
    let read: Vec<_> = attributes.map(Result::unwrap).collect();
    assert_eq!(read.len(), trees.len());
    for (attribute, tree) in read.iter().zip(trees) {
        match tree {
            Tree::Leaf(kind, bytes) => {
                assert_eq!((attribute.kind(), attribute.payload()), (*kind, &bytes[..]));
            }
            Tree::Nest(kind, trees) => {
                assert_eq!((attribute.kind(), attribute.is_nested()), (*kind, true));
                check(attribute.nested(), trees);
            }
        }
    }
}

/// Bytes that look like messages often enough to get past the first checks.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let header = (0_u32..80, 0_u16..20, any::<u16>(), any::<u32>()).prop_map(
        |(len, kind, flags, sequence)| {
            let flags = Flags::from_bits_retain(flags);
            Header {
                len,
                kind,
                flags,
                sequence,
                port: 0,
            }
            .to_bytes()
            .to_vec()
        },
    );
    let code = any::<i32>().prop_map(|code| code.to_ne_bytes().to_vec());
    let attribute = (0_u16..24, 0_u16..13)
        .prop_map(|(len, kind)| [len.to_ne_bytes(), kind.to_ne_bytes()].concat());
    let part = prop_oneof![header, code, attribute, vec(any::<u8>(), 0..24)];
    vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// Calls every accessor on everything that is found in `bytes`.
fn touch(bytes: &[u8]) {
    for frame in Frames::new(bytes) {
        match frame {
            Ok(frame) => touch_frame(frame),
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
    touch_attributes(Attributes::new(bytes), 0);
    let _ = (
        Header::read(bytes),
        FrameView::new(bytes),
        Frame::from_bytes(Bytes::copy_from_slice(bytes)),
    );
    for offset in [0, 16, 17, 20, 36, u32::MAX] {
        let _ = path_of(bytes, 4, offset, None);
        let _ = missing_path(bytes, 0, (offset, Some(offset)), None);
    }
}

fn touch_frame(frame: FrameView<'_>) {
    assert!(!frame.to_string().contains('\n'));
    assert!(!frame.hex().to_string().is_empty());
    assert_eq!(FrameView::new(frame.bytes()).unwrap(), frame);
    for len in [0, 1, 4, 16, usize::MAX] {
        touch_attributes(frame.attributes(len), 0);
        let _ = frame.family_header(len);
    }
    match frame.control() {
        Control::Ack(ack) => {
            assert!(ack.errno() >= 0);
            let _ = (ack.request(), ack.request_header(), format!("{ack:?}"));
            touch_attributes(ack.extended().attributes(), 0);
        }
        Control::Done(done) => {
            assert!(done.errno() >= 0);
            let _ = (done.is_interrupted(), format!("{done:?}"));
            touch_attributes(done.extended().attributes(), 0);
        }
        _ => {}
    }
}

fn touch_attributes(attributes: Attributes<'_>, depth: u32) {
    let _ = Policy::read(attributes.clone()).to_string();
    for attribute in attributes {
        let Ok(attribute) = attribute else { continue };
        let _ = (
            attribute.u8(),
            attribute.u16(),
            attribute.u32(),
            attribute.u64(),
        );
        let _ = (
            attribute.be_u16(),
            attribute.be_i32(),
            attribute.u128(),
            attribute.be_u128(),
        );
        let _ = (attribute.uint(), attribute.sint(), attribute.array::<6>());
        let _ = (
            attribute.text(),
            attribute.text_lossy(),
            format!("{attribute:?}"),
        );
        let _ = attribute.nests().map_while(Result::ok).count();
        if depth < 8 {
            touch_attributes(attribute.nested(), depth + 1);
        }
    }
}

proptest! {
    #[test]
    fn headers_round_trip(len: u32, kind: u16, flags: u16, sequence: u32, port: u32) {
        let header = Header { len, kind, flags: Flags::from_bits_retain(flags), sequence, port };
        prop_assert_eq!(Header::read(&header.to_bytes()), Some(header));
    }

    #[test]
    fn what_is_built_reads_back(family in vec(any::<u8>(), 0..20), trees in trees()) {
        let mut message = Message::new(16, Flags::REQUEST).with_header(&family);
        write(&mut message, &trees);
        let bytes = message.finish().unwrap();
        let frame = FrameView::new(&bytes).unwrap();
        prop_assert_eq!(frame.bytes().len(), bytes.len());
        prop_assert_eq!(frame.family_header(family.len()), Some(&family[..]));
        check(frame.attributes(family.len()), &trees);
    }

    #[test]
    fn a_datagram_of_many_messages_reads_back(payloads in vec(vec(any::<u8>(), 0..50), 1..10)) {
        let mut datagram = Vec::new();
        for payload in &payloads {
            datagram.resize(datagram.len().next_multiple_of(4), 0);
            datagram.extend(Message::raw(99, Flags::empty(), payload).finish().unwrap());
        }
        let frames: Vec<_> = Frames::new(&datagram).map(|frame| frame.unwrap().payload().to_vec()).collect();
        prop_assert_eq!(frames, payloads);
    }

    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        touch(&bytes);
    }

    #[test]
    fn plausible_bytes_never_panic(bytes in plausible()) {
        touch(&bytes);
    }

    #[test]
    fn the_walk_and_the_taking_agree(bytes in plausible()) {
        let walked: Vec<_> = Frames::new(&bytes)
            .map(|frame| frame.map(|frame| frame.bytes().to_vec()).map_err(|error| error.reason))
            .collect();
        let mut datagram = Bytes::copy_from_slice(&bytes);
        let taken: Vec<_> = std::iter::from_fn(|| Frame::take(&mut datagram))
            .map(|frame| frame.map(|frame| frame.bytes().to_vec()).map_err(|error| error.reason))
            .collect();
        prop_assert_eq!(walked, taken);
    }

    #[test]
    fn what_the_walk_yields_covers_the_datagram(bytes in plausible()) {
        let mut frames = Frames::new(&bytes);
        let mut covered = 0;
        while let Some(frame) = frames.next() {
            match frame {
                Ok(frame) => {
                    prop_assert_eq!(frame.bytes(), &bytes[covered..covered + frame.bytes().len()]);
                    covered = frames.offset();
                }
                Err(error) => {
                    prop_assert_eq!(error.offset, covered);
                    return Ok(());
                }
            }
        }
        prop_assert!(covered >= bytes.len(), "the walk stopped at {} of {}", covered, bytes.len());
    }
}
