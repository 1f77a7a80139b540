//! A message as it goes out: finished bytes with the flags that its expectation
//! needs, and what it means if it does not go out.

use netlane_proto::{Expect, Timing};
use netlane_wire::{Flags, Header, Message};

use crate::Error;
use crate::config::Config;
use crate::lane::{Order, Payload, kind_of};
use crate::operations::command_of;

/// A message as an order, with the flags that its expectation needs.
pub(crate) fn order_of(
    mut message: Message,
    expect: Expect,
    config: &Config,
) -> Result<Order, Error> {
    message.set_flags(message.flags() | expect.flags());
    let mut bytes = Payload::from(message.finish()?);
    bytes.wipe(config.wipe);
    Ok(Order {
        kind: kind_of(&bytes),
        command: command_of(config.protocol, &bytes),
        bytes,
        expect,
        timing: config.traits.timing,
        to: config.default_address(),
        plain: false,
    })
}

/// A message as it is: no flag added, no conversation, no sequence number.
pub(super) fn plain_order(message: Message, config: &Config) -> Result<Order, Error> {
    let flags = message.flags();
    let mut order = order_of(message, Expect::Nothing, config)?;
    order.plain = true;
    if let (Some(header), Some(place)) = (Header::read(&order.bytes), order.bytes.first_chunk_mut())
    {
        *place = Header { flags, ..header }.to_bytes();
    }
    Ok(order)
}

/// A request that nobody waits for. Only a refusal is news, and no longer than until the queue has
/// been read empty: one that comes later is a stray. Waiting longer would remember it for ever.
pub(super) fn unawaited_order(message: Message, config: &Config) -> Result<Order, Error> {
    let mut order = order_of(message, Expect::Nothing, config)?;
    order.timing = Timing::Synchronous;
    Ok(order)
}

/// Changes what an order expects, and its flags with it.
pub(super) fn with_expectation(order: &mut Order, expect: Expect) {
    order.expect = expect;
    let Some(mut header) = Header::read(&order.bytes) else {
        return;
    };
    let asked = Flags::ACK | Flags::ECHO;
    header.flags = (header.flags - asked) | expect.flags();
    if let Some(place) = order.bytes.first_chunk_mut() {
        *place = header.to_bytes();
    }
}
