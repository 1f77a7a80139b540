//! Which sockets hear which groups. Owns the event lanes, keyed by what they
//! carry, so that a subscriber is not charged for what it did not ask for; and,
//! on a single lane, the reference counts of its groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use netlane_proto::Profile;
use netlane_sys::Socket;

use super::Filter;
use crate::Error;
use crate::drivers::attend;
use crate::lane::{Lane, Sizes};
use crate::protocol::Lanes;
use crate::shared::Shared;

/// What an event lane carries.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) groups: BTreeSet<u32>,
    pub(crate) all_namespaces: bool,
    pub(crate) filter: Filter,
}

/// The event lanes of a connection.
#[derive(Debug, Default)]
pub(crate) struct EventLanes {
    members: Mutex<HashMap<Key, Weak<Member>>>,
    /// On a single lane: how many subscriptions hold each group.
    held: Held,
}

/// How many subscriptions of a single lane hold what.
#[derive(Debug, Default)]
struct Holds {
    groups: BTreeMap<u32, usize>,
    all_namespaces: usize,
}

type Held = Arc<Mutex<Holds>>;

/// What one of them holds.
#[derive(Debug, Default)]
struct Hold {
    groups: BTreeSet<u32>,
    all_namespaces: bool,
}

/// Membership in a set of groups: shared by the subscriptions that have the
/// same, and given up when the last of them is gone.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) lane: Arc<Lane>,
    pub(crate) port: u32,
    /// The lane carries nothing but what was asked for.
    pub(crate) whole: bool,
    /// On a single lane: what is to be given up.
    hold: Option<(Hold, Held)>,
}

impl EventLanes {
    /// A membership in these groups, joined now if nobody has it yet.
    pub(crate) fn join(&self, shared: &Arc<Shared>, key: Key) -> Result<Arc<Member>, Error> {
        shared.check_open()?;
        if shared.config.lanes == Lanes::Single {
            return self.join_single(shared, &key);
        }
        let mut members = lock(&self.members);
        if let Some(member) = members.get(&key).and_then(Weak::upgrade)
            && member.lane.ended().is_none()
        {
            return Ok(member);
        }
        let member = Arc::new(open(shared, &key)?);
        members.retain(|_, member| member.strong_count() > 0);
        members.insert(key, Arc::downgrade(&member));
        drop(members);
        shared.drivers.add(attend(Arc::clone(&member.lane)));
        Ok(member)
    }

    fn join_single(&self, shared: &Arc<Shared>, key: &Key) -> Result<Arc<Member>, Error> {
        let lane = Arc::clone(&shared.lane);
        // From now on a group on a frame says that it is an event.
        lane.audience()?;
        let mut held = lock(&self.held);
        let mut hold = Hold::default();
        let taken = take(&lane, key, &mut held, &mut hold);
        if let Err(error) = taken {
            leave(&lane, &hold, &mut held);
            return Err(error);
        }
        drop(held);
        Ok(Arc::new(Member {
            lane,
            port: shared.port,
            whole: false,
            hold: Some((hold, Arc::clone(&self.held))),
        }))
    }

    /// Keeps groups that an adopted socket brought: no subscription's end
    /// leaves them.
    pub(crate) fn keep(&self, groups: Vec<u32>) {
        let mut held = lock(&self.held);
        held.groups
            .extend(groups.into_iter().map(|group| (group, 1)));
    }

    /// Ends every lane.
    pub(crate) fn end(&self, error: &Error) {
        let members: Vec<_> = lock(&self.members)
            .values()
            .filter_map(Weak::upgrade)
            .collect();
        for member in members {
            member.lane.end(error.clone());
        }
    }
}

/// Opens a lane for what the key says.
fn open(shared: &Arc<Shared>, key: &Key) -> Result<Member, Error> {
    let config = &shared.config;
    let socket = config.open_socket()?;
    tell_groups(&socket, &key.groups)?;
    if key.all_namespaces {
        socket.set_listen_all_nsid(true)?;
    }
    let whole = key.filter.is_empty()
        || socket.attach_filter(&key.filter.program()).is_ok() && key.filter.is_wholly_in_program();
    // Bound before it joins: an unbound socket hears nothing.
    let port = config.settle(&socket)?;
    for group in &key.groups {
        socket.add_membership(*group)?;
    }
    let receive_buffer = socket.receive_buffer()?;
    let profile = Profile {
        member: true,
        ..Profile::kernel(port)
    };
    let profile = Profile {
        peers: config.peers,
        opaque: config.opaque,
        ..profile
    };
    let counters = Arc::clone(&shared.counters);
    let sizes = Sizes {
        receive_buffer,
        frame: config.frame_size,
        wipe: config.wipe,
    };
    let lane = Lane::new(Arc::new(socket), profile, sizes, true, counters);
    lane.audience()?;
    Ok(Member {
        lane: Arc::new(lane),
        port,
        whole,
        hold: None,
    })
}

/// Has the kernel say which group a message came through: without that, only
/// those of the address mask can be told.
fn tell_groups(socket: &Socket, groups: &BTreeSet<u32>) -> Result<(), Error> {
    match socket.set_pktinfo(true) {
        Err(error) if error.is_unsupported() && groups.range(33..).next().is_none() => Ok(()),
        set => Ok(set?),
    }
}

/// Takes hold of what the key names; `hold` says how far that came.
fn take(lane: &Lane, key: &Key, held: &mut Holds, hold: &mut Hold) -> Result<(), Error> {
    tell_groups(&lane.socket, &key.groups)?;
    if key.all_namespaces {
        if held.all_namespaces == 0 {
            lane.socket.set_listen_all_nsid(true)?;
        }
        held.all_namespaces += 1;
        hold.all_namespaces = true;
    }
    for group in &key.groups {
        if !held.groups.contains_key(group) {
            lane.socket.add_membership(*group)?;
        }
        *held.groups.entry(*group).or_insert(0) += 1;
        hold.groups.insert(*group);
    }
    Ok(())
}

/// Gives up a hold, and leaves what nobody holds any more. A system call fails
/// here only if the membership is gone already.
fn leave(lane: &Lane, hold: &Hold, held: &mut Holds) {
    for group in &hold.groups {
        let count = held.groups.get(group).copied().unwrap_or(0);
        if count > 1 {
            held.groups.insert(*group, count - 1);
        } else {
            held.groups.remove(group);
            let _ = lane.socket.drop_membership(*group);
        }
    }
    if hold.all_namespaces {
        held.all_namespaces = held.all_namespaces.saturating_sub(1);
        if held.all_namespaces == 0 {
            let _ = lane.socket.set_listen_all_nsid(false);
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        match &self.hold {
            Some((hold, held)) => leave(&self.lane, hold, &mut lock(held)),
            // The last subscriber is gone: the socket may be closed.
            None => self.lane.end(Error::closed()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
