//! Opening a socket in another network namespace.
//!
//! Owns the short-lived thread that enters it. Mirrors `setns(2)` and `network_namespaces(7)`.

use std::{
    fs, io,
    os::{
        fd::{AsFd, BorrowedFd},
        unix::fs::OpenOptionsExt,
    },
    path::{Path, PathBuf},
    thread,
};

use super::{Fd, open};
use crate::{
    Error, ErrorKind, Namespace, Protocol, SocketKind, error::Operation, unshare::enter_network,
};

/// `setns` concerns the calling thread only, but a thread of a runtime that could not go back would
/// be lost in the wrong namespace for ever. So a thread goes that is not needed afterwards.
pub(crate) fn open_in(
    namespace: &Namespace,
    protocol: Protocol,
    kind: SocketKind,
) -> Result<Fd, Error> {
    let opened;
    let target = match (namespace, path_of(namespace)?) {
        (_, Some(path)) => {
            opened = open_namespace(&path)?;
            Some(opened.as_fd())
        }
        (Namespace::Fd(fd), None) => Some(fd.as_fd()),
        _ => None,
    };
    thread::scope(|scope| {
        let visit = move || {
            if let Some(target) = target {
                enter(target, namespace)?;
            }
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

/// The file that names the namespace; `None` if no file is needed or it is already open.
fn path_of(namespace: &Namespace) -> Result<Option<PathBuf>, Error> {
    match namespace {
        Namespace::Name(name) if !is_file_name(name) => Err(Error::invalid(
            Operation::Namespace,
            format!("{name:?} is no namespace name: it must be a file name below /run/netns"),
        )),
        Namespace::Name(name) => Ok(Some(Path::new("/run/netns").join(name))),
        Namespace::Path(path) => Ok(Some(path.clone())),
        Namespace::Process(pid) => Ok(Some(PathBuf::from(format!("/proc/{pid}/ns/net")))),
        Namespace::Current | Namespace::Fd(_) => Ok(None),
    }
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

fn enter(target: BorrowedFd<'_>, namespace: &Namespace) -> Result<(), Error> {
    enter_network(&target).map_err(|source| {
        let error = Error::new(Operation::Namespace, source);
        match error.kind() {
            ErrorKind::InvalidInput => {
                error.with_explanation(format!("{namespace:?} is not a network namespace"))
            }
            _ => error,
        }
    })
}
