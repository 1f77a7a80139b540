//! The network namespace that a connection lives in. Owns the promise that its
//! later sockets, for dumps and events, are opened where the first one was,
//! whatever thread asks for them and whatever became of the name since. Mirrors
//! `network_namespaces(7)`.

use netlane_sys::{Namespace, Protocol, Socket, SocketKind};

use crate::Error;

/// A namespace that was found once and stays the same.
#[derive(Clone, Debug)]
pub(crate) struct Home {
    namespace: Namespace,
    identity: Option<Identity>,
}

/// What tells a namespace from all others while a descriptor of it is open:
/// device and inode of its file.
type Identity = (u64, u64);

impl Home {
    /// Finds the namespace. One that cannot be pinned (no `/proc`, no such
    /// name) is looked for with each socket, whose error then says why.
    pub(crate) fn find(namespace: Namespace) -> Self {
        match pin(&namespace) {
            Some((namespace, identity)) => Self {
                namespace,
                identity: Some(identity),
            },
            None => Self {
                namespace,
                identity: None,
            },
        }
    }

    /// Opens a socket there.
    pub(crate) fn open(&self, protocol: Protocol, kind: SocketKind) -> Result<Socket, Error> {
        let here = matches!(self.namespace, Namespace::Current)
            || self.identity.is_some() && self.identity == identity_here();
        let socket = match here {
            true => Socket::open(protocol, kind)?,
            false => Socket::open_in(&self.namespace, protocol, kind)?,
        };
        Ok(socket)
    }
}

/// Opens the namespace's file, which keeps it alive.
#[cfg(unix)]
fn pin(namespace: &Namespace) -> Option<(Namespace, Identity)> {
    use std::fs::File;
    use std::os::fd::OwnedFd;
    let file = match namespace {
        Namespace::Current => File::open(HERE),
        Namespace::Name(name) => File::open(format!("/run/netns/{name}")),
        Namespace::Path(path) => File::open(path),
        Namespace::Process(id) => File::open(format!("/proc/{id}/ns/net")),
        _ => return None,
    };
    let file = file.ok()?;
    let identity = identity_of(&file.metadata().ok()?);
    Some((Namespace::from(OwnedFd::from(file)), identity))
}

/// The calling thread's namespace.
#[cfg(unix)]
fn identity_here() -> Option<Identity> {
    Some(identity_of(&std::fs::metadata(HERE).ok()?))
}

#[cfg(unix)]
fn identity_of(metadata: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(unix)]
const HERE: &str = "/proc/thread-self/ns/net";

#[cfg(not(unix))]
const fn pin(_: &Namespace) -> Option<(Namespace, Identity)> {
    None
}

#[cfg(not(unix))]
const fn identity_here() -> Option<Identity> {
    None
}
