//! The kernel in memory behaves as the running one was seen to: the same facts as
//! `tests/tests/kernel_facts`, asked of the model, and one script asked of both.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests, outside of #[test]"
)]

use std::io;

use netlane_sys::{Address, Protocol, Socket, SocketKind};
use netlane_testkit::Datagram;
use netlane_testkit::kernel::{Kernel, Reaction, truesize};
use netlane_wire::{Control, Flags, FrameView, Frames, Message, kind, set_sequence_port};

const PORT: u32 = 100;
const GET: u16 = 18;
const LIST: u16 = 22;
const ACKNOWLEDGED: Flags = Flags::REQUEST.union(Flags::ACK);
const ENOBUFS: i32 = 105;

/// One thing that the socket said: `(kind, sequence, errno)`, or an errno.
type Said = Result<(u16, u32, i32), i32>;

fn numbered(message: Message, sequence: u32) -> Vec<u8> {
    let mut bytes = message.finish().unwrap();
    set_sequence_port(&mut bytes, sequence, PORT);
    bytes
}

fn pings(count: u32) -> Vec<u8> {
    let ping = |sequence| numbered(Message::new(kind::NOOP, ACKNOWLEDGED), sequence);
    (1..=count).flat_map(ping).collect()
}

fn entry(text: &str) -> Message {
    Message::raw(GET, Flags::empty(), text.as_bytes())
}

/// Reads until there is nothing.
fn drain(mut receive: impl FnMut(&mut [u8]) -> io::Result<usize>) -> Vec<Said> {
    let (mut buffer, mut said) = (vec![0; 32 * 1024], Vec::new());
    loop {
        match receive(&mut buffer) {
            Ok(len) => {
                said.extend(Frames::new(&buffer[..len]).map(|frame| Ok(read(frame.unwrap()))))
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return said,
            Err(error) => said.push(Err(error.raw_os_error().unwrap())),
        }
    }
}

fn read(frame: FrameView<'_>) -> (u16, u32, i32) {
    let errno = match frame.control() {
        Control::Ack(ack) => ack.errno(),
        Control::Done(done) => done.errno(),
        _ => 0,
    };
    (frame.header().kind, frame.header().sequence, errno)
}

fn drain_kernel<H>(kernel: &mut Kernel<H>) -> Vec<Said> {
    drain(|buffer| kernel.receive(buffer).map(|received| received.len))
}

/// `GET` is answered with one reply, `LIST` with a dump of so many entries.
fn kernel(entries: usize) -> Kernel<impl FnMut(FrameView<'_>) -> Reaction> {
    Kernel::new(PORT, 212_992, move |request: FrameView<'_>| {
        match request.header().kind {
            GET => Reaction::done().reply(entry(&"x".repeat(1300))),
            LIST => Reaction::dump((0..entries).map(|number| entry(&format!("{number:0100}")))),
            _ => Reaction::refused(95),
        }
    })
}

#[test]
fn it_and_the_running_kernel_say_the_same_of_too_many_pings() {
    let socket = Socket::open(Protocol::ROUTE, SocketKind::Raw).unwrap();
    socket.bind(Address::KERNEL).unwrap();
    let rounds = [pings(3), pings(3000), pings(2)];
    let mut model = kernel(0);
    for round in rounds {
        socket.send(&round).unwrap();
        model.send(&round);
        let real = drain(|buffer| match socket.recv(buffer) {
            Ok(received) => Ok(received.len),
            Err(error) => Err(error),
        });
        let modelled = drain_kernel(&mut model);
        // How many fit depends on the kernel's configuration, all else does not.
        let both = real.len().min(modelled.len());
        assert_eq!(real[..both], modelled[..both]);
        assert_eq!(real[0].is_err(), round.len() > pings(1000).len());
    }
}

#[test]
fn the_buffer_holds_what_was_measured() {
    assert_eq!(
        [truesize(36), truesize(1400), truesize(3776)],
        [832, 2304, 4352]
    );
    for (request, window) in [(kind::NOOP, 256), (GET, 92)] {
        let mut kernel = kernel(0);
        let flags = if request == GET {
            Flags::REQUEST
        } else {
            ACKNOWLEDGED
        };
        let bytes = numbered(Message::new(request, flags), 1);
        kernel.send(&bytes.repeat(window));
        assert_eq!(kernel.drops(), 0);
        kernel.send(&bytes);
        assert_eq!((kernel.drops(), kernel.queued()), (1, window));
        assert!(kernel.is_congested());
    }
}

#[test]
fn congestion_refuses_until_the_queue_was_empty() {
    let mut kernel = kernel(0);
    kernel.refuse_after(1);
    kernel.send(&pings(3));
    assert_eq!((kernel.drops(), kernel.queued()), (2, 1));
    assert_eq!(drain_kernel(&mut kernel), [Err(ENOBUFS), Ok((2, 1, 0))]);
    kernel.send(&pings(1));
    assert_eq!(drain_kernel(&mut kernel), [Ok((2, 1, 0))]);
}

#[test]
fn an_empty_queue_takes_one_of_any_size() {
    let mut kernel = Kernel::new(PORT, 1000, |_: FrameView<'_>| Reaction::done());
    assert!(kernel.unicast(vec![0; 100_000]));
    assert!(!kernel.unicast(vec![0; 16]));
}

#[test]
fn a_dump_is_made_by_its_reader_and_a_second_is_busy() {
    let mut kernel = kernel(1000);
    let list = |sequence| numbered(Message::new(LIST, Flags::REQUEST | Flags::DUMP), sequence);
    kernel.send(&list(1));
    assert_eq!((kernel.queued(), kernel.is_dumping()), (1, true));
    kernel.send(&list(2));
    kernel.change();
    let mut buffer = vec![0; 32 * 1024];
    let mut lens = Vec::new();
    let (mut entries, mut interrupted, mut busy) = (0, 0, 0);
    while let Ok(received) = kernel.receive(&mut buffer) {
        lens.push(received.len);
        for frame in Frames::new(&buffer[..received.len]).map(Result::unwrap) {
            let (kind, sequence, errno) = read(frame);
            interrupted += usize::from(frame.header().flags.contains(Flags::DUMP_INTR));
            busy += usize::from((kind, sequence, errno) == (2, 2, 16));
            entries += usize::from((kind, sequence) == (GET, 1));
        }
    }
    assert_eq!((entries, interrupted, busy), (1000, 1, 1));
    // The first part is small, the others follow the largest receive call.
    assert!(
        lens[0] <= 3776 && lens.iter().any(|len| *len > 30_000),
        "{lens:?}"
    );
    assert!(!kernel.is_dumping());
    assert_eq!(kernel.drops(), 0);
}

/// What `kernel_facts::overtaking` sees of the running kernel.
#[test]
fn a_receive_beside_the_send_of_a_dump_overtakes_it() {
    let mut kernel = kernel(1000);
    kernel.send(&pings(1));
    let list = Message::new(LIST, Flags::REQUEST | Flags::DUMP);
    let mut call = kernel.begin(&numbered(list, 9));
    assert!(kernel.advance(&mut call));
    // The acknowledgement. Receiving it makes the next part.
    kernel.receive(&mut [0; 4096]).unwrap();
    let second = kernel.queue().next().unwrap().clone();
    while kernel.advance(&mut call) {}
    let parts: Vec<_> = kernel.queue().collect();
    assert_eq!(parts[0], &second);
    let place = |part: &Datagram| {
        let first = Frames::new(&part.bytes).next().unwrap().unwrap();
        first.payload().to_vec()
    };
    assert!(place(parts[1]) < place(parts[0]));
}

#[test]
fn a_dump_without_room_is_refused_and_stays() {
    // Room for one acknowledgement.
    let mut kernel = Kernel::new(PORT, 832, |_: FrameView<'_>| {
        Reaction::dump([entry("one")])
            .with_split_done()
            .ending_with(5)
    });
    kernel.send(&pings(1));
    kernel.send(&numbered(
        Message::new(LIST, Flags::REQUEST | Flags::DUMP),
        9,
    ));
    // The refusal found no room either.
    assert!(kernel.is_dumping() && kernel.is_congested());
    assert_eq!((kernel.drops(), kernel.queued()), (1, 1));
    let said = drain_kernel(&mut kernel);
    let parts = [Err(ENOBUFS), Ok((2, 1, 0)), Ok((GET, 9, 0)), Ok((3, 9, 5))];
    assert_eq!(said, parts);
}

#[test]
fn a_send_can_be_watched_in_steps() {
    let mut kernel = kernel(0);
    let mut call = kernel.begin(&numbered(Message::new(GET, ACKNOWLEDGED), 7));
    let mut queued = Vec::new();
    while kernel.advance(&mut call) {
        queued.push(kernel.queued());
    }
    // Executed, the reply, the acknowledgement.
    assert_eq!(queued, [0, 1, 2]);
}

#[test]
fn members_hear_events_and_others_do_not() {
    let mut kernel = kernel(0);
    let event = entry("event").finish().unwrap();
    assert!(!kernel.multicast(7, event.clone()));
    kernel.join(7);
    assert!(kernel.multicast(7, event));
    let received = kernel.receive(&mut [0; 64]).unwrap();
    assert_eq!(
        (received.group, received.sender),
        (Some(7), Address::KERNEL)
    );
}
