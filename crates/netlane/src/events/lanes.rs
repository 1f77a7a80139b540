//! Which sockets hear which groups. Owns the event lanes, keyed by what they
//! carry, so that a subscriber is not charged for what it did not ask for; and,
//! on a single lane, the reference counts of its groups.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use netlane_proto::Profile;

use super::Filter;
use crate::Error;
use crate::connection::{Shared, attend};
use crate::lane::{Lane, Sizes};
use crate::protocol::Lanes;

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

/// How many hold each group.
type Held = Arc<Mutex<BTreeMap<u32, usize>>>;

/// Membership in a set of groups: shared by the subscriptions that have the
/// same, and given up when the last of them is gone.
#[derive(Debug)]
pub(crate) struct Member {
    pub(crate) lane: Arc<Lane>,
    pub(crate) port: u32,
    /// The lane carries nothing but what was asked for.
    pub(crate) whole: bool,
    /// On a single lane: the groups to leave.
    shared_groups: Option<(BTreeSet<u32>, Held)>,
}

impl EventLanes {
    /// A membership in these groups, joined now if nobody has it yet.
    pub(crate) fn join(&self, shared: &Arc<Shared>, key: Key) -> Result<Arc<Member>, Error> {
        shared.check_open()?;
        if shared.config.lanes == Lanes::Single {
            return self.join_single(shared, key.groups, key.all_namespaces);
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

    fn join_single(
        &self,
        shared: &Arc<Shared>,
        groups: BTreeSet<u32>,
        all_namespaces: bool,
    ) -> Result<Arc<Member>, Error> {
        let lane = Arc::clone(&shared.lane);
        // From now on a group on a frame says that it is an event.
        lane.audience()?;
        if all_namespaces {
            lane.socket.set_listen_all_nsid(true)?;
        }
        let mut held = lock(&self.held);
        let mut joined = BTreeSet::new();
        for group in &groups {
            let count = held.entry(*group).or_insert(0);
            if *count == 0
                && let Err(error) = lane.socket.add_membership(*group)
            {
                held.remove(group);
                leave(&lane, &joined, &mut held);
                return Err(error.into());
            }
            *count += 1;
            joined.insert(*group);
        }
        drop(held);
        let shared_groups = Some((groups, Arc::clone(&self.held)));
        Ok(Arc::new(Member {
            lane,
            port: shared.port,
            whole: false,
            shared_groups,
        }))
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
    // Without it only the groups of the address mask can be told.
    match socket.set_pktinfo(true) {
        Err(error) if error.is_unsupported() && key.groups.range(33..).next().is_none() => {}
        set => set?,
    }
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
    };
    let lane = Lane::new(Arc::new(socket), profile, sizes, true, counters);
    lane.audience()?;
    Ok(Member {
        lane: Arc::new(lane),
        port,
        whole,
        shared_groups: None,
    })
}

/// Gives up one hold on each group, and leaves those that nobody holds.
fn leave(lane: &Lane, groups: &BTreeSet<u32>, held: &mut BTreeMap<u32, usize>) {
    for group in groups {
        let Some(count) = held.get_mut(group) else {
            continue;
        };
        *count -= 1;
        if *count == 0 {
            held.remove(group);
            // Fails only if the membership is gone already.
            let _ = lane.socket.drop_membership(*group);
        }
    }
}

impl Drop for Member {
    fn drop(&mut self) {
        match &self.shared_groups {
            Some((groups, held)) => leave(&self.lane, groups, &mut lock(held)),
            // The last subscriber is gone: the socket may be closed.
            None => self.lane.end(Error::closed()),
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
