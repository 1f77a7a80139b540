//! What a lane's callers meet on: the lock, the flags, the signal, the pause.
//! They are the standard library's and tokio's, and loom's where the lane is
//! model-checked (`lane/models`). Owns that choice and nothing else.

#[cfg(not(all(test, netlane_loom)))]
mod chosen {
    pub(crate) use std::sync::atomic::AtomicBool;
    pub(crate) use std::sync::{Mutex, MutexGuard};
    pub(crate) use std::thread::sleep;
    pub(crate) use tokio::sync::Notify;
}

#[cfg(all(test, netlane_loom))]
mod chosen {
    pub(crate) use loom::sync::atomic::AtomicBool;
    pub(crate) use loom::sync::{Mutex, MutexGuard};

    use std::future::Future;
    use std::pin::Pin;
    use std::task::{Context, Poll};
    use std::time::Duration;

    /// Others have their turn; in a model there is no time.
    pub(crate) fn sleep(_: Duration) {
        loom::thread::yield_now();
    }

    /// tokio's, where loom sees each access to it: what it does not see happens
    /// at no other moment than the access before.
    #[derive(Debug, Default)]
    pub(crate) struct Notify {
        seen: Mutex<()>,
        inner: tokio::sync::Notify,
    }

    impl Notify {
        pub(crate) fn notify_one(&self) {
            self.access();
            self.inner.notify_one();
        }

        pub(crate) fn notify_waiters(&self) {
            self.access();
            self.inner.notify_waiters();
        }

        pub(crate) fn notified(&self) -> Notified<'_> {
            self.access();
            Notified {
                notify: self,
                inner: Box::pin(self.inner.notified()),
            }
        }

        fn access(&self) {
            drop(self.seen.lock());
        }
    }

    #[derive(Debug)]
    pub(crate) struct Notified<'a> {
        notify: &'a Notify,
        inner: Pin<Box<tokio::sync::futures::Notified<'a>>>,
    }

    impl Notified<'_> {
        pub(crate) fn enable(mut self: Pin<&mut Self>) -> bool {
            self.notify.access();
            self.inner.as_mut().enable()
        }
    }

    impl Future for Notified<'_> {
        type Output = ();

        fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
            self.notify.access();
            self.inner.as_mut().poll(context)
        }
    }
}

pub(crate) use chosen::*;
