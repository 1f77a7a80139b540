//! Requests to families by their names, on a netlane handle.
//!
//! Owns the cache of what the controller said, and its healing: a family that is loaded again has another number. Must
//! not know any family.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use netlane::{Error, Handle, Protocol, Records, Subscription};
use netlane_wire::typed::{NamedFamily, NamedRequest, Operation};

use crate::{Family, Numbered};

/// Runs requests to generic families, finding and remembering their numbers.
///
/// Clones share what was found. A number that has become wrong, because the family went and came again, is found anew:
/// the kernel refuses such a request before doing anything, so it is sent once more.
///
/// ```no_run
/// # async fn run() -> Result<(), netlane::Error> {
/// use netlane_generic::{Family, Resolver};
///
/// let resolver = Resolver::new(netlane::spawn(netlane::Protocol::GENERIC)?);
/// let ethtool = resolver.family("ethtool").await?;
/// println!("{ethtool:?}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Resolver {
    handle: Handle,
    known: Arc<Mutex<HashMap<String, Found>>>,
}

/// A family as the controller told of it.
#[derive(Debug, Clone)]
struct Found {
    id: u16,
    family: Family,
}

impl Resolver {
    /// A resolver on a handle to [`Protocol::GENERIC`].
    #[must_use]
    pub fn new(handle: Handle) -> Self {
        debug_assert_eq!(handle.protocol(), Protocol::GENERIC, "of generic netlink");
        Self {
            handle,
            known: Arc::default(),
        }
    }

    /// The handle it runs on.
    #[must_use]
    pub const fn handle(&self) -> &Handle {
        &self.handle
    }

    /// What the controller tells of a family: from memory if it was asked before.
    ///
    /// # Errors
    ///
    /// Refused with ENOENT: there is no such family, and no module that provides it.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future at most leaves the family unknown.
    pub async fn family(&self, name: &str) -> Result<Family, Error> {
        Ok(self.find(name).await?.family)
    }

    /// Forgets a family, so that it is asked for anew.
    pub fn forget(&self, name: &str) {
        self.lock().remove(name);
    }

    /// The number of a multicast group, to subscribe to.
    ///
    /// # Errors
    ///
    /// As [`Self::family`]; and if it has no group of this name.
    ///
    /// # Cancel safety
    ///
    /// As [`Self::family`].
    pub async fn group(&self, family: &str, group: &str) -> Result<u32, Error> {
        let found = self.find(family).await?;
        match found.family.view().group(group) {
            Ok(Some(id)) => Ok(id),
            Ok(None) => Err(missing("a multicast group of that name")),
            Err(error) => Err(netlane_wire::DecodeError::from(error).into()),
        }
    }

    /// Subscribes to a family's multicast group by name.
    ///
    /// # Errors
    ///
    /// As [`Self::group`]; and if the group cannot be joined.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future leaves no group joined.
    pub async fn subscribe(&self, family: &str, group: &str) -> Result<Subscription, Error> {
        let group = self.group(family, group).await?;
        self.handle.subscribe([group]).await
    }

    /// Runs a request to its reply.
    ///
    /// # Errors
    ///
    /// As [`Self::family`], and what the family answers.
    ///
    /// # Cancel safety
    ///
    /// As [`Handle::call`]: dropping the future before the answer leaves open whether the request took effect.
    pub async fn call<R>(&self, request: R) -> Result<<R::Operation as Operation>::Reply, Error>
    where
        R: NamedRequest,
    {
        let name = R::Operation::FAMILY;
        let id = self.find(name).await?.id;
        let request = Numbered::new(id, request);
        let refused = match self.handle.call(&request).await {
            Err(error) if is_stale(&error) => error,
            done => return done,
        };
        match self.find_again(name, id).await? {
            Some(id) => self.handle.call(&request.renumbered(id)).await,
            None => Err(refused),
        }
    }

    /// Begins a dump. The family's number is looked up anew if it was remembered, because a dump that has begun cannot
    /// be sent again unnoticed.
    ///
    /// # Errors
    ///
    /// As [`Self::family`].
    ///
    /// # Cancel safety
    ///
    /// As [`Self::family`]; nothing was begun.
    pub async fn list<R: NamedRequest>(&self, request: R) -> Result<Records<Numbered<R>>, Error> {
        let name = R::Operation::FAMILY;
        self.forget(name);
        let id = self.find(name).await?.id;
        Ok(self.handle.list(&Numbered::new(id, request)))
    }

    async fn find(&self, name: &str) -> Result<Found, Error> {
        let known = self.lock().get(name).cloned();
        match known {
            Some(found) => Ok(found),
            None => self.ask(name).await,
        }
    }

    /// The family's number, if it is not `stale` any more.
    async fn find_again(&self, name: &str, stale: u16) -> Result<Option<u16>, Error> {
        let found = self.ask(name).await?;
        Ok((found.id != stale).then_some(found.id))
    }

    async fn ask(&self, name: &str) -> Result<Found, Error> {
        let request = Numbered::controller(Family::get().name(name));
        let family = match self.handle.call(&request).await {
            Ok(family) => family,
            Err(error) => {
                self.forget(name);
                return Err(error);
            }
        };
        let id = match family.view().id() {
            Ok(Some(id)) => id,
            Ok(None) => return Err(missing("family.id")),
            Err(error) => return Err(netlane_wire::DecodeError::from(error).into()),
        };
        let found = Found { id, family };
        self.lock().insert(name.to_owned(), found.clone());
        Ok(found)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Found>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether the kernel may have refused because no family, or another one, has the number now (`genl_rcv_msg`,
/// `genl_family_rcv_msg` of `net/netlink/genetlink.c`).
fn is_stale(error: &Error) -> bool {
    error.is_refused() && matches!(error.errno(), Some(ENOENT | EOPNOTSUPP))
}

fn missing(name: &'static str) -> Error {
    netlane_wire::DecodeError::Missing { name }.into()
}

const ENOENT: i32 = 2;
const EOPNOTSUPP: i32 = 95;

#[cfg(test)]
mod tests {
    use super::*;

    /// Remembers `nlctrl` under a number that no family has: as if it had been loaded again since.
    fn make_stale(resolver: &Resolver, found: &Family) {
        let stale = Found {
            id: 0x7fff,
            family: found.clone(),
        };
        resolver.lock().insert("nlctrl".to_owned(), stale);
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_number_that_became_wrong_is_found_anew() {
        let resolver = Resolver::new(netlane::spawn(Protocol::GENERIC).expect("a socket"));
        let family = resolver.family("nlctrl").await.expect("the controller");
        make_stale(&resolver, &family);
        let told = resolver.call(Family::get().name("nlctrl")).await;
        assert_eq!(told.expect("healed").view().id(), Ok(Some(16)));
        let known = resolver.lock().get("nlctrl").map(|found| found.id);
        assert_eq!(known, Some(16), "remembered");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_refusal_by_the_family_itself_is_not_repeated_for_ever() {
        let resolver = Resolver::new(netlane::spawn(Protocol::GENERIC).expect("a socket"));
        let error = resolver
            .call(Family::get().name("no such family"))
            .await
            .expect_err("nobody has that name");
        assert_eq!(error.errno(), Some(ENOENT), "{error}");
    }

    #[tokio::test(flavor = "current_thread")]
    async fn a_dump_asks_for_the_number_anew() {
        let resolver = Resolver::new(netlane::spawn(Protocol::GENERIC).expect("a socket"));
        let family = resolver.family("nlctrl").await.expect("the controller");
        make_stale(&resolver, &family);
        let families = resolver.list(Family::dump()).await.expect("found");
        let families = families.collect_all().await.expect("a dump");
        assert!(
            families
                .iter()
                .any(|family| family.view().id() == Ok(Some(16)))
        );
    }
}
