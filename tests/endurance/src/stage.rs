//! Where a command runs: a network namespace of its own whose loopback device is up, a runtime in
//! it, and the end of a connection, when nothing may be left.

use std::time::Duration;

use netlane::Handle;
use netlane_testkit::{Links, NetworkNamespace, reexec_in_user_namespace};
use netlane_tests::sockets;
use tokio::runtime;
use tokio::time::{Instant, sleep};

use crate::sheet::Sheet;
use crate::{Failure, process};

/// Runs `body` there. To be called before any thread is started: a plain user's process is executed
/// anew in a user namespace.
pub(crate) fn in_own_namespace<T: Send>(
    body: impl AsyncFnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    reexec_in_user_namespace()?;
    let namespace = NetworkNamespace::new()?;
    namespace.run(|| {
        Links::open()?.set_up("lo")?;
        let mut builder = runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(WORKERS).enable_all().build()?;
        runtime.block_on(body())
    })
}

/// What there was before a connection was made.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before {
    descriptors: u64,
    tasks: u64,
}

impl Before {
    pub(crate) fn now() -> Result<Self, Failure> {
        Ok(Self {
            descriptors: process::descriptors()?,
            tasks: tasks()?,
        })
    }

    /// Gives up the connection's last handle, waits for its end, and enters what is left of it.
    pub(crate) async fn leave(self, handle: Handle, sheet: &mut Sheet) -> Result<(), Failure> {
        eventually(|| handle.pending() == 0).await;
        sheet.equal("leaked: pending conversations", count(handle.pending())?, 0);
        eventually(|| memberships() == 0).await;
        sheet.equal("leaked: memberships", count(memberships())?, 0);
        drop(handle);
        self.settle(sheet).await
    }

    /// Waits for the ends of connections whose handles are gone, and enters what is left of them.
    pub(crate) async fn settle(self, sheet: &mut Sheet) -> Result<(), Failure> {
        eventually(|| tasks().is_ok_and(|tasks| tasks <= self.tasks)).await;
        eventually(|| process::descriptors().is_ok_and(|open| open <= self.descriptors)).await;
        sheet.equal("leaked: tasks", tasks()?, self.tasks);
        let open = process::descriptors()?;
        sheet.equal("leaked: descriptors", open, self.descriptors);
        Ok(())
    }
}

fn tasks() -> Result<u64, Failure> {
    count(runtime::Handle::current().metrics().num_alive_tasks())
}

/// Sockets of this namespace that are members of a group.
fn memberships() -> usize {
    let open = sockets::open().into_iter();
    open.filter(|socket| socket.groups != 0).count()
}

/// Waits until something holds; no longer than it may take.
pub(crate) async fn eventually(mut holds: impl FnMut() -> bool) {
    let began = Instant::now();
    while !holds() && began.elapsed() < PATIENCE {
        sleep(Duration::from_millis(1)).await;
    }
}

/// A count as a figure.
pub(crate) fn count(number: usize) -> Result<u64, Failure> {
    Ok(u64::try_from(number)?)
}

/// More than one, so that callers meet each other in a lane, on any machine.
const WORKERS: usize = 4;
const PATIENCE: Duration = Duration::from_secs(10);
