# Part of tests/lab/run: static test binaries, the initial file system, and the boot.

# The packages whose tests talk to a kernel.
default_tests=(-p netlane-sys -p netlane-testkit -p netlane -p netlane-tests
    -p netlane-generic -p netlane-ethtool -p netlane-mptcp-pm -p netlane-taskstats
    -p netlane-connector -p netlane-uevent -p netlane-packet --features netlane-tests/lab)
# Test binaries for which this is no place: three read the source tree and one runs iproute2, which
# the guest does not have.
not_here='^(guards|kernel_tests_exist|declarations|judges)-'
tests=0

# cargo with the lab's own target folder: a static glibc needs other flags than the rest.
cargo_static() {
    CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}/lab \
    CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS='-C target-feature=+crt-static' \
        cargo "$1" --manifest-path "$root/Cargo.toml" --target $target "${@:2}"
}

build_static() {
    cargo_static build --quiet --message-format=json "$@" >"$work/build.json" || die "cargo build $* failed"
    init=$(executables <"$work/build.json" | tail -1)
}

# Executables named by cargo's messages, one a line.
executables() { sed -n 's/.*"executable":"\([^"]*\)".*/\1/p'; }

# Those of tests: `cargo test` builds programs and examples as well.
test_executables() {
    grep '"profile":{[^}]*"test":true' "$work/tests.json" | executables | sort -u
}

# Builds the tests that `cargo test ARGS [-- LIBTEST-ARGS]` would run.
collect_tests() {
    local cargo_args=() program
    while [ $# -gt 0 ] && [ "$1" != -- ]; do cargo_args+=("$1"); shift; done
    [ $# -eq 0 ] || shift
    [ -z "$long" ] || set -- --include-ignored "$@"
    cargo_static test --no-run --message-format=json-render-diagnostics "${cargo_args[@]}" \
        >"$work/tests.json" || die "cargo test --no-run ${cargo_args[*]} failed"
    while read -r program; do
        [[ $(basename "$program") =~ $not_here ]] || add_test "$program" "$@"
    done < <(test_executables)
    [ $tests -gt 0 ] || die "cargo test ${cargo_args[*]} names no test"
}

# The tutorial's programs, and the script that tries them.
add_tutorial() {
    local program profile
    cargo_static build --quiet --message-format=json -p netlane-tutorial -p netlane-examples \
        --bins --example routes >"$work/tutorial.json" || die "the tutorial does not build"
    for program in $(executables <"$work/tutorial.json"); do
        # The page is written for that folder.
        profile=${program%/debug/*}/debug
        add_program "$program" "tutorial/${program#"$profile"/}"
    done
    mkdir -p "$work/root/lab"
    cp "$lab/tutorial.sh" "$root/docs/tutorial.md" "$work/root/lab/"
    printf '/bin/sh\t/lab/tutorial.sh\n' >>"$work/tests"
}

# Puts program $1 into the guest as $2.
add_program() {
    if readelf -l "$1" | grep -q INTERP; then
        die "$1 is not static: a Rust program needs --target $target and -C target-feature=+crt-static"
    fi
    mkdir -p "$work/root/$(dirname "$2")"
    objcopy --strip-debug "$1" "$work/root/$2"
}

# One line of the guest's list: the program's place there, its arguments, tab-separated.
add_test() {
    local program=$1 guest
    guest=/tests/$(basename "$program")
    [ -x "$program" ] || die "no such program: $program"
    add_program "$program" "${guest#/}"
    (IFS=$'\t'; printf '%s\n' "$guest${2+$'\t'}${*:2}") >>"$work/tests"
    tests=$((tests + 1))
}

# The modules named in the list files, each after those it depends on.
module_files() {
    local lists=("$lab/modules") name
    [ "$image" = full ] && lists+=("$lab/modules.full")
    for name in $(sed 's/#.*//' "${lists[@]}"); do
        modprobe -d "$tree" -S "$abi" --show-depends "$name" 2>"$work/modprobe.log" |
            awk '/^insmod/{print $2}' || die "$abi has no module $name: $(cat "$work/modprobe.log")"
    done | awk '!seen[$0]++'
}

make_initramfs() {
    local files file
    cd "$work/root"
    mkdir -p lab modules proc sys dev tmp run etc
    files=$(module_files) || exit 2
    for file in $files "$built/lab_exit.ko" "$built/netlane_lab.ko"; do
        cp "$file" modules/
        echo "/modules/$(basename "$file")" >>lab/modules
    done
    mv "$work/tests" lab/tests
    env | grep -E '^(RUST_|NETLANE_|PROPTEST_)' >lab/environment || true
    printf '%s\n' "NETLANE_LAB=$abi" PATH=/bin >>lab/environment
    cp /etc/protocols etc/ 2>/dev/null || true
    # For tests that start small programs: true, sleep, mkfifo, ... Not `ip`: no judge of netlink.
    add_program "$(type -P busybox)" bin/busybox
    for file in $(bin/busybox --list | grep -vxE 'busybox|ip'); do ln -s busybox "bin/$file"; done
    add_program "$init" init
    find . | cpio -o -H newc -R 0:0 --quiet >"$work/initramfs" || die "cpio failed"
    cd "$root"
}

# Success is status 33 and nothing else: a panic leaves the emulator with 0.
boot() {
    local status=0 started=$SECONDS memory
    # The file system may fill half of it, while the packed one is still there.
    memory=$((512 + 3 * $(stat -c %s "$work/initramfs") / 1048576))
    # The machine must not outlive this script, however that ends.
    setpriv --pdeathsig TERM timeout "$seconds" setpriv --pdeathsig KILL qemu-system-x86_64 \
        -accel tcg -cpu max -M q35 -smp "$cpus" -m "$memory" \
        -nodefaults -no-user-config -display none -monitor none -no-reboot \
        -serial "file:$work/kernel.log" -serial stdio \
        -device isa-debug-exit,iobase=0xf4,iosize=4 \
        -kernel "$work/vmlinuz" -initrd "$work/initramfs" \
        -append "console=ttyS0 loglevel=5 panic=-1" </dev/null | sed -u 's/\r$//' || status=${PIPESTATUS[0]}
    say "$abi, $((SECONDS - started)) s in the emulator"
    if grep -qE 'BUG:|WARNING:|Oops|Kernel panic|general protection|Call Trace' "$work/kernel.log"; then
        cat "$work/kernel.log" >&2
        say "error: the kernel complained (above)"
        exit 3
    fi
    case $status in
        33) ;;
        3) say "a test failed"; exit 1 ;;
        5) cat "$work/kernel.log" >&2; die "the guest could not start its tests (above)" ;;
        124) cat "$work/kernel.log" >&2; say "error: no end after $seconds s"; exit 3 ;;
        *) cat "$work/kernel.log" >&2; say "error: the emulator left with $status, not 33"; exit 3 ;;
    esac
}
