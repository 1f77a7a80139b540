//! The declarations as a family would write them, built, read, shown and attacked.

mod declared;
mod link;
mod properties;
mod versions;
