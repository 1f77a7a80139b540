//! Owns the payloads that several messages share and no declaration describes; must not know the messages.

use netlane_wire::typed::{Value, c_struct};
use netlane_wire::{Attribute, AttributeError, Message};

/// A switch that is written as a flag and read as a byte: the kernel takes its presence for true, and reports it as
/// 0 or 1.
#[derive(Debug)]
pub enum Switch {}

impl Value for Switch {
    type View<'a> = bool;
    type Set<'v> = ();

    fn read(attribute: Attribute<'_>) -> Result<bool, AttributeError> {
        match attribute.payload() {
            [] => Ok(true),
            _ => attribute.u8().map(|value| value != 0),
        }
    }

    fn write(message: &mut Message, kind: u16, (): ()) {
        message.flag(kind);
    }
}

c_struct! {
    /// Bits to change, and their new values (`NLA_BITFIELD32`).
    pub struct BitField("nla_bitfield32") {
        /// The values.
        value: u32,
        /// Which of them count.
        selector: u32,
    }
}
