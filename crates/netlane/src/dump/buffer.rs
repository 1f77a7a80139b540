//! A receive buffer of a dump. Owns the promise that it is overwritten before it
//! is dropped or lies idle, where the connection wipes its buffers.

use std::fmt;
use std::ops::{Deref, DerefMut};

use zeroize::Zeroize;

use crate::config::Config;

/// Room for one part of a dump.
pub(super) struct Buffer {
    bytes: Box<[u8]>,
    wipe: bool,
}

impl Buffer {
    pub(super) fn new(config: &Config) -> Self {
        Self {
            bytes: vec![0; config.frame_size].into_boxed_slice(),
            wipe: config.wipe,
        }
    }

    /// Overwrites what was received, where the connection wipes its buffers.
    pub(super) fn wipe(&mut self) {
        if self.wipe {
            self.bytes.zeroize();
        }
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// Never the bytes: they may be secret.
impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.bytes.len())
    }
}
