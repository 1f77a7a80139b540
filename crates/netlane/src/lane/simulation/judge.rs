//! Whether what a caller was told is true.

use std::collections::BTreeSet;

use netlane_wire::Frame;

use super::truth::{Ask, Kind, Record, Told, reply};
use crate::lane::{Ending, Finished};

/// What a run has seen, to know that the schedule provokes it.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    pub(super) answered: u64,
    pub(super) refused: u64,
    pub(super) lost: u64,
    pub(super) incomplete: u64,
    /// Of those: where a reply was really missing.
    pub(super) holes: u64,
    pub(super) truncated: u64,
    pub(super) not_sent: u64,
    pub(super) interrupted: u64,
    pub(super) cancelled: u64,
    pub(super) timed_out: u64,
    pub(super) events_lost: u64,
}

impl Seen {
    /// The schedule must provoke everything, or its silence means nothing.
    pub(super) fn check_variety(&self) {
        let Self {
            answered,
            refused,
            lost,
            incomplete,
            holes,
            truncated,
            not_sent,
            interrupted,
            cancelled,
            timed_out,
            events_lost,
        } = *self;
        let all = [
            answered,
            refused,
            lost,
            incomplete,
            holes,
            truncated,
            not_sent,
            interrupted,
            cancelled,
            timed_out,
            events_lost,
        ];
        assert!(all.iter().all(|count| *count > 0), "{self:?}");
    }

    pub(super) const fn add(&mut self, other: Self) {
        self.answered += other.answered;
        self.refused += other.refused;
        self.lost += other.lost;
        self.incomplete += other.incomplete;
        self.holes += other.holes;
        self.truncated += other.truncated;
        self.not_sent += other.not_sent;
        self.interrupted += other.interrupted;
        self.cancelled += other.cancelled;
        self.timed_out += other.timed_out;
        self.events_lost += other.events_lost;
    }
}

/// Judges how a request ended. `earlier` are replies that its caller took before.
pub(super) fn judge(
    ask: &Ask,
    finished: Finished,
    earlier: Vec<Frame>,
    record: &Record,
    seen: &mut Seen,
) {
    let replies: Vec<Frame> = earlier.into_iter().chain(finished.replies).collect();
    let about = || format!("{ask:?}, {record:?}, {:?}", finished.ending);
    for frame in &replies {
        let (id, _) = reply(frame.view()).expect("a reply");
        assert_eq!(id, ask.id, "another's reply: {}", about());
    }
    let executed = record.executed.is_some();
    match finished.ending.as_ref().expect("an ending") {
        Ending::Unsent(_) => {
            seen.not_sent += 1;
            assert!(!executed, "not sent, and executed: {}", about());
        }
        Ending::Ended { sent, .. } => {
            assert!(*sent || !executed, "said to be not sent: {}", about());
        }
        ending => {
            assert!(executed, "ended without having been: {}", about());
            let whole = is_whole(ask, &replies, record);
            judge_answer(ask, ending, whole, record, seen).unwrap_or_else(|why| {
                panic!("{why}: {}", about());
            });
        }
    }
}

fn judge_answer(
    ask: &Ask,
    ending: &Ending,
    whole: bool,
    record: &Record,
    seen: &mut Seen,
) -> Result<(), &'static str> {
    let told = |end| record.told.contains(&Told::End(end));
    let check = |holds, why| if holds { Ok(()) } else { Err(why) };
    match ending {
        Ending::Acknowledged(_) => {
            seen.answered += 1;
            check(told(0), "acknowledged by nobody")?;
            check(whole, "acknowledged with replies missing")
        }
        Ending::Replied => {
            seen.answered += 1;
            check(record.is_over(ask.kind), "replied by nobody")?;
            check(whole, "replied without a reply")
        }
        Ending::Complete { interrupted, .. } => {
            seen.answered += 1;
            seen.interrupted += u64::from(*interrupted);
            check(told(0), "completed by nobody")?;
            check(*interrupted == record.interrupted, "interruption misjudged")?;
            check(whole, "complete with entries missing")
        }
        Ending::Refused { errno, .. } => {
            seen.refused += 1;
            check(*errno != 0 && told(*errno), "refused by nobody")
        }
        Ending::Silent => check(ask.kind == Kind::Tell, "silence is no answer"),
        Ending::Lost => {
            seen.lost += 1;
            check(!record.is_over(ask.kind), "lost, and yet received")
        }
        Ending::Incomplete => {
            seen.incomplete += 1;
            seen.holes += u64::from(!whole);
            check(told(0), "executed, says nobody")
        }
        Ending::Truncated { .. } => {
            seen.truncated += 1;
            check(record.cut, "truncated by nobody")
        }
        Ending::Overrun | Ending::TooMuch | Ending::Unsent(_) | Ending::Ended { .. } => {
            Err("an ending that this kernel does not cause")
        }
    }
}

/// Whether all replies are there, in order; those of an answer that came twice
/// in part may be there twice.
fn is_whole(ask: &Ask, replies: &[Frame], record: &Record) -> bool {
    let places = replies
        .iter()
        .filter_map(|frame| Some(reply(frame.view())?.1));
    let expected = match ask.kind {
        Kind::Act | Kind::Tell => 0,
        Kind::Reply | Kind::Late | Kind::Both => 1,
        _ => ask.replies,
    };
    if record.doubled {
        let places: BTreeSet<u32> = places.collect();
        places.into_iter().eq(0..expected)
    } else {
        places.eq(0..expected)
    }
}
