//! Finding a network namespace, and opening a socket in it.
//!
//! Owns what counts as one, and the short-lived thread that enters it. Mirrors `setns(2)`, `ioctl_nsfs(2)` and
//! `network_namespaces(7)`.

use std::{
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    thread,
};

use super::{Fd, open};
use crate::{
    Error, ErrorKind, Namespace, Protocol, SocketKind, error::Operation, unshare::enter_network,
};

/// Opens the file of a namespace, which keeps it alive and stays its own whatever becomes of the
/// name. A descriptor stands for itself: what it is (a pidfd, perhaps) is seen when it is entered.
pub(crate) fn pin(namespace: &Namespace) -> Result<Arc<Fd>, Error> {
    let path = match namespace {
        Namespace::Fd(fd) => return Ok(Arc::clone(fd)),
        Namespace::Name(name) if !is_file_name(name) => {
            return Err(Error::invalid(
                Operation::Namespace,
                format!("{name:?} is no namespace name: it must be a file name below /run/netns"),
            ));
        }
        Namespace::Name(name) => Path::new("/run/netns").join(name),
        Namespace::Path(path) => path.clone(),
        Namespace::Process(pid) => PathBuf::from(format!("/proc/{pid}/ns/net")),
        Namespace::Current => PathBuf::from("/proc/thread-self/ns/net"),
    };
    let file = open_namespace(&path)?;
    match super::namespace_type(&file) {
        Ok(libc::CLONE_NEWNET) => Ok(Arc::new(file)),
        _ => Err(no_network_namespace(namespace)),
    }
}

/// `setns` concerns the calling thread only, but a thread of a runtime that could not go back would
/// be lost in the wrong namespace for ever. So a thread goes that is not needed afterwards.
pub(crate) fn open_in(
    namespace: &Namespace,
    protocol: Protocol,
    kind: SocketKind,
) -> Result<Fd, Error> {
    let target = pin(namespace)?;
    thread::scope(|scope| {
        let visit = || {
            enter(&target, namespace)?;
            open(protocol.0, kind).map_err(|source| Error::open(protocol, source))
        };
        let thread = thread::Builder::new()
            .name("netlane-setns".into())
            .spawn_scoped(scope, visit)
            .map_err(|source| Error::new(Operation::Thread, source))?;
        let lost = |_| Error::new(Operation::Thread, io::Error::other("the thread panicked"));
        thread.join().map_err(lost)?
    })
}

fn is_file_name(name: &str) -> bool {
    !(name.is_empty() || name == "." || name == ".." || name.contains(['/', '\0']))
}

/// O_NONBLOCK, so that a FIFO without a writer is an error a moment later and not a hang now.
fn open_namespace(path: &Path) -> Result<Fd, Error> {
    fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .map(Fd::from)
        .map_err(|source| {
            let error = Error::new(Operation::Namespace, source);
            let reason = match error.kind() {
                ErrorKind::NotFound => "there is no such network namespace",
                ErrorKind::PermissionDenied => {
                    "it may not be opened; another user's process needs CAP_SYS_PTRACE"
                }
                _ => "it cannot be opened",
            };
            error.with_explanation(format!("{}: {reason}", path.display()))
        })
}

fn enter(target: &Fd, namespace: &Namespace) -> Result<(), Error> {
    enter_network(target).map_err(|source| {
        let error = Error::new(Operation::Namespace, source);
        match error.kind() {
            ErrorKind::InvalidInput => no_network_namespace(namespace),
            _ => error,
        }
    })
}

/// As setns would refuse it, with the name it was given.
fn no_network_namespace(namespace: &Namespace) -> Error {
    let refusal = io::Error::from_raw_os_error(libc::EINVAL);
    Error::new(Operation::Namespace, refusal)
        .with_explanation(format!("{namespace:?} is not a network namespace"))
}
