//! Subscribers that read fast, slowly, or not at all until the flood is over, and what each of them
//! heard and missed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use netlane::{Error, LossCause, LossCount, Notice, Subscription};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::Failure;
use crate::sheet::Sheet;

/// How fast a subscriber reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pace {
    Fast,
    Slow,
    Stopped,
}

impl Pace {
    /// One of each.
    pub(crate) const ALL: [Self; 3] = [Self::Fast, Self::Slow, Self::Stopped];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Slow => "slow",
            Self::Stopped => "stopped",
        }
    }
}

/// What a subscriber heard, and what it was told that it missed.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    received: AtomicU64,
    overrun: AtomicU64,
    queue_full: AtomicU64,
    inexact: AtomicU64,
}

impl Heard {
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub(crate) fn lost(&self) -> u64 {
        self.overrun.load(Ordering::Relaxed) + self.queue_full.load(Ordering::Relaxed)
    }

    fn note(&self, item: Option<Result<Notice, Error>>) -> Result<(), Failure> {
        let loss = match item.ok_or("a subscription has ended")?? {
            Notice::Event(_) => {
                self.received.fetch_add(1, Ordering::Relaxed);
                return Ok(());
            }
            Notice::Lost(loss) => loss,
            other => return Err(format!("unknown: {other:?}").into()),
        };
        match (loss.cause, loss.count) {
            (LossCause::KernelOverrun, LossCount::Exact(n)) => {
                self.overrun.fetch_add(n, Ordering::Relaxed)
            }
            (LossCause::QueueFull, LossCount::Exact(n)) => {
                self.queue_full.fetch_add(n, Ordering::Relaxed)
            }
            _ => self.inexact.fetch_add(1, Ordering::Relaxed),
        };
        Ok(())
    }

    /// Enters it: every message was received, or is known to be lost.
    pub(crate) fn balance(&self, name: &str, sent: u64, sheet: &mut Sheet) {
        sheet.figure(format!("{name}: received"), self.received());
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        sheet.figure(format!("{name}: lost, queue full"), of(&self.queue_full));
        sheet.figure(format!("{name}: lost, overrun"), of(&self.overrun));
        sheet.equal(format!("{name}: losses not exact"), of(&self.inexact), 0);
        let known = self.received() + self.lost();
        sheet.equal(format!("{name}: received + lost = sent"), known, sent);
    }
}

/// A subscriber at work.
#[derive(Debug)]
pub(crate) struct Subscriber {
    pub(crate) pace: Pace,
    pub(crate) heard: Arc<Heard>,
    over: watch::Sender<bool>,
    task: JoinHandle<Result<(), Failure>>,
}

impl Subscriber {
    pub(crate) fn start(events: Subscription, pace: Pace) -> Self {
        let heard = Arc::new(Heard::default());
        let (over, is_over) = watch::channel(false);
        let task = tokio::spawn(listen(events, pace, Arc::clone(&heard), is_over));
        Self {
            pace,
            heard,
            over,
            task,
        }
    }

    /// The flood is over: reads what there is still.
    pub(crate) async fn finish(self) -> Result<Arc<Heard>, Failure> {
        self.over.send_replace(true);
        self.task.await??;
        Ok(self.heard)
    }
}

async fn listen(
    mut events: Subscription,
    pace: Pace,
    heard: Arc<Heard>,
    mut over: watch::Receiver<bool>,
) -> Result<(), Failure> {
    while !*over.borrow_and_update() {
        tokio::select! {
            biased;
            _ = over.changed() => {}
            item = events.next(), if pace != Pace::Stopped => {
                heard.note(item)?;
                if pace == Pace::Slow {
                    sleep(Duration::from_millis(1)).await;
                }
            }
        }
    }
    events.barrier().await?;
    while let Some(item) = events.next().now_or_never() {
        heard.note(item)?;
    }
    Ok(())
}
