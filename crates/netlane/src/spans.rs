//! The `tracing` span of a request: what it says, in one place, whoever makes the
//! request. Never a byte of a payload.

use netlane_proto::Sequence;
use netlane_wire::{Flags, Header};
use tracing::Span;
use tracing::level_filters::LevelFilter;

use crate::error::Asked;
use crate::lane::Order;
use crate::{Answer, Error};

/// Whether anybody in this process listens to spans of requests.
pub(crate) fn are_wanted() -> bool {
    LevelFilter::current() >= LevelFilter::DEBUG
}

/// Opens the span of a request that is about to be made.
pub(crate) fn request(asked: Asked, order: &Order) -> Span {
    tracing::debug_span!(
        "request",
        protocol = %asked.protocol,
        r#type = asked.kind,
        flags = ?flags_of(&order.bytes),
        expect = ?order.expect,
        sequence = tracing::field::Empty,
        outcome = tracing::field::Empty,
    )
}

/// Opens the span of a dump that is about to begin.
pub(crate) fn dump(asked: Asked, bytes: &[u8]) -> Span {
    tracing::debug_span!(
        "dump",
        protocol = %asked.protocol,
        r#type = asked.kind,
        flags = ?flags_of(bytes),
        sequence = tracing::field::Empty,
        outcome = tracing::field::Empty,
    )
}

/// Opens the span of one of several requests that are made together: a child of
/// theirs, and none if nobody listens to that.
pub(crate) fn member(together: &Span, asked: Asked, order: &Order) -> Span {
    if together.is_disabled() {
        return Span::none();
    }
    together.in_scope(|| request(asked, order))
}

/// Notes the sequence number that a request went out with.
pub(crate) fn note_sequence(span: &Span, sequence: Sequence) {
    span.record("sequence", sequence.get());
}

/// Notes that nobody waits for it any more.
pub(crate) fn note_cancelled(span: &Span) {
    span.record("outcome", "cancelled");
}

/// Notes what happened to a request.
pub(crate) fn note_outcome(span: &Span, outcome: &Result<Answer, Error>) {
    if span.is_disabled() {
        return;
    }
    match outcome {
        Ok(_) => span.record("outcome", "answered"),
        Err(error) => span.record("outcome", tracing::field::display(error)),
    };
}

fn flags_of(bytes: &[u8]) -> Flags {
    Header::read(bytes).map_or(Flags::empty(), |header| header.flags)
}
