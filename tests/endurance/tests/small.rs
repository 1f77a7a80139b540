//! Each command at a small size: it ends, it balances, and it says so. What the sizes of the real
//! thing show, RELIABILITY.md says.
#![cfg(target_os = "linux")]

use std::process::Command;

/// Runs a command; its sheet balances.
fn balances(arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_netlane-endurance"))
        .args(arguments)
        .output()
        .expect("the program starts");
    let sheet = String::from_utf8(output.stdout).expect("text");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{sheet}\n{errors}");
    assert!(sheet.ends_with("\nbalances\n"), "{sheet}");
    sheet
}

/// Fails without the credit window (`Credit::fits`).
#[test]
fn ten_thousand_requests_are_answered() {
    let sheet = balances(&["million", "--requests", "10000", "--futures", "2000"]);
    assert_eq!(sheet.matches("answered rightly = asked").count(), 3);
}

/// Fails when what a full queue drops is not told (`WhenFull`).
#[test]
fn ten_thousand_messages_are_received_or_known_to_be_lost() {
    let sheet = balances(&["flood", "--messages", "10000"]);
    assert_eq!(sheet.matches("received + lost = sent").count(), 6);
}

#[test]
fn twenty_thousand_routes_are_dumped_whole() {
    let sheet = balances(&["dumps", "--routes", "20000"]);
    assert_eq!(sheet.matches("entries").count(), 11);
}

/// Fails when lanes are not connected to the kernel, and when a reply's sender is not looked at.
#[test]
fn a_small_siege_is_withstood() {
    let sheet = balances(&["hostile", "--requests", "50", "--flood", "20"]);
    assert!(sheet.contains("wrong answers accepted"), "{sheet}");
}

#[test]
fn two_seconds_of_everything_leave_nothing() {
    let sheet = balances(&["soak", "--seconds", "2", "--routes", "2000"]);
    assert!(sheet.contains("leaked: descriptors"), "{sheet}");
}
