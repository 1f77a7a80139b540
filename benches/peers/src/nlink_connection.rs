//! nlink in dispatcher mode, which its documentation advises for many tasks on one connection.

use std::sync::Arc;

use async_trait::async_trait;
use futures::TryStreamExt;
use netlane_benches::workloads::Failure;
use nlink::netlink::route::Ipv4Route;
use nlink::netlink::{Connection, Route};

use crate::workload::{Library, destination};

struct Nlink(Connection<Route>);

/// A connection whose driver task starts with its first request.
pub fn connect() -> Result<Arc<dyn Library>, Failure> {
    let connection = Connection::<Route>::new()?.with_dispatcher();
    Ok(Arc::new(Nlink(connection)))
}

fn route(i: u32) -> Ipv4Route {
    Ipv4Route::new(destination(i), 32).dev_index(1)
}

#[async_trait]
impl Library for Nlink {
    async fn get_link(&self) -> Result<u64, Failure> {
        let link = self
            .0
            .get_link_by_index(1)
            .await?
            .ok_or("no loopback device")?;
        let name = link.name().map_or(0, str::len) as u64;
        Ok(name + u64::from(link.mtu().unwrap_or(0)))
    }

    async fn dump_routes(&self) -> Result<u32, Failure> {
        let mut routes = self.0.stream_routes().await?;
        let mut seen = 0;
        while let Some(route) = routes.try_next().await? {
            std::hint::black_box((route.destination(), route.oif()));
            seen += 1;
        }
        Ok(seen)
    }

    async fn add_route(&self, i: u32) -> Result<(), Failure> {
        self.0.add_route(route(i)).await?;
        Ok(())
    }

    /// Its batches leave out the device of a route (0.33), which these have nothing but.
    async fn add_routes(&self, _: u32) -> Option<Result<(), Failure>> {
        None
    }
}
