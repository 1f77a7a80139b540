//! A generic netlink family of one's own, typed, with its notifications.
//!
//! First comes the declaration: one line for each attribute, copied from the family's header file. Then come requests,
//! a dump and notifications by name. The family is the kernel's `netdev`, so that the program runs on any Linux since
//! 6.3; for the family of a module of your own only names and numbers differ.
//!
//! ```sh
//! cargo run --example own_family
//! cargo run --example own_family -- --watch 3    # and then three devices that come, go or change
//! ```

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Parser;
use futures::StreamExt;
use netlane::{Notice, Protocol};
use netlane_generic::{Resolver, split};
use netlane_wire::typed::{c_enum, c_flags, message, requests};

message! {
    /// A network device, as `netdev` tells of it.
    pub struct Device("device") {
        index: u32 = NETDEV_A_DEV_IFINDEX(1),
        xdp: XdpFeatures = NETDEV_A_DEV_XDP_FEATURES(3),
        /// How many fragments a packet may have that is sent without copying.
        zero_copy_segments: u32 = NETDEV_A_DEV_XDP_ZC_MAX_SEGS(4),
    }
}

c_flags! {
    /// What a driver lets XDP programs do.
    pub struct XdpFeatures: u64 {
        BASIC = NETDEV_XDP_ACT_BASIC(0x1),
        REDIRECT = NETDEV_XDP_ACT_REDIRECT(0x2),
        TRANSMIT = NETDEV_XDP_ACT_NDO_XMIT(0x4),
        ZERO_COPY = NETDEV_XDP_ACT_XSK_ZEROCOPY(0x8),
    }
}

requests! {
    Device in "netdev" version 1 {
        get: NETDEV_CMD_DEV_GET(1) => reply,
        dump: NETDEV_CMD_DEV_GET(1) => dump,
    }
}

c_enum! {
    /// What a notification says happened.
    pub enum Change: u8 {
        ADDED = NETDEV_CMD_DEV_ADD_NTF(2),
        DELETED = NETDEV_CMD_DEV_DEL_NTF(3),
        CHANGED = NETDEV_CMD_DEV_CHANGE_NTF(4),
    }
}

/// Asks a generic family that this program declares itself.
#[derive(Parser)]
struct Arguments {
    /// Then wait for so many notifications
    #[arg(long, default_value_t = 0)]
    watch: usize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    netlane_examples::end(run(Arguments::parse()).await)
}

async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let mut out = io::stdout();
    let resolver = Resolver::new(netlane::spawn(Protocol::GENERIC)?);
    // Joined before the dump, so that no change falls in between.
    let mut changes = resolver.subscribe("netdev", "mgmt").await?;

    let loopback = resolver.call(Device::get().index(1)).await?;
    writeln!(out, "the loopback device: {loopback:?}")?;

    let mut devices = resolver.list(Device::dump()).await?;
    while let Some(device) = devices.next().await {
        let device = device?;
        let xdp = device.view().xdp()?.unwrap_or_default();
        writeln!(out, "device {:?} can {xdp:?}", device.view().index()?)?;
    }

    for _ in 0..arguments.watch {
        match changes.next().await.context("the connection ended")?? {
            Notice::Event(event) => {
                let (header, payload) = split(event.frame.view())?;
                writeln!(
                    out,
                    "{:?}: {:?}",
                    Change(header.command),
                    DeviceView::decode(payload)?
                )?;
            }
            Notice::Lost(loss) => bail!("some changes were lost: {loss:?}"),
            other => writeln!(out, "{other:?}")?,
        }
    }
    Ok(())
}
