//! The blocking counterpart: one thread, one socket, a send and a receive per
//! request, with the same bytes and the same reading of the reply.

use std::io;

use netlane::sys::{Address, Protocol, Socket, SocketKind};
use netlane::wire::{Control, Flags, FrameView, Frames, Message, set_sequence_port};

/// A blocking-style client. The kernel answers inside send, so its receives
/// never have to wait.
pub struct Blocking {
    socket: Socket,
    buffer: Vec<u8>,
    sequence: u32,
}

impl Blocking {
    /// A socket with the options that netlane sets.
    pub fn open() -> Self {
        let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).expect("a ROUTE socket");
        socket
            .connect(Address::KERNEL)
            .expect("the kernel's address");
        socket.set_ext_ack(true).expect("NETLINK_EXT_ACK");
        socket.set_cap_ack(true).expect("NETLINK_CAP_ACK");
        socket
            .set_strict_check(true)
            .expect("NETLINK_GET_STRICT_CHK");
        Self {
            socket,
            buffer: vec![0; 32 * 1024],
            sequence: 0,
        }
    }

    /// Sends with the flags and reads until `done` says so of a frame.
    fn run(
        &mut self,
        mut message: Message,
        flags: Flags,
        mut each: impl FnMut(FrameView<'_>),
    ) -> io::Result<()> {
        message.set_flags(message.flags() | Flags::REQUEST | flags);
        let mut bytes = message.finish().map_err(io::Error::other)?;
        self.sequence += 1;
        set_sequence_port(&mut bytes, self.sequence, 0);
        self.socket.send(&bytes)?;
        loop {
            let received = self.socket.recv_from(&mut self.buffer)?;
            for frame in Frames::new(&self.buffer[..received.len]) {
                let frame = frame.map_err(io::Error::other)?;
                if frame.header().sequence != self.sequence {
                    continue;
                }
                match frame.control() {
                    Control::Data => each(frame),
                    Control::Ack(ack) if ack.errno() != 0 => {
                        return Err(io::Error::from_raw_os_error(ack.errno()));
                    }
                    Control::Ack(_) | Control::Done(_) => return Ok(()),
                    _ => {}
                }
            }
        }
    }

    /// A request with its ACK.
    pub fn request(&mut self, message: Message, each: impl FnMut(FrameView<'_>)) -> io::Result<()> {
        self.run(message, Flags::ACK, each)
    }

    /// A dump, to its DONE.
    pub fn dump(&mut self, message: Message, each: impl FnMut(FrameView<'_>)) -> io::Result<()> {
        self.run(message, Flags::DUMP, each)
    }
}
