//! Owns what the tests share: a handle inside of a namespace, and a link to try things on. Must not know what is tested.

use std::future::Future;
use std::time::Duration;

use futures::{Stream, StreamExt};
use netlane::{Error, Handle, Protocol};
use netlane_route::{
    Filter, FilterBuilder, MirredAction, MirredParameters, Qdisc, RouteHandle, TcHandle, Verdict,
};
use netlane_wire::typed::Sink;

/// Longest that a test may take; under emulation everything is slow.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a test body with a handle, and the indices of two links that are each other's cable.
pub fn run<F: Future<Output = Result<(), Error>>>(body: impl FnOnce(Handle, u32, u32) -> F) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let whole = async {
        let handle = netlane::spawn(Protocol::ROUTE)?;
        let links = handle.links();
        links
            .add(|link| {
                link.name("a")
                    .info(|info| info.veth(|veth| veth.peer(|peer| peer.name("b"))))
            })
            .await?;
        links.up("a").await?;
        links.up("b").await?;
        let (a, b) = (links.index("a").await?, links.index("b").await?);
        body(handle, a, b).await
    };
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, whole)
            .await
            .expect("the test ends")
            .unwrap();
    });
}

/// Everything in a stream.
pub async fn all<T>(stream: impl Stream<Item = Result<T, Error>>) -> Result<Vec<T>, Error> {
    let items: Vec<Result<T, Error>> = stream.collect().await;
    items.into_iter().collect()
}

/// The qdisc at this place of a link.
pub async fn qdisc_at(
    handle: &Handle,
    link: u32,
    parent: TcHandle,
) -> Result<Option<Qdisc>, Error> {
    let qdiscs = all(handle.list(&Qdisc::dump().index(link))).await?;
    let mut found = qdiscs.into_iter();
    Ok(found.find(|qdisc| qdisc.view().index() == link && qdisc.view().parent() == parent))
}

/// The filters of a link's parent.
pub async fn filters(handle: &Handle, link: u32, parent: TcHandle) -> Result<Vec<Filter>, Error> {
    all(handle.list(&Filter::dump().index(link).parent(parent))).await
}

/// Where, in which order and for which protocol a filter works.
pub fn place<S: Sink>(filter: FilterBuilder<S>, link: u32, parent: TcHandle) -> FilterBuilder<S> {
    filter.index(link).parent(parent).priority(10).protocol(IP)
}

/// A redirection to a link, as the action of a filter.
pub fn redirect(link: u32) -> MirredParameters {
    MirredParameters {
        verdict: Verdict::STOLEN,
        action: MirredAction::EGRESS_REDIRECT,
        link,
        ..Default::default()
    }
}

/// The link that a filter's only action redirects to.
pub fn redirected_to<'a>(
    actions: impl Iterator<Item = Result<netlane_route::ActionView<'a>, netlane_wire::AttributeError>>,
) -> Result<u32, Error> {
    let actions: Vec<_> = actions.collect::<Result<_, _>>()?;
    assert_eq!(actions.len(), 1);
    assert_eq!(actions[0].kind()?, Some("mirred"));
    let Some(netlane_route::ActionOptionsView::Mirred(mirred)) = actions[0].options()? else {
        panic!("not mirred: {:?}", actions[0]);
    };
    assert!(mirred.times()?.is_some());
    let parameters = mirred.parameters()?.unwrap();
    assert_eq!(parameters.action, MirredAction::EGRESS_REDIRECT);
    Ok(parameters.link)
}

/// `ETH_P_IP`.
pub const IP: u16 = 0x0800;
