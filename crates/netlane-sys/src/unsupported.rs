//! What takes the place of the system calls where there is no netlink.
//!
//! Owns a descriptor type that cannot exist, so that everything that needs one compiles and is
//! never reached. Opening says why.

use std::{io, io::IoSlice};

use crate::{
    Address, Error, FilterInstruction, Namespace, Protocol, Received, SocketKind, error::Operation,
    options::SocketOption,
};

pub(crate) const BATCH: usize = 64;

/// Never constructed.
#[derive(Debug)]
pub(crate) enum Fd {}

/// Never filled.
#[derive(Clone, Default)]
pub(crate) struct Slot(());

impl Slot {
    pub(crate) fn received(&self, _buffer_len: usize) -> Received {
        Received::default()
    }
}

#[cfg(unix)]
mod descriptor {
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, RawFd};

    use super::Fd;

    impl AsFd for Fd {
        fn as_fd(&self) -> BorrowedFd<'_> {
            match *self {}
        }
    }

    impl AsRawFd for Fd {
        fn as_raw_fd(&self) -> RawFd {
            match *self {}
        }
    }
}

#[cfg(unix)]
pub(crate) fn into_owned(fd: Fd) -> std::os::fd::OwnedFd {
    match fd {}
}

pub(crate) fn open(_protocol: i32, _kind: SocketKind) -> io::Result<Fd> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
pub(crate) fn pin(_namespace: &Namespace) -> Result<std::sync::Arc<std::os::fd::OwnedFd>, Error> {
    Err(Error::new(
        Operation::Namespace,
        io::ErrorKind::Unsupported.into(),
    ))
}

pub(crate) fn open_in(
    _namespace: &Namespace,
    protocol: Protocol,
    _kind: SocketKind,
) -> Result<Fd, Error> {
    Err(Error::open(protocol, io::ErrorKind::Unsupported.into()))
}

#[cfg(unix)]
pub(crate) fn adopt(_fd: std::os::fd::OwnedFd) -> io::Result<Fd> {
    Err(io::ErrorKind::Unsupported.into())
}

pub(crate) fn bind(fd: &Fd, _address: Address) -> io::Result<()> {
    match *fd {}
}

pub(crate) fn connect(fd: &Fd, _address: Address) -> io::Result<()> {
    match *fd {}
}

pub(crate) fn local_address(fd: &Fd) -> io::Result<Address> {
    match *fd {}
}

pub(crate) fn send(fd: &Fd, _bytes: &[u8]) -> io::Result<usize> {
    match *fd {}
}

pub(crate) fn send_to(fd: &Fd, _bytes: &[u8], _to: Address) -> io::Result<usize> {
    match *fd {}
}

pub(crate) fn send_slices(
    fd: &Fd,
    _slices: &[IoSlice<'_>],
    _to: Option<Address>,
) -> io::Result<usize> {
    match *fd {}
}

pub(crate) fn send_many(fd: &Fd, _datagrams: &[&[u8]], _to: Option<Address>) -> io::Result<usize> {
    match *fd {}
}

pub(crate) fn receive(fd: &Fd, _buffer: &mut [u8]) -> io::Result<Received> {
    match *fd {}
}

pub(crate) fn receive_from(fd: &Fd, _buffer: &mut [u8]) -> io::Result<Received> {
    match *fd {}
}

pub(crate) fn receive_many<'a>(
    fd: &Fd,
    _buffers: impl Iterator<Item = &'a mut [u8]>,
    _slots: &mut [Slot],
) -> io::Result<usize> {
    match *fd {}
}

pub(crate) fn set_int(fd: &Fd, _option: SocketOption, _value: i32) -> io::Result<()> {
    match *fd {}
}

pub(crate) fn get_int(fd: &Fd, _option: SocketOption) -> io::Result<i32> {
    match *fd {}
}

pub(crate) fn get_words(fd: &Fd, _option: SocketOption, _words: &mut [u32]) -> io::Result<usize> {
    match *fd {}
}

pub(crate) fn attach_filter(fd: &Fd, _program: &[FilterInstruction]) -> io::Result<()> {
    match *fd {}
}

/// There are no error numbers to know here.
pub(crate) fn is_missing_feature(_number: i32) -> bool {
    false
}

/// There are no error numbers to know here.
#[cfg(unix)]
pub(crate) fn is_not_a_socket(_number: i32) -> bool {
    false
}
