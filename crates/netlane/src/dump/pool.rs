//! Sockets for dumps: opened when needed, kept for the next one when a dump has
//! ended, closed when it was given up. Owns the pool; a socket in it has no
//! dump running and an empty queue.

use std::sync::{Arc, Mutex, PoisonError};

use netlane_sys::Socket;

use super::buffer::Buffer;
use crate::Error;
use crate::config::Config;

/// A socket that carries one dump at a time, and its receive buffer.
#[derive(Debug)]
pub(crate) struct DumpSocket {
    pub(super) socket: Arc<Socket>,
    pub(super) buffer: Buffer,
    pub(super) port: u32,
    pub(super) next_sequence: u32,
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
        Ok(DumpSocket {
            socket: Arc::new(socket),
            buffer: Buffer::new(config),
            port,
            next_sequence: 1,
        })
    }

    /// Takes a socket back whose dump has ended.
    pub(crate) fn give_back(&self, mut socket: DumpSocket) {
        socket.buffer.wipe();
        let mut idle = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < MAX_IDLE {
            idle.push(socket);
            return;
        }
        drop(idle);
        drop(socket);
    }

    /// Whether no socket is idle.
    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .is_empty()
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

#[cfg(test)]
mod tests {
    use netlane_sys::Protocol;

    use crate::Builder;

    /// Fails when an idle buffer keeps what was received (`DumpPool::give_back`).
    #[test]
    fn an_idle_socket_holds_nothing_of_its_last_dump_where_buffers_are_wiped() {
        let builder = Builder::new(Protocol::ROUTE).wipe_buffers();
        let (handle, _connection) = builder.connect().unwrap();
        let shared = &handle.keep().shared;
        let mut socket = shared.dumps.lease(&shared.config).unwrap();
        let port = socket.port;
        socket.buffer.fill(7);
        shared.dumps.give_back(socket);
        let socket = shared.dumps.lease(&shared.config).unwrap();
        assert_eq!(socket.port, port);
        assert!(socket.buffer.iter().all(|byte| *byte == 0));
    }
}
