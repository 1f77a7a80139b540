//! `tc -d -s qdisc` and `tc -d filter` as JSON; `tc class`, which knows no JSON, as text.

use std::collections::HashMap;

use netlane::Error;
use netlane_route::{
    ActionOptionsView, Class, ClassOptionsView, Filter, FilterOptionsView, FilterView,
    MirredAction, Qdisc, QdiscOptionsView, QdiscView, TcHandle,
};
use netlane_testkit::in_namespace;
use serde_json::{Value, json};

use crate::common::{agree, all, does, judged, names, output, says};
use crate::expected::{Fields, lower};

fn setup() {
    for command in [
        "ip link add va type veth peer name vb",
        "ip link add mv link vb type macvlan mode bridge",
        "tc qdisc add dev va root handle 1: htb default 20 r2q 7",
        "tc class add dev va parent 1: classid 1:20 htb rate 1mbit ceil 2mbit burst 5k prio 3",
        "tc qdisc add dev va parent 1:20 handle 20: pfifo limit 33",
        "tc qdisc add dev vb clsact",
        "tc filter add dev vb ingress prio 10 protocol ip u32 match ip dst 192.0.2.0/24 action mirred egress redirect dev va",
        "tc qdisc add dev mv root tbf rate 1mbit burst 5k limit 30k",
    ] {
        does(command);
    }
}

/// As the tool writes handles: hexadecimal, a minor number of 0 left out.
fn handle_text(handle: TcHandle) -> String {
    match handle.minor() {
        0 => format!("{:x}:", handle.major()),
        minor => format!("{:x}:{minor:x}", handle.major()),
    }
}

#[test]
fn qdiscs_are_as_tc_says() {
    in_namespace(|| {
        judged(setup, async |handle| {
            let names = names(&handle).await?;
            let ours = async || {
                let list = all(handle.list(&Qdisc::dump())).await?;
                // The tool leaves out what a link has by itself.
                let shown = list.iter().map(|each| each.view());
                let shown = shown.filter(|each| each.kind() != Ok(Some("noqueue")));
                shown.map(|each| qdisc(each, &names)).collect()
            };
            let theirs = || {
                let mut list = says("tc -j -d -s qdisc show");
                list.retain(|each| each["kind"] != "noqueue");
                list
            };
            agree(ours, theirs).await
        });
    });
}

fn qdisc(qdisc: QdiscView<'_>, names: &HashMap<u32, String>) -> Result<Value, Error> {
    let stats = qdisc.stats2()?.unwrap();
    let (basic, queue) = (stats.basic()?.unwrap(), stats.queue()?.unwrap());
    let options = match qdisc.options()? {
        Some(QdiscOptionsView::Htb(htb)) => {
            let global = htb.global()?.unwrap();
            json!({
                "r2q": global.rate_to_quantum,
                "default": format!("{:#x}", global.default_class),
                "direct_packets_stat": global.direct_packets,
                "direct_qlen": htb.direct_queue_len()?,
            })
        }
        Some(QdiscOptionsView::Pfifo(fifo)) => json!({"limit": fifo.limit}),
        Some(QdiscOptionsView::Tbf(tbf)) => json!({"rate": tbf.parameters()?.unwrap().rate.rate}),
        _ => json!({}),
    };
    let root = qdisc.parent() == TcHandle::ROOT;
    Ok(Fields::default()
        .some("kind", qdisc.kind()?)
        .set("handle", handle_text(qdisc.handle()))
        .set("dev", names[&qdisc.index()].clone())
        .some("root", root.then_some(true))
        .some("parent", (!root).then(|| handle_text(qdisc.parent())))
        .some(
            "refcnt",
            Some(qdisc.info()).filter(|references| *references != 1),
        )
        .set("options", options)
        .set("bytes", basic.bytes)
        .set("packets", basic.packets)
        .set("drops", queue.drops)
        .set("overlimits", queue.overlimits)
        .set("requeues", queue.requeues)
        .set("backlog", queue.backlog)
        .set("qlen", queue.len)
        .done())
}

#[test]
fn filters_are_as_tc_says() {
    in_namespace(|| {
        judged(setup, async |handle| {
            let names = names(&handle).await?;
            let link = *names.iter().find(|(_, name)| *name == "vb").unwrap().0;
            let request = || Filter::dump().index(link).parent(TcHandle::CLSACT_INGRESS);
            let ours = async || {
                let list = all(handle.list(&request())).await?;
                list.iter()
                    .map(|each| filter(each.view(), &names))
                    .collect()
            };
            agree(ours, || says("tc -j -d filter show dev vb ingress")).await
        });
    });
}

fn filter(filter: FilterView<'_>, names: &HashMap<u32, String>) -> Result<Value, Error> {
    let options = match filter.options()? {
        Some(FilterOptionsView::U32(u32)) => {
            let mut fields = Fields::default().some("ht_divisor", u32.divisor()?);
            if let Some(found) = u32.selector()? {
                let keys: Vec<_> = found.keys.collect();
                assert_eq!(keys.len(), 1);
                let key = keys[0];
                let actions: Vec<Value> = u32
                    .actions()
                    .indexed()
                    .map(|action| {
                        let (order, action) = action?;
                        let Some(ActionOptionsView::Mirred(mirred)) = action.options()? else {
                            panic!("not mirred: {action:?}");
                        };
                        let parameters = mirred.parameters()?.unwrap();
                        assert_eq!(parameters.action, MirredAction::EGRESS_REDIRECT);
                        Ok(json!({
                            "order": order,
                            "kind": action.kind()?,
                            "mirred_action": "redirect",
                            "direction": "egress",
                            "to_dev": names[&parameters.link],
                            "control_action": {"type": lower(&parameters.verdict)},
                            "index": parameters.index,
                            "ref": parameters.references,
                            "bind": parameters.bindings,
                        }))
                    })
                    .collect::<Result<_, Error>>()?;
                fields = fields
                    .set(
                        "match",
                        json!({
                            "value": format!("{:x}", key.value),
                            "mask": format!("{:x}", key.mask),
                            "off": key.offset,
                        }),
                    )
                    .set("actions", actions);
            }
            Some(fields.done())
        }
        _ => None,
    };
    assert_eq!(filter.protocol(), 0x0800);
    Ok(Fields::default()
        .set("protocol", "ip")
        .set("pref", filter.priority())
        .some("kind", filter.kind()?)
        .some("chain", filter.chain()?)
        .some("options", options)
        .done())
}

#[test]
fn classes_are_as_tc_says() {
    in_namespace(|| {
        judged(setup, async |handle| {
            let names = names(&handle).await?;
            let link = *names.iter().find(|(_, name)| *name == "va").unwrap().0;
            let list = all(handle.list(&Class::dump().index(link))).await?;
            let [class] = list.as_slice() else {
                panic!("not one: {list:?}");
            };
            let class = class.view();
            let Some(ClassOptionsView::Htb(htb)) = class.options()? else {
                panic!("not an HTB class: {class:?}");
            };
            let settings = htb.class()?.unwrap();
            let text = output("tc -d class show dev va");
            // The qdisc below it, by the tool's own words, is in `info`.
            let expected = format!(
                "class {} {} root leaf {} prio {} quantum {} rate {}Mbit ceil {}Mbit",
                class.kind()?.unwrap(),
                handle_text(class.handle()),
                handle_text(TcHandle(class.info())),
                settings.priority,
                settings.quantum,
                settings.rate.rate / 125_000,
                settings.ceil.rate / 125_000,
            );
            assert!(text.starts_with(&expected), "{text}\nagainst {expected}");
            assert!(
                text.contains(&format!("level {}", settings.level)),
                "{text}"
            );
            Ok(())
        });
    });
}
