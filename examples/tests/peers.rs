//! `peers`: the two programs together, with and without the privilege to join a group, and
//! each in a process of its own.

mod common;

use common::{Live, bad, good, run};
use netlane_testkit::in_namespace;

/// What the user's program prints, apart from the greeting.
const TALK: [&str; 12] = [
    r#"hello: type 25, sequence 0: "hello users!!!""#,
    r#"command 0: type 0, sequence 0: "S known you !""#,
    r#"command 1: type 0, sequence 0: "I known you !""#,
    "malformed: ",
    "0000  0b 00 00 00 ",
    "0010  49 20 6b 6e 6f 77 6e 20 79 6f 75 ",
    r#"echo: type 0, sequence 0: "is anybody there?""#,
    "reply: type 0, sequence ",
    r#"asked: type 33, sequence 0: "what is your name?""#,
    r#"asked: type 33, sequence 0: "what is your quest?""#,
    r#"asked: type 33, sequence 0: "what is your port?""#,
    r#"at last: type 35, sequence 0: "thank you""#,
];

fn assert_talk(text: &str) {
    let lines: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with("greeting"))
        .collect();
    assert_eq!(lines.len(), TALK.len(), "{text}");
    for (line, expected) in lines.iter().zip(TALK) {
        assert!(line.starts_with(expected), "'{line}' is not '{expected}'");
    }
    assert!(text.contains(r#""awaited""#), "{text}");
}

#[test]
fn two_programs_talk() {
    assert_talk(&good(&run("peers", &[])));
}

#[test]
fn with_privilege_everybody_hears_the_greeting() {
    in_namespace(|| {
        let text = good(&run("peers", &[]));
        assert_talk(&text);
        let greeting = r#"greeting: type 32, sequence 0: "Greeting from kernel!""#;
        let heard = text.lines().filter(|line| *line == greeting).count();
        assert_eq!(heard, 2, "{text}");
    });
}

#[test]
fn a_server_serves_one_after_the_other() {
    in_namespace(|| {
        let mut server = Live::start("peers", &["serve", "--port", "7000"]);
        assert_eq!(server.line(), "serving at ports 7000 and following");
        for _ in 0..2 {
            assert_talk(&good(&run("peers", &["talk", "--port", "7000"])));
        }
    });
}

#[test]
fn without_a_server_the_error_says_so() {
    in_namespace(|| {
        let error = bad(&run("peers", &["talk", "--port", "9000"]), 1);
        assert!(error.contains("no socket has that port"), "{error}");
    });
    for port in ["0", "4294967295", "x"] {
        bad(&run("peers", &["talk", "--port", port]), 2);
    }
}
