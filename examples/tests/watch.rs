//! `watch` with events made for it, in network namespaces of their own.

mod common;

use common::{Live, good, run};
use netlane_testkit::{Links, in_namespace};

#[test]
fn events_are_printed_in_their_order() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        let mut watch = Live::start("watch", &["links", "addresses", "routes"]);
        assert_eq!(watch.line(), "watching");

        links.veth("left", "right").unwrap();
        watch.until(": left down");
        links.set_up("left").unwrap();
        watch.until(": left up");
        links
            .add_address("left", "192.0.2.1".parse().unwrap(), 24)
            .unwrap();
        assert_eq!(watch.until("192.0.2.1/24"), "address  192.0.2.1/24 on left");
        links
            .delete_address("left", "192.0.2.1".parse().unwrap(), 24)
            .unwrap();
        assert_eq!(watch.until("192.0.2.1/24"), "address -192.0.2.1/24 on left");
        links
            .add_route("left", "198.51.100.0".parse().unwrap(), 24)
            .unwrap();
        assert_eq!(
            watch.until("198.51.100.0/24"),
            "route    198.51.100.0/24 on left"
        );
        links.delete("left").unwrap();
        let gone = watch.until("link -");
        assert!(gone.contains("left") || gone.contains("right"), "{gone}");
    });
}

#[test]
fn only_what_was_asked_for_comes() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        let mut watch = Live::start("watch", &["neighbours", "--count", "1"]);
        assert_eq!(watch.line(), "watching");
        links.veth("left", "right").unwrap();
        links.set_up("left").unwrap();
        links
            .add_neighbour("left", "192.0.2.7".parse().unwrap(), [2, 0, 0, 0, 0, 7])
            .unwrap();
        let text = watch.rest();
        let mut lines = text.lines();
        assert_eq!(
            lines.next(),
            Some("neigh    192.0.2.7 is 02:00:00:00:00:07 on left")
        );
        assert!(
            lines.next().unwrap().contains("1 events came, 0 were lost"),
            "{text}"
        );
    });
}

#[test]
fn a_slow_reader_is_told_what_it_missed_and_where() {
    in_namespace(|| {
        let mut links = Links::open().unwrap();
        // If the numbers do not add up, it ends, and with it the loop below.
        let limits = ["--capacity", "2", "--pause", "200", "--seconds", "60"];
        let mut watch = Live::start("watch", &[&["links"][..], &limits].concat());
        assert_eq!(watch.line(), "watching");
        // The first is printed, and the program rests. Two of the others wait for it.
        for number in 0..20 {
            links.bridge(&format!("br{number}")).unwrap();
        }
        let (mut printed, mut lost) = (0, 0);
        while printed + lost < 20 {
            let line = watch.line();
            match line.strip_prefix("LOST     ") {
                Some(loss) => {
                    assert!(printed > 0, "what preceded the loss comes first");
                    assert!(loss.contains("events lost: this subscription's queue was full"));
                    lost += loss.split(' ').next().unwrap().parse::<u64>().unwrap();
                }
                None => {
                    assert!(line.starts_with("link     "), "'{line}', {printed}, {lost}");
                    printed += 1;
                }
            }
        }
        // Nothing is missing from the sum, and what follows comes after it.
        assert!(lost > 0 && printed + lost == 20, "{printed} and {lost}");
        links.bridge("late").unwrap();
        assert!(watch.line().contains(": late "));
    });
}

#[test]
fn it_ends_when_the_time_is_up() {
    let text = good(&run("watch", &["--seconds", "0"]));
    assert!(text.starts_with("watching\n"), "{text}");
    assert!(text.ends_with(" were lost\n"), "{text}");
}
