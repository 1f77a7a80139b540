//! The bytes of a request. Owns the promise that they are overwritten when they
//! are dropped, where the connection wipes its buffers.

use std::fmt;
use std::ops::{Deref, DerefMut};

use zeroize::Zeroize;

/// Finished bytes of a message.
#[derive(Clone, Default)]
pub(crate) struct Payload {
    bytes: Vec<u8>,
    wipe: bool,
}

impl Payload {
    /// Has the bytes overwritten when they are dropped. Copies are wiped too.
    pub(crate) const fn wipe(&mut self, wipe: bool) {
        self.wipe = wipe;
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self { bytes, wipe: false }
    }
}

impl Deref for Payload {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.bytes
    }
}

impl DerefMut for Payload {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }
}

impl Drop for Payload {
    fn drop(&mut self) {
        if self.wipe {
            self.bytes.zeroize();
        }
    }
}

/// Never the bytes: they may be secret.
impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}
