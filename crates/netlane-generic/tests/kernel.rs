//! The controller of the running kernel: what it tells, against what `genl` tells (of iproute2, the judge).

use std::collections::BTreeMap;
use std::process::Command;

use netlane_generic::controller::CommandFlags;
use netlane_generic::{Family, NOTIFY, Numbered, Resolver};
use netlane_wire::PolicyKind;

fn resolver() -> Resolver {
    Resolver::new(netlane::spawn(netlane::Protocol::GENERIC).expect("generic netlink"))
}

/// Name, then id, version, header length and highest attribute.
type Told = BTreeMap<String, [u32; 4]>;

/// What `genl ctrl list` prints.
fn judged() -> Told {
    let output = Command::new("genl").args(["ctrl", "list"]).output();
    let output = output.expect("it is there");
    let text = String::from_utf8(output.stdout).expect("text");
    let mut told = Told::new();
    let mut name = String::new();
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("Name: ") {
            rest.trim().clone_into(&mut name);
        } else if line.trim_start().starts_with("ID: ") {
            let numbers: Vec<u32> = line.split_whitespace().filter_map(number).collect();
            told.insert(name.clone(), numbers.try_into().expect("four numbers"));
        }
    }
    told
}

fn number(word: &str) -> Option<u32> {
    match word.strip_prefix("0x") {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => word.parse().ok(),
    }
}

#[tokio::test]
async fn every_family_is_as_genl_tells() {
    if !netlane_testkit::has_tool("genl", "iproute2") {
        return;
    }
    let families = resolver()
        .list(Family::dump())
        .await
        .expect("the controller");
    let families = families.collect_all().await.expect("a dump");
    let told: Told = families
        .iter()
        .map(|family| {
            let family = family.view();
            let numbers = [
                u32::from(family.id().unwrap().unwrap()),
                family.version().unwrap().unwrap(),
                family.header_len().unwrap().unwrap(),
                family.max_attribute().unwrap().unwrap(),
            ];
            (family.name().unwrap().unwrap().to_owned(), numbers)
        })
        .collect();
    assert_eq!(told, judged());
}

#[tokio::test]
async fn a_family_has_its_commands_and_groups() {
    let resolver = resolver();
    let family = resolver.family("nlctrl").await.expect("the controller");
    let view = family.view();
    let get = view
        .commands()
        .map(Result::unwrap)
        .find(|command| command.id() == Ok(Some(3)))
        .expect("CTRL_CMD_GETFAMILY");
    let flags = get.flags().unwrap().unwrap();
    assert!(
        flags.contains(CommandFlags::DO | CommandFlags::DUMP),
        "{flags:?}"
    );
    let group = resolver.group("nlctrl", NOTIFY).await.expect("its group");
    assert_eq!(view.group(NOTIFY), Ok(Some(group)));
    drop(resolver.subscribe("nlctrl", NOTIFY).await.expect("joined"));
    let error = resolver
        .group("nlctrl", "nobody")
        .await
        .expect_err("no group");
    assert_eq!(error.kind(), netlane::ErrorKind::Decode, "{error}");
}

#[tokio::test]
async fn the_policies_of_a_family_are_read() {
    let parts = resolver()
        .list(Family::dump_policy().name("nlctrl"))
        .await
        .expect("the controller")
        .collect_all()
        .await
        .expect("a dump");
    let rules: Vec<_> = parts
        .iter()
        .flat_map(|part| part.view().rules().map(Result::unwrap).collect::<Vec<_>>())
        .collect();
    let name = rules
        .iter()
        .find(|rule| rule.attribute == 2)
        .expect("CTRL_ATTR_FAMILY_NAME");
    assert_eq!(name.accepts.kind, Some(PolicyKind::NulString), "{name:?}");
    let commands: Vec<u16> = parts
        .iter()
        .flat_map(|part| part.view().command_policies().indexed().collect::<Vec<_>>())
        .map(|command| command.unwrap().0)
        .collect();
    assert!(
        commands.contains(&3),
        "CTRL_CMD_GETFAMILY has a policy: {commands:?}"
    );
}

#[tokio::test]
async fn a_refusal_names_the_attribute() {
    let resolver = resolver();
    // CTRL_ATTR_FAMILY_ID of the wrong size, which the kernel's policy refuses.
    let request = Numbered::controller(Family::get().attribute(1, &[1]));
    let error = resolver.handle().call(&request).await.expect_err("refused");
    assert_eq!(error.attribute(), Some("family.id"), "{error}");
}
