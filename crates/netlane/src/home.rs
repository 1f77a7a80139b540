//! The network namespace that a connection lives in. Owns the promise that its
//! later sockets, for dumps and events, are opened where the first one was,
//! whatever thread asks for them and whatever became of the name since. Mirrors
//! `network_namespaces(7)`.

use netlane_sys::{Namespace, Protocol, Socket, SocketKind};

use crate::Error;

/// A namespace that was looked for once and stays the same.
#[derive(Clone, Debug)]
pub(crate) enum Home {
    /// Its file is open, which keeps it alive.
    Found(Namespace, Option<Identity>),
    /// Wherever the calling thread is: there is no `/proc` to find that by.
    Anywhere,
    /// Each socket that is to be opened there says why it cannot.
    Missing(Error),
}

/// What tells a namespace from all others while a descriptor of it is open:
/// device and inode of its file.
type Identity = (u64, u64);

impl Home {
    /// Looks for the namespace.
    pub(crate) fn find(namespace: &Namespace) -> Self {
        let found = pin(namespace).map(|pinned| (identity_of(&pinned), pinned));
        match (found, namespace) {
            (Ok((None, _)) | Err(_), Namespace::Current) => Self::Anywhere,
            (Ok((identity, pinned)), _) => Self::Found(pinned, identity),
            (Err(error), _) => Self::Missing(error),
        }
    }

    /// Opens a socket there.
    pub(crate) fn open(&self, protocol: Protocol, kind: SocketKind) -> Result<Socket, Error> {
        let socket = match self {
            Self::Found(namespace, identity) if identity.is_none() || *identity != here() => {
                Socket::open_in(namespace, protocol, kind)?
            }
            Self::Found(..) | Self::Anywhere => Socket::open(protocol, kind)?,
            Self::Missing(error) => return Err(error.clone()),
        };
        Ok(socket)
    }
}

#[cfg(unix)]
fn pin(namespace: &Namespace) -> Result<Namespace, Error> {
    Ok(namespace.pin()?)
}

#[cfg(unix)]
fn identity_of(pinned: &Namespace) -> Option<Identity> {
    use std::fs::File;
    let Namespace::Fd(file) = pinned else {
        return None;
    };
    let file = File::from(file.try_clone().ok()?);
    Some(identity(&file.metadata().ok()?))
}

/// The calling thread's namespace.
#[cfg(unix)]
fn here() -> Option<Identity> {
    let metadata = std::fs::metadata("/proc/thread-self/ns/net");
    Some(identity(&metadata.ok()?))
}

#[cfg(unix)]
fn identity(metadata: &std::fs::Metadata) -> Identity {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn pin(_: &Namespace) -> Result<Namespace, Error> {
    Err(Error::invalid("network namespaces exist on Linux only"))
}

#[cfg(not(unix))]
const fn identity_of(_: &Namespace) -> Option<Identity> {
    None
}

#[cfg(not(unix))]
const fn here() -> Option<Identity> {
    None
}
