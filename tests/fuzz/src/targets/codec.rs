//! The codec, fed in pieces, against the codec fed at once and against the frame walk.

use bytes::BytesMut;
use netlane::codec::{Codec, CodecError};
use netlane_wire::{Frame, Frames};
use tokio_util::codec::{Decoder, Encoder};

/// Low enough that hostile lengths meet it.
const LIMIT: usize = 512;

pub(super) fn target(stream: &[u8]) {
    // Any number that depends on the input; the input itself stays what the corpus says.
    let sum: usize = stream.iter().copied().map(usize::from).sum();
    let size = sum % 37 + 1;
    let (whole, end) = decode(stream, stream.len().max(1));
    let (pieces, pieces_end) = decode(stream, size);
    assert_eq!(pieces, whole, "pieces of {size} bytes give other frames");
    assert_eq!(pieces_end, end, "pieces of {size} bytes end otherwise");
    assert!(whole.iter().all(|frame| frame.bytes().len() <= LIMIT));

    let walked: Vec<Frame> = Frames::new(stream)
        .map_while(Result::ok)
        .map(|frame| frame.to_frame())
        .take_while(|frame| frame.bytes().len() <= LIMIT)
        .collect();
    assert_eq!(whole, walked, "the codec finds other frames than the walk");
    again(&whole);
}

/// Decodes a stream in pieces; the end is `Ok`, or the error in words.
fn decode(stream: &[u8], size: usize) -> (Vec<Frame>, Result<(), String>) {
    let mut codec = Codec::new().max_frame_len(LIMIT);
    let mut source = BytesMut::new();
    let mut frames = Vec::new();
    for piece in stream.chunks(size) {
        source.extend_from_slice(piece);
        let drained = drain(&mut frames, || codec.decode(&mut source));
        assert!(
            source.capacity() <= 2 * (LIMIT + stream.len()) + 64,
            "memory for a lie"
        );
        if let Err(error) = drained {
            assert!(codec.decode(&mut source).is_ok_and(|frame| frame.is_none()));
            return (frames, Err(error.to_string()));
        }
    }
    let end = drain(&mut frames, || codec.decode_eof(&mut source));
    (frames, end.map_err(|error| error.to_string()))
}

fn drain(
    frames: &mut Vec<Frame>,
    mut next: impl FnMut() -> Result<Option<Frame>, CodecError>,
) -> Result<(), CodecError> {
    while let Some(frame) = next()? {
        frames.push(frame);
    }
    Ok(())
}

/// What is written reads back.
fn again(frames: &[Frame]) {
    let mut stream = BytesMut::new();
    for frame in frames {
        Codec::new()
            .encode(frame.clone(), &mut stream)
            .expect("it is short enough");
    }
    assert_eq!(stream.len() % 4, 0);
    assert_eq!(decode(&stream, 1), (frames.to_vec(), Ok(())));
}
