//! A program with a `main` of its own that makes sure of its privilege first. Run as root it
//! returns at once; as a plain user it is this same program that arrives below, as root of a
//! user namespace and with its arguments.

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    use netlane_testkit::{Links, NetworkNamespace, reexec_in_user_namespace};

    let asked_for = std::env::args_os().len();
    reexec_in_user_namespace()?;
    let namespace = NetworkNamespace::new()?;
    namespace.run(|| Links::open()?.bridge("br0"))?;
    assert_eq!(std::env::args_os().len(), asked_for);

    // Nothing is left to gain, so a second call returns too.
    reexec_in_user_namespace()?;
    println!("privilege to make network namespaces: yes");
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn main() {}
