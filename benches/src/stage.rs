//! Where a measurement takes place: a network namespace of its own.

use netlane_testkit::{Links, NetworkNamespace, reexec_in_user_namespace};

use crate::workloads::Failure;

/// Runs `body` in a fresh network namespace whose loopback device is up, since
/// routes need an interface. To be called before any thread is started: a
/// plain user's process is executed anew in a user namespace.
///
/// # Errors
///
/// What kept the namespace from being made, or what `body` says.
pub fn in_own_namespace<T: Send>(
    body: impl FnOnce() -> Result<T, Failure> + Send,
) -> Result<T, Failure> {
    let refused = |error| format!("no network namespace for the measurement: {error}");
    reexec_in_user_namespace().map_err(refused)?;
    let namespace = NetworkNamespace::new().map_err(refused)?;
    namespace.run(|| {
        Links::open()?.set_up("lo")?;
        body()
    })
}
