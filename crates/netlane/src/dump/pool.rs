//! Sockets for dumps: opened when needed, kept for the next one when a dump has
//! ended, closed when it was given up. Owns the pool; a socket in it has no
//! dump running and an empty queue.

use std::sync::{Arc, Mutex, PoisonError};

use netlane_sys::Socket;
use zeroize::Zeroize;

use crate::Error;
use crate::config::Config;

/// A socket that carries one dump at a time, and its receive buffer.
#[derive(Debug)]
pub(crate) struct DumpSocket {
    pub(crate) socket: Arc<Socket>,
    pub(crate) buffer: Box<[u8]>,
    wipe: bool,
    pub(crate) port: u32,
    pub(crate) next_sequence: u32,
}

impl DumpSocket {
    /// Overwrites what was received, where the connection wipes its buffers.
    fn wipe(&mut self) {
        if self.wipe {
            self.buffer.zeroize();
        }
    }
}

impl Drop for DumpSocket {
    fn drop(&mut self) {
        self.wipe();
    }
}

/// Idle dump sockets.
#[derive(Debug, Default)]
pub(crate) struct DumpPool(Mutex<Vec<DumpSocket>>);

impl DumpPool {
    /// A socket without a dump: an idle one, or a new one.
    pub(crate) fn lease(&self, config: &Config) -> Result<DumpSocket, Error> {
        let idle = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(socket) => Ok(socket),
            None => Self::open(config),
        }
    }

    /// Opens a new one.
    pub(crate) fn open(config: &Config) -> Result<DumpSocket, Error> {
        let socket = config.open_socket()?;
        let port = config.settle(&socket)?;
        let buffer = vec![0; config.frame_size].into_boxed_slice();
        Ok(DumpSocket {
            socket: Arc::new(socket),
            buffer,
            wipe: config.wipe,
            port,
            next_sequence: 1,
        })
    }

    /// Takes a socket back whose dump has ended.
    pub(crate) fn give_back(&self, mut socket: DumpSocket) {
        socket.wipe();
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(socket);
            return;
        }
        drop(idle);
        drop(socket);
    }

    /// Closes the idle sockets.
    pub(crate) fn clear(&self) {
        let idle = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        drop(idle);
    }
}

/// Idle sockets kept. Opening one costs 10 us; more dumps than this at once
/// are rare.
const MAX_IDLE: usize = 8;
