//! The examples that only ask: run as a user would, against the running kernel, without privilege.

mod common;

use std::io::Read;

use common::{Live, bad, example, finish, good, run};
use netlane_testkit::{Links, in_namespace};

const ALL: [&str; 9] = [
    "tour",
    "ping",
    "list_links",
    "routes",
    "watch",
    "many_tasks",
    "families",
    "own_family",
    "peers",
];

#[test]
fn tour_shows_every_table_and_ends() {
    let text = good(&run("tour", &["--seconds", "1"]));
    for title in [
        "Links (",
        "Addresses (",
        "Routes, main table (",
        "Neighbours (",
        "Generic netlink families (",
        "Cost of a ping",
        "Events, for 1 s",
    ] {
        assert!(text.contains(title), "no '{title}' in:\n{text}");
    }
    assert!(text.contains(": lo "), "{text}");
    assert!(text.contains("16: nlctrl"), "{text}");
    assert!(text.contains("each"), "{text}");
}

#[test]
fn tour_shows_what_a_namespace_has() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        links.veth("left", "right").unwrap();
        for name in ["lo", "left", "right"] {
            links.set_up(name).unwrap();
        }
        let (address, far) = ("192.0.2.1".parse().unwrap(), "192.0.2.7".parse().unwrap());
        links.add_address("left", address, 24).unwrap();
        links
            .add_neighbour("left", far, [2, 0, 0, 0, 0, 7])
            .unwrap();
        links
            .add_route("left", "198.51.100.0".parse().unwrap(), 24)
            .unwrap();

        let text = good(&run("tour", &["--seconds", "0", "--lines", "1000"]));
        for line in [
            ": left up, mtu 1500, ",
            ", veth",
            "192.0.2.1/24 on left",
            "198.51.100.0/24 on left",
            "192.0.2.7 is 02:00:00:00:00:07 on left",
        ] {
            assert!(text.contains(line), "no '{line}' in:\n{text}");
        }
    });
}

#[test]
fn tour_shows_an_empty_namespace() {
    in_namespace(|| {
        let text = good(&run("tour", &["--seconds", "0"]));
        assert!(text.contains("Links (1)\n    1: lo down"), "{text}");
        assert!(text.contains("Routes, main table (0)"), "{text}");
    });
}

#[test]
fn tour_cuts_long_tables_short() {
    let text = good(&run("tour", &["--seconds", "0", "--lines", "0"]));
    assert!(text.contains("... and "), "{text}");
    assert!(!text.contains("nlctrl"), "{text}");
}

#[test]
fn list_links_lists_them() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        links.bridge("br0").unwrap();
        let text = good(&run("list_links", &[]));
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("1: lo down, mtu 65536"), "{text}");
        let bridge = lines.iter().find(|line| line.contains(": br0 down"));
        assert!(bridge.unwrap().ends_with(", bridge"), "{text}");
    });
}

#[test]
fn list_links_looks_into_another_namespace() {
    in_namespace(|| {
        Links::open().unwrap().bridge("inside").unwrap();
        // This thread is in the namespace, the program's main thread is not told so.
        let path = format!("/proc/{}/ns/net", std::process::id());
        let outside = good(&run("list_links", &["--namespace", &path]));
        assert!(!outside.contains("inside"), "{outside}");
        let here = good(&run("list_links", &["--namespace", "/proc/self/ns/net"]));
        assert!(here.contains("inside"), "{here}");
    });
    let error = bad(&run("list_links", &["--namespace", "no such one"]), 1);
    assert!(error.contains("no such one"), "{error}");
}

#[test]
fn routes_prints_the_ipv4_table() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        links.veth("left", "right").unwrap();
        links.set_up("left").unwrap();
        links
            .add_route("left", "198.51.100.0".parse().unwrap(), 24)
            .unwrap();
        links
            .add_route("left", "2001:db8::".parse().unwrap(), 32)
            .unwrap();

        let text = good(&run("routes", &[]));
        let mut lines = text.lines();
        assert!(lines.next().unwrap().starts_with("Destination "), "{text}");
        let words: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
        assert_eq!(words, ["198.51.100.0/24", "-", "left"]);
        assert_eq!(lines.next(), None, "{text}");

        let text = good(&run("routes", &["--ipv6"]));
        assert!(text.contains("2001:db8::/32"), "{text}");
        assert!(!text.contains("198.51.100.0"), "{text}");
        // A table that does not exist has no routes.
        assert_eq!(good(&run("routes", &["--table", "99"])).lines().count(), 1);
    });
}

#[test]
fn ping_reports_each_and_a_summary() {
    let text = good(&run("ping", &["--count", "3", "--interval", "0"]));
    assert!(text.starts_with("NETLINK_ROUTE: port "), "{text}");
    assert!(text.contains("acknowledgement 3 after "), "{text}");
    assert!(
        text.lines().last().unwrap().starts_with("fastest "),
        "{text}"
    );
    let text = good(&run("ping", &["generic", "--count", "1"]));
    assert!(text.starts_with("NETLINK_GENERIC: "), "{text}");
}

#[test]
fn ping_says_what_a_protocol_lacks() {
    let error = bad(&run("ping", &["usersock"]), 1);
    assert!(error.contains("does not answer"), "{error}");
    let error = bad(&run("ping", &["29"]), 1);
    assert!(error.contains("protocol 29"), "{error}");
}

#[test]
fn families_are_listed_and_resolved() {
    let all = good(&run("families", &[]));
    assert!(all.contains("nlctrl: id 16, version 2"), "{all}");
    let one = good(&run("families", &["nlctrl"]));
    assert!(one.starts_with("nlctrl: id 16, version 2"), "{one}");
    assert!(one.contains("group notify = "), "{one}");
    let error = bad(&run("families", &["nlctrl", "no such family"]), 1);
    assert!(error.contains("cannot resolve 'no such family'"), "{error}");
}

#[test]
fn a_family_of_ones_own_answers_and_notifies() {
    in_namespace(|| {
        let mut program = Live::start("own_family", &["--watch", "2"]);
        let loopback = program.line();
        assert!(
            loopback.contains("device { index: 1, xdp: XdpFeatures("),
            "{loopback}"
        );
        program.until("device Some(1) can ");
        Links::open().unwrap().veth("left", "right").unwrap();
        assert!(program.line().starts_with("ADDED: device { index: "));
        assert!(program.rest().starts_with("ADDED: device { index: "));
    });
}

#[test]
fn many_tasks_get_their_own_answers() {
    let text = good(&run("many_tasks", &["--tasks", "50", "--rounds", "20"]));
    // 45 tasks ask for a link, 5 for the table, each 20 times; one more dump at the start.
    assert!(text.contains(", 101 dumps"), "{text}");
    assert!(text.contains(" 0 refused, 0 lost"), "{text}");
}

#[test]
fn every_program_explains_itself_and_refuses_what_it_does_not_know() {
    for name in ALL {
        let help = good(&run(name, &["--help"]));
        assert!(help.contains("Usage: "), "{name}: {help}");
        let error = bad(&run(name, &["--no-such-option"]), 2);
        assert!(error.contains("--no-such-option"), "{name}: {error}");
    }
    for (name, arguments) in [
        ("ping", ["--count", "0"]),
        ("ping", ["--interval", "99999999999999999999999"]),
        ("routes", ["--table", "main"]),
        ("many_tasks", ["--tasks", "0"]),
        ("watch", ["--seconds", "-1"]),
        ("watch", ["--capacity", "x"]),
        ("tour", ["--seconds", "soon"]),
        ("ping", ["no_such_protocol", "--count=1"]),
    ] {
        bad(&run(name, &arguments), 2);
    }
}

#[test]
fn a_reader_that_leaves_is_no_failure() {
    for (name, arguments) in [
        ("tour", &["--seconds", "0"][..]),
        ("ping", &["--count", "2000", "--interval", "0"]),
        ("list_links", &[]),
        ("routes", &[]),
        ("families", &[]),
        ("own_family", &[]),
        ("many_tasks", &["--tasks", "1", "--rounds", "1"]),
    ] {
        let mut child = example(name, arguments).spawn().unwrap();
        // As `head -c 1` does; some have ended by then, and some write into a closed pipe.
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_exact(&mut [0]).unwrap();
        drop(stdout);
        let output = finish(child);
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(
            output.status.success(),
            "{name}: {}: {errors}",
            output.status
        );
        assert_eq!(errors, "", "{name}");
    }
}
