//! Interfaces, addresses, routes and neighbours for tests, by raw rtnetlink.
//! Owns one blocking socket and the few messages that set a test up; must not know the typed
//! families, nor the transport, since both are tested with it. Mirrors rtnetlink(7).

use std::io;
use std::net::IpAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::time::Duration;

use netlane_sys::{Address, Protocol, Socket, SocketKind};
use netlane_wire::{Control, Flags, Frame, Frames, Message, set_sequence_port};

/// How long the kernel may take for one answer, which it queues before the send returns.
const PATIENCE: Duration = Duration::from_secs(30);
/// Room for any single answer, in bytes.
const BUFFER: usize = 64 * 1024;

/// Changes the network of the namespace in which it was opened.
///
/// Every method waits for the kernel's acknowledgement; its refusal is an [`io::Error`] with the
/// errno. Meant for a fresh namespace ([`in_namespace`](crate::in_namespace)), where
/// CAP_NET_ADMIN is at hand.
#[derive(Debug)]
pub struct Links {
    socket: Socket,
    sequence: u32,
}

impl Links {
    /// Opens the socket in the calling thread's network namespace.
    ///
    /// # Errors
    ///
    /// Where there is no netlink.
    pub fn open() -> io::Result<Self> {
        let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw)?;
        socket.bind(Address::KERNEL)?;
        Ok(Self {
            socket,
            sequence: 0,
        })
    }

    /// Creates two interfaces that are each other's far end.
    ///
    /// # Errors
    ///
    /// The kernel's refusal.
    pub fn veth(&mut self, name: &str, peer: &str) -> io::Result<()> {
        self.create(name, "veth", |info| {
            info.nest(VETH_INFO_PEER, |peer_link| {
                peer_link.header(&link_header(0)).text(IFLA_IFNAME, peer);
            });
        })
    }

    /// Creates a bridge.
    ///
    /// # Errors
    ///
    /// The kernel's refusal.
    pub fn bridge(&mut self, name: &str) -> io::Result<()> {
        self.create(name, "bridge", |_| {})
    }

    /// Creates an interface of any kind; `info` adds the attributes of IFLA_INFO_DATA.
    ///
    /// # Errors
    ///
    /// The kernel's refusal; EOPNOTSUPP for a kind that it lacks.
    pub fn create(
        &mut self,
        name: &str,
        kind: &str,
        info: impl FnOnce(&mut Message),
    ) -> io::Result<()> {
        self.create_on(name, kind, None, info)
    }

    /// Creates an interface on top of another, such as a macvlan.
    ///
    /// # Errors
    ///
    /// The kernel's refusal, and that of [`index`](Self::index) for the lower interface.
    pub fn create_above(&mut self, name: &str, kind: &str, lower: &str) -> io::Result<()> {
        let lower = self.index(lower)?;
        self.create_on(name, kind, Some(lower), |_| {})
    }

    /// Deletes an interface (and the far end of a veth).
    ///
    /// # Errors
    ///
    /// The kernel's refusal; ENODEV where there is none of that name.
    pub fn delete(&mut self, name: &str) -> io::Result<()> {
        let mut message = link_message(RTM_DELLINK, Flags::empty(), 0);
        message.text(IFLA_IFNAME, name);
        self.change(message)
    }

    /// Sets an interface up.
    ///
    /// # Errors
    ///
    /// The kernel's refusal.
    pub fn set_up(&mut self, name: &str) -> io::Result<()> {
        let mut message = link_message(RTM_SETLINK, Flags::empty(), IFF_UP);
        message.text(IFLA_IFNAME, name);
        self.change(message)
    }

    /// Sets an interface down.
    ///
    /// # Errors
    ///
    /// The kernel's refusal.
    pub fn set_down(&mut self, name: &str) -> io::Result<()> {
        let mut header = link_header(0);
        write_at(&mut header, 12, &IFF_UP.to_ne_bytes());
        let mut message = Message::new(RTM_SETLINK, Flags::empty());
        message.header(&header).text(IFLA_IFNAME, name);
        self.change(message)
    }

    /// Makes an interface a port of a bridge.
    ///
    /// # Errors
    ///
    /// The kernel's refusal.
    pub fn set_master(&mut self, name: &str, master: &str) -> io::Result<()> {
        let master = self.index(master)?;
        let mut message = link_message(RTM_SETLINK, Flags::empty(), 0);
        message.text(IFLA_IFNAME, name).u32(IFLA_MASTER, master);
        self.change(message)
    }

    /// Moves an interface to another network namespace.
    ///
    /// # Errors
    ///
    /// The kernel's refusal.
    pub fn move_to(&mut self, name: &str, namespace: &impl AsFd) -> io::Result<()> {
        let descriptor = namespace.as_fd().as_raw_fd();
        let mut message = link_message(RTM_SETLINK, Flags::empty(), 0);
        message
            .text(IFLA_IFNAME, name)
            .i32(IFLA_NET_NS_FD, descriptor);
        self.change(message)
    }

    /// The interface's index.
    ///
    /// # Errors
    ///
    /// ENODEV where there is none of that name.
    pub fn index(&mut self, name: &str) -> io::Result<u32> {
        let mut message = link_message(RTM_GETLINK, Flags::empty(), 0);
        message.text(IFLA_IFNAME, name);
        let frames = self.request(message)?;
        frames
            .first()
            .and_then(|frame| frame.payload().get(4..8)?.try_into().ok())
            .map(u32::from_ne_bytes)
            .ok_or_else(|| io::Error::other("the kernel described no interface"))
    }

    /// Gives an interface an address. An IPv6 address is usable at once: duplicate address
    /// detection, which would send notifications later, is off for it.
    ///
    /// # Errors
    ///
    /// The kernel's refusal; EEXIST where the interface has it.
    pub fn add_address(&mut self, name: &str, address: IpAddr, prefix: u8) -> io::Result<()> {
        let flags = Flags::CREATE | Flags::EXCL;
        self.address(RTM_NEWADDR, flags, name, (address, prefix))
    }

    /// Takes an address away.
    ///
    /// # Errors
    ///
    /// The kernel's refusal; EADDRNOTAVAIL where the interface lacks it.
    pub fn delete_address(&mut self, name: &str, address: IpAddr, prefix: u8) -> io::Result<()> {
        self.address(RTM_DELADDR, Flags::empty(), name, (address, prefix))
    }

    /// Adds a plain unicast route to the main table, through an interface and nothing more.
    ///
    /// # Errors
    ///
    /// The kernel's refusal; ENETDOWN where the interface is down.
    pub fn add_route(&mut self, name: &str, destination: IpAddr, prefix: u8) -> io::Result<()> {
        let flags = Flags::CREATE | Flags::EXCL;
        self.route(RTM_NEWROUTE, flags, name, (destination, prefix))
    }

    /// Removes such a route.
    ///
    /// # Errors
    ///
    /// The kernel's refusal; ESRCH where there is none.
    pub fn delete_route(&mut self, name: &str, destination: IpAddr, prefix: u8) -> io::Result<()> {
        self.route(RTM_DELROUTE, Flags::empty(), name, (destination, prefix))
    }

    /// Adds a permanent neighbour with a link layer address of 6 bytes.
    ///
    /// # Errors
    ///
    /// The kernel's refusal.
    pub fn add_neighbour(&mut self, name: &str, address: IpAddr, link: [u8; 6]) -> io::Result<()> {
        let index = self.index(name)?;
        // struct ndmsg: family, 3 bytes of padding, ifindex, state, flags, type.
        let mut header = [0; 12];
        write_at(&mut header, 0, &[family(address)]);
        write_at(&mut header, 4, &index.to_ne_bytes());
        write_at(&mut header, 8, &NUD_PERMANENT.to_ne_bytes());
        let mut message = Message::new(RTM_NEWNEIGH, Flags::CREATE | Flags::EXCL);
        message
            .header(&header)
            .attribute(NDA_DST, &octets(address))
            .attribute(NDA_LLADDR, &link);
        self.change(message)
    }

    /// Sends any rtnetlink request, adds REQUEST and ACK to its flags, and returns the frames
    /// that came before its acknowledgement. Not for dumps.
    ///
    /// # Errors
    ///
    /// The kernel's refusal, and what could not be built, sent or understood.
    pub fn request(&mut self, mut message: Message) -> io::Result<Vec<Frame>> {
        message.set_flags(message.flags() | Flags::REQUEST | Flags::ACK);
        let mut bytes = message.finish().map_err(io::Error::other)?;
        self.sequence = self.sequence.wrapping_add(1).max(1);
        set_sequence_port(&mut bytes, self.sequence, 0);
        self.socket.send_to(&bytes, Address::KERNEL)?;
        self.answer()
    }

    fn answer(&self) -> io::Result<Vec<Frame>> {
        let mut buffer = vec![0; BUFFER];
        let mut replies = Vec::new();
        loop {
            if !netlane_sys::wait_readable(&self.socket, PATIENCE)? {
                return Err(io::ErrorKind::TimedOut.into());
            }
            let received = self.socket.recv(&mut buffer)?;
            let datagram = buffer.get(..received.len).unwrap_or_default();
            for frame in Frames::new(datagram) {
                let frame = frame.map_err(io::Error::other)?;
                if frame.header().sequence != self.sequence {
                    continue;
                }
                match frame.control() {
                    Control::Ack(ack) if ack.errno() == 0 => return Ok(replies),
                    Control::Ack(ack) => return Err(io::Error::from_raw_os_error(ack.errno())),
                    _ => replies.push(frame.to_frame()),
                }
            }
        }
    }

    fn change(&mut self, message: Message) -> io::Result<()> {
        self.request(message).map(|_| ())
    }

    fn create_on(
        &mut self,
        name: &str,
        kind: &str,
        lower: Option<u32>,
        info: impl FnOnce(&mut Message),
    ) -> io::Result<()> {
        let mut message = link_message(RTM_NEWLINK, Flags::CREATE | Flags::EXCL, 0);
        message.text(IFLA_IFNAME, name);
        if let Some(lower) = lower {
            message.u32(IFLA_LINK, lower);
        }
        message.nest(IFLA_LINKINFO, |link| {
            link.text(IFLA_INFO_KIND, kind).nest(IFLA_INFO_DATA, info);
        });
        self.change(message)
    }

    fn address(
        &mut self,
        kind: u16,
        flags: Flags,
        name: &str,
        (address, prefix): (IpAddr, u8),
    ) -> io::Result<()> {
        let index = self.index(name)?;
        // struct ifaddrmsg: family, prefix length, flags, scope, index.
        let options = if address.is_ipv6() { IFA_F_NODAD } else { 0 };
        let mut header = [family(address), prefix, options, 0, 0, 0, 0, 0];
        write_at(&mut header, 4, &index.to_ne_bytes());
        let mut message = Message::new(kind, flags);
        message
            .header(&header)
            .attribute(IFA_LOCAL, &octets(address))
            .attribute(IFA_ADDRESS, &octets(address));
        self.change(message)
    }

    fn route(
        &mut self,
        kind: u16,
        flags: Flags,
        name: &str,
        (destination, prefix): (IpAddr, u8),
    ) -> io::Result<()> {
        let index = self.index(name)?;
        // struct rtmsg: family, dst_len, src_len, tos, table, protocol, scope, type, flags.
        let mut header = [0; 12];
        let fields = [
            family(destination),
            prefix,
            0,
            0,
            RT_TABLE_MAIN,
            RTPROT_STATIC,
        ];
        write_at(&mut header, 0, &fields);
        write_at(&mut header, 6, &[RT_SCOPE_LINK, RTN_UNICAST]);
        let mut message = Message::new(kind, flags);
        message
            .header(&header)
            .attribute(RTA_DST, &octets(destination))
            .u32(RTA_OIF, index);
        self.change(message)
    }
}

fn link_message(kind: u16, flags: Flags, link_flags: u32) -> Message {
    let mut message = Message::new(kind, flags);
    message.header(&link_header(link_flags));
    message
}

/// struct ifinfomsg: family, padding, type, index, flags, change mask. The interface is named
/// by attribute, so all but the flags to set are zero.
fn link_header(flags: u32) -> [u8; 16] {
    let mut header = [0; 16];
    write_at(&mut header, 8, &flags.to_ne_bytes());
    write_at(&mut header, 12, &flags.to_ne_bytes());
    header
}

/// Writes a field of a fixed header; one that does not fit would be left out.
fn write_at(header: &mut [u8], offset: usize, field: &[u8]) {
    let room = header.get_mut(offset..offset + field.len());
    debug_assert!(room.is_some(), "the field lies inside the header");
    if let Some(room) = room {
        room.copy_from_slice(field);
    }
}

const fn family(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => AF_INET,
        IpAddr::V6(_) => AF_INET6,
    }
}

fn octets(address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().to_vec(),
    }
}

// include/uapi/linux/{rtnetlink,if_link,if_addr,neighbour,veth}.h
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;
const IFF_UP: u32 = 1;
const RTM_NEWLINK: u16 = 16;
const RTM_DELLINK: u16 = 17;
const RTM_GETLINK: u16 = 18;
const RTM_SETLINK: u16 = 19;
const RTM_NEWADDR: u16 = 20;
const RTM_DELADDR: u16 = 21;
const RTM_NEWROUTE: u16 = 24;
const RTM_DELROUTE: u16 = 25;
const RTM_NEWNEIGH: u16 = 28;
const IFLA_IFNAME: u16 = 3;
const IFLA_LINK: u16 = 5;
const IFLA_MASTER: u16 = 10;
const IFLA_LINKINFO: u16 = 18;
const IFLA_NET_NS_FD: u16 = 28;
const IFLA_INFO_KIND: u16 = 1;
const IFLA_INFO_DATA: u16 = 2;
const VETH_INFO_PEER: u16 = 1;
const IFA_ADDRESS: u16 = 1;
const IFA_LOCAL: u16 = 2;
const IFA_F_NODAD: u8 = 2;
const RTA_DST: u16 = 1;
const RTA_OIF: u16 = 4;
const RT_TABLE_MAIN: u8 = 254;
const RTPROT_STATIC: u8 = 4;
const RT_SCOPE_LINK: u8 = 253;
const RTN_UNICAST: u8 = 1;
const NDA_DST: u16 = 1;
const NDA_LLADDR: u16 = 2;
const NUD_PERMANENT: u16 = 0x80;
