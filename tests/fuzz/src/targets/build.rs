//! The builder, driven by the input as a program, against a model that only counts.

use netlane_wire::{BuildError, Flags, FrameView, Message};

/// Nests deeper than this are not opened.
const DEEPEST: u32 = 6;

/// An input of this many bytes is read as a program; the rest is left.
const LONGEST_PROGRAM: usize = 64;

/// What the program should have written, or that it must have failed.
#[derive(Default)]
struct Model {
    len: usize,
    too_long: bool,
}

pub(super) fn target(data: &[u8]) {
    let mut program = data[..data.len().min(LONGEST_PROGRAM)].iter().copied();
    let mut message = Message::new(16, Flags::REQUEST);
    let mut model = Model::default();
    run(&mut message, &mut model, &mut program, 0);
    let failed = message.error().is_some();
    match message.finish() {
        Ok(bytes) => {
            assert!(!model.too_long && !failed, "something too long was written");
            assert_eq!(bytes.len(), 16 + model.len);
            let frame = FrameView::new(&bytes).expect("what is built is well-formed");
            assert!(frame.attributes(0).all(|attribute| attribute.is_ok()));
        }
        Err(BuildError::AttributeTooLong { len, .. } | BuildError::NestTooLong { len, .. }) => {
            assert!(model.too_long && len > 65535, "refused at {len} bytes");
        }
        Err(error) => panic!("no program can cause this: {error}"),
    }
}

fn run(
    message: &mut Message,
    model: &mut Model,
    program: &mut dyn Iterator<Item = u8>,
    depth: u32,
) {
    while let Some(operation) = program.next() {
        let argument = usize::from(program.next().unwrap_or(0));
        let kind = u16::from(operation >> 3);
        match operation & 7 {
            0 | 1 => add(message, model, kind, argument),
            // Sizes around the limit of an attribute, and parts of a nest's.
            2 => add(message, model, kind, 65_500 + argument),
            3 => add(message, model, kind, argument * 128),
            4 | 5 if depth < DEEPEST => nest(message, model, kind, program, depth),
            6 if depth > 0 => return,
            _ => {
                message.be_u64(kind, 1);
                model.add(8);
            }
        }
    }
}

fn add(message: &mut Message, model: &mut Model, kind: u16, payload: usize) {
    message.attribute(kind, &vec![0; payload]);
    model.add(payload);
}

fn nest(
    message: &mut Message,
    model: &mut Model,
    kind: u16,
    program: &mut dyn Iterator<Item = u8>,
    depth: u32,
) {
    let mut inside = Model::default();
    message.nest(kind, |message| {
        run(message, &mut inside, program, depth + 1);
    });
    model.too_long |= inside.too_long;
    model.add(inside.len);
}

impl Model {
    fn add(&mut self, payload: usize) {
        self.too_long |= payload + 4 > 65535;
        self.len += (payload + 4).next_multiple_of(4);
    }
}
