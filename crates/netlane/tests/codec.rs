//! The codec: streams cut anywhere, streams that lie, files and pipes.

#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a panic is how a test fails"
)]

use std::slice::from_ref;

use bytes::{Bytes, BytesMut};
use futures::{SinkExt, StreamExt};
use netlane::codec::{Codec, CodecError};
use netlane_wire::{Flags, Frame, Header, Malformed, MalformedReason, Message};
use proptest::collection::vec;
use proptest::prelude::*;
use tokio_util::codec::{Decoder, Encoder, FramedRead, FramedWrite};

fn frame(sequence: u32, payload: &[u8]) -> Frame {
    let message = Message::raw(99, Flags::REQUEST, payload);
    message.into_frame(sequence, 7).unwrap()
}

/// Frames whose payloads have every alignment.
fn frames() -> Vec<Frame> {
    let payloads = [&b""[..], b"a", b"bc", b"def", b"ghij", &[0x55; 300]];
    (1..)
        .zip(payloads)
        .map(|(sequence, payload)| frame(sequence, payload))
        .collect()
}

fn stream(frames: &[Frame]) -> Vec<u8> {
    let mut target = BytesMut::new();
    for frame in frames {
        Codec::new().encode(frame.clone(), &mut target).unwrap();
    }
    target.to_vec()
}

fn header(len: u32) -> Vec<u8> {
    Header {
        len,
        kind: 99,
        ..Header::default()
    }
    .to_bytes()
    .to_vec()
}

/// Decodes `parts` as they arrive one after the other, then the end of the stream.
fn decode<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> (Vec<Frame>, Option<CodecError>) {
    decode_with(Codec::new(), parts)
}

fn decode_with<'a>(
    mut codec: Codec,
    parts: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Frame>, Option<CodecError>) {
    let mut source = BytesMut::new();
    let mut found = Vec::new();
    for part in parts {
        source.extend_from_slice(part);
        loop {
            match codec.decode(&mut source) {
                Ok(Some(frame)) => found.push(frame),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    loop {
        match codec.decode_eof(&mut source) {
            Ok(Some(frame)) => found.push(frame),
            Ok(None) => return (found, None),
            Err(error) => return (found, Some(error)),
        }
    }
}

fn malformed(error: Option<CodecError>) -> Malformed {
    match error {
        Some(CodecError::Malformed(malformed)) => malformed,
        other => panic!("{other:?} is not a malformed message"),
    }
}

#[test]
fn every_single_split_gives_the_same_frames() {
    let stream = stream(&frames());
    for split in 0..=stream.len() {
        let (found, error) = decode([&stream[..split], &stream[split..]]);
        assert_eq!(found, frames(), "split at {split}");
        assert!(error.is_none(), "split at {split}: {error:?}");
    }
}

#[test]
fn byte_by_byte_gives_the_same_frames() {
    let stream = stream(&frames());
    let (found, error) = decode(stream.chunks(1));
    assert_eq!(found, frames());
    assert!(error.is_none(), "{error:?}");
}

proptest! {
    #[test]
    fn any_splits_give_the_same_frames(
        payloads in vec(vec(any::<u8>(), 0..70), 0..12),
        sizes in vec(1_usize..50, 1..200),
    ) {
        let frames: Vec<_> = (1..).zip(&payloads).map(|(n, payload)| frame(n, payload)).collect();
        let stream = stream(&frames);
        let mut rest = &stream[..];
        let mut parts = Vec::new();
        for size in sizes {
            let (part, remaining) = rest.split_at(size.min(rest.len()));
            parts.push(part);
            rest = remaining;
        }
        parts.push(rest);
        let (found, error) = decode(parts);
        prop_assert_eq!(found, frames);
        prop_assert!(error.is_none());
    }

    #[test]
    fn random_streams_never_panic_nor_outgrow_the_limit(bytes in vec(any::<u8>(), 0..300)) {
        let (found, _) = decode_with(Codec::new().max_frame_len(64), [&bytes[..]]);
        prop_assert!(found.iter().all(|frame| frame.bytes().len() <= 64));
    }
}

#[test]
fn the_padding_of_the_last_message_may_be_missing() {
    let mut stream = stream(&frames());
    stream.extend_from_slice(frame(9, b"tail!").bytes());
    let (found, error) = decode([&stream[..]]);
    assert_eq!(found.last().unwrap().payload(), b"tail!");
    assert_eq!((found.len(), error.is_none()), (7, true));
}

#[test]
fn a_length_below_the_header_ends_the_stream_and_says_where() {
    for len in [0, 8, 15] {
        let bytes = [stream(&[frame(1, b"first")]), header(len), header(16)].concat();
        let (found, error) = decode([&bytes[..]]);
        assert_eq!(found, [frame(1, b"first")]);
        let reason = MalformedReason::TooShort { len };
        assert_eq!(malformed(error), Malformed { offset: 24, reason });
    }
}

#[test]
fn nothing_follows_an_error() {
    let mut codec = Codec::new();
    let mut source = BytesMut::from(&header(3)[..]);
    assert!(codec.decode(&mut source).is_err());
    source.extend_from_slice(&header(16));
    assert!(codec.decode(&mut source).unwrap().is_none());
    assert!(codec.decode_eof(&mut source).unwrap().is_none());
    assert!(source.is_empty());
}

#[test]
fn a_stream_that_ends_inside_of_a_message_is_an_error() {
    let whole = stream(&[frame(1, b"0123456789")]);
    for end in 1..26 {
        let (found, error) = decode([&whole[..end]]);
        assert!(found.is_empty());
        let reason = match u32::try_from(end).unwrap() {
            0..16 => MalformedReason::Fragment { bytes: end },
            _ => MalformedReason::PastEnd {
                len: 26,
                remaining: end,
            },
        };
        assert_eq!(malformed(error), Malformed { offset: 0, reason });
    }
    assert!(
        decode([&whole[..26]]).1.is_none(),
        "complete, without padding"
    );
}

#[test]
fn a_hostile_length_reserves_nothing() {
    let mut codec = Codec::new();
    let mut source = BytesMut::from(&header(u32::MAX)[..]);
    let error = codec.decode(&mut source).unwrap_err();
    assert!(
        matches!(
            error,
            CodecError::TooLong {
                limit: 1_048_576,
                ..
            }
        ),
        "{error}"
    );
    assert!(
        source.capacity() < 4096,
        "{} bytes reserved",
        source.capacity()
    );
}

#[test]
fn the_limit_is_exact_for_reading_and_writing() {
    let codec = || Codec::new().max_frame_len(20);
    let fits = frame(1, b"1234");
    let above = frame(1, b"12345");
    assert_eq!(
        decode_with(codec(), [&stream(from_ref(&fits))[..]]).0,
        from_ref(&fits)
    );
    let (found, error) = decode_with(codec(), [&stream(from_ref(&above))[..]]);
    assert!(found.is_empty());
    assert!(matches!(
        error,
        Some(CodecError::TooLong { len: 21, limit: 20 })
    ));
    let mut target = BytesMut::new();
    codec().encode(fits, &mut target).unwrap();
    let error = codec().encode(above, &mut target).unwrap_err();
    assert!(matches!(error, CodecError::TooLong { len: 21, limit: 20 }));
    assert_eq!(target.len(), 20, "nothing of the refused frame was written");
}

#[tokio::test]
async fn a_file_of_messages_is_read() {
    let path = std::env::temp_dir().join(format!("netlane-codec-{}", std::process::id()));
    std::fs::write(&path, stream(&frames())).unwrap();
    let file = tokio::fs::File::open(&path).await.unwrap();
    std::fs::remove_file(&path).unwrap();
    let found: Vec<_> = FramedRead::new(file, Codec::new())
        .map(Result::unwrap)
        .collect()
        .await;
    assert_eq!(found, frames());
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_carries_frames_from_sink_to_stream() {
    let (sender, receiver) = tokio::net::unix::pipe::pipe().unwrap();
    let writing = async {
        let mut sink = FramedWrite::new(sender, Codec::new());
        // More than a pipe holds, so that the sink has to wait.
        for sequence in 1..=500 {
            sink.send(frame(sequence, &[1; 301])).await.unwrap();
        }
        sink.close().await.unwrap();
    };
    let reading = async {
        let stream = FramedRead::new(receiver, Codec::new());
        stream
            .map(|frame| frame.unwrap().header().sequence)
            .collect::<Vec<_>>()
            .await
    };
    let ((), sequences) = tokio::join!(writing, reading);
    assert!(sequences.into_iter().eq(1..=500));
}

#[tokio::test]
async fn a_stream_ends_after_its_error() {
    let bytes = [stream(&[frame(1, b"good")]), header(2), vec![0; 64]].concat();
    let mut frames = FramedRead::new(&bytes[..], Codec::new());
    assert!(frames.next().await.unwrap().is_ok());
    assert!(frames.next().await.unwrap().is_err());
    assert!(frames.next().await.is_none());
    assert!(frames.next().await.is_none());
}

#[test]
fn the_codec_and_the_datagram_walk_agree() {
    let stream = stream(&frames());
    let mut datagram = Bytes::from(stream.clone());
    let taken: Vec<_> = std::iter::from_fn(|| Frame::take(&mut datagram))
        .map(Result::unwrap)
        .collect();
    assert_eq!(decode([&stream[..]]).0, taken);
}
