//! netlane: one handle, as its documentation shows.

use std::sync::Arc;

use async_trait::async_trait;
use netlane::{Handle, Protocol};
use netlane_benches::messages;
use netlane_benches::workloads::Failure;

use crate::workload::Library;

struct Netlane(Handle);

/// A connection driven by a task of this runtime.
pub fn connect() -> Result<Arc<dyn Library>, Failure> {
    Ok(Arc::new(Netlane(netlane::spawn(Protocol::ROUTE)?)))
}

#[async_trait]
impl Library for Netlane {
    async fn get_link(&self) -> Result<u64, Failure> {
        let answer = self.0.request(messages::get_link()).await?;
        let read = answer
            .replies
            .iter()
            .map(|frame| messages::read_link(frame.view()));
        Ok(read.sum())
    }

    async fn dump_routes(&self) -> Result<u32, Failure> {
        let mut dump = self.0.dump(messages::dump_routes());
        let mut seen = 0;
        while let Some(chunk) = dump.next_chunk().await? {
            for frame in chunk {
                std::hint::black_box(messages::read_route(frame));
                seen += 1;
            }
        }
        Ok(seen)
    }

    async fn add_route(&self, i: u32) -> Result<(), Failure> {
        self.0.request(messages::add_route(i, 1)).await?;
        Ok(())
    }

    async fn add_routes(&self, routes: u32) -> Option<Result<(), Failure>> {
        let batch = self.0.batch((0..routes).map(|i| messages::add_route(i, 1)));
        let outcomes: Result<Vec<_>, _> = batch.await.into_iter().collect();
        Some(outcomes.map(drop).map_err(Failure::from))
    }
}
