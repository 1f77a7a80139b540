//! Gives a test the privilege to make network namespaces, whoever runs it.
//! Owns the re-execution under a user namespace; must not know what the test does.
//! Mirrors user_namespaces(7) and unshare(1).
//!
//! A process with threads cannot enter a new user namespace, and a test always runs beside
//! threads of its harness. So a test that lacks privilege runs *itself*, alone, in a child
//! process that starts inside one.

use std::any;
use std::env;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};
use std::thread;

use crate::NetworkNamespace;

/// Set in the re-executed process, so that one which still lacks privilege does not try again.
const MARKER: &str = "NETLANE_TESTKIT_IN_USER_NAMESPACE";

/// Runs the body of a test on a thread inside a fresh network namespace.
///
/// With privilege (root, or in a user namespace) it runs in this process. A plain user's test
/// is executed once more, alone, under `unshare --user --map-root-user` (util-linux); its output
/// and its failure are this test's. The body may be told apart from its surroundings: threads
/// and runtimes that it starts are inside the namespace, everything outside it is not. So build
/// the tokio runtime in the body.
///
/// `body` must be a closure written directly in the test function: its name tells which test to
/// execute.
///
/// # Panics
///
/// With the panic of `body`, and when neither way works: then the message says what is missing.
/// A test never passes without having run.
pub fn in_namespace<F: FnOnce() + Send>(body: F) {
    match NetworkNamespace::new() {
        Ok(namespace) => namespace.run(body),
        Err(error) if lacks_privilege(&error) => run_alone(&test_name::<F>()),
        Err(error) => panic!("cannot make a network namespace: {error}"),
    }
}

/// Makes sure that this process may create network namespaces, for programs that have a `main`
/// of their own: call it first there.
///
/// With privilege it returns at once. Otherwise it replaces the process by the same program with
/// the same arguments as root of a new user namespace, and in a new network namespace; that one returns
/// from here.
///
/// # Errors
///
/// Where unprivileged user namespaces are forbidden or unshare(1) is missing.
pub fn reexec_in_user_namespace() -> io::Result<()> {
    match NetworkNamespace::new() {
        Ok(_) => Ok(()),
        Err(error) if lacks_privilege(&error) => {
            let mut command = unshare(&["--net"])?;
            command.args(env::args_os().skip(1));
            Err(command.exec())
        }
        Err(error) => Err(error),
    }
}

/// Whether the failure is one that a user namespace cures; one inside it is final.
fn lacks_privilege(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::PermissionDenied && env::var_os(MARKER).is_none()
}

fn run_alone(test: &str) {
    let output = unshare(&[])
        .and_then(|mut command| {
            command
                .args(["--exact", test, "--nocapture", "--include-ignored"])
                .output()
        })
        .unwrap_or_else(|error| panic!("cannot run unshare(1) of util-linux: {error}"));
    // By print, which the harness captures with the rest of this test's output.
    print!("{}", String::from_utf8_lossy(&output.stdout));
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    if let Some(complaint) = complaint(test, &output) {
        panic!("{complaint}");
    }
}

/// What is wrong with the re-executed test, if anything.
fn complaint(test: &str, output: &Output) -> Option<String> {
    if !output.status.success() {
        return Some(format!(
            "{test}, run as root of a user namespace, failed ({}); its output is above. If it is \
             unshare that failed: this machine forbids unprivileged user namespaces (sysctl \
             kernel.unprivileged_userns_clone, user.max_user_namespaces or an AppArmor rule)",
            output.status
        ));
    }
    // A filter that matches nothing also ends well.
    let ran = String::from_utf8_lossy(&output.stdout).contains("1 passed");
    (!ran).then(|| {
        format!(
            "no test '{test}' ran: in_namespace takes a closure written directly in the test function"
        )
    })
}

/// This program under unshare(1), without arguments yet.
fn unshare(options: &[&str]) -> io::Result<Command> {
    let mut command = Command::new("unshare");
    command
        .args(["--user", "--map-root-user"])
        .args(options)
        .arg("--")
        .arg(env::current_exe()?)
        .env(MARKER, "1");
    Ok(command)
}

/// The harness's name of the test whose closure is `F`.
///
/// The harness names its threads after the tests, but runs them on its main thread when it has
/// only one. There the closure's own path serves: `binary::module::test::{{closure}}`.
fn test_name<F>() -> String {
    let current = thread::current();
    match current.name() {
        Some(name) if name != "main" => name.to_owned(),
        _ => name_from_path(any::type_name::<F>()),
    }
}

fn name_from_path(path: &str) -> String {
    let function = path.split("::{{closure}}").next().unwrap_or(path);
    let (_, name) = function.split_once("::").unwrap_or(("", function));
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{ExitStatus, Output};

    use super::{complaint, name_from_path};

    #[test]
    fn a_closure_knows_its_test() {
        assert_eq!(name_from_path("links::veth::{{closure}}"), "veth");
        assert_eq!(
            name_from_path("kit::outer::inner::test::{{closure}}::{{closure}}"),
            "outer::inner::test"
        );
        assert_eq!(name_from_path("plain"), "plain");
    }

    #[test]
    fn only_a_test_that_ran_and_passed_is_good() {
        let output = |raw: i32, stdout: &str| Output {
            status: ExitStatus::from_raw(raw),
            stdout: stdout.as_bytes().to_vec(),
            stderr: Vec::new(),
        };
        assert_eq!(complaint("t", &output(0, "ok. 1 passed; 0 failed")), None);
        let failed = complaint("t", &output(101 << 8, "0 passed; 1 failed")).unwrap();
        assert!(failed.contains("exit status: 101"), "{failed}");
        let absent = complaint("t", &output(0, "ok. 0 passed; 0 failed")).unwrap();
        assert!(absent.contains("no test 't' ran"), "{absent}");
    }
}
