#!/usr/bin/env bash
# The benchmark as a program that is built with a profile of its own work (profile-guided
# optimisation): what the same source costs when the compiler knows which branches are taken.
#
#     rustup component add llvm-tools          # once
#     benches/profiled.sh compare --quick --runs 3
#
# Both sides are trained: the blocking loops are in the same program. Nothing here needs root.
set -euo pipefail
cd "$(dirname "$0")/.."

profdata=$(find "$(rustc --print sysroot)" -name llvm-profdata -print -quit)
if [ -z "$profdata" ]; then
    echo "no llvm-profdata beside this compiler: rustup component add llvm-tools" >&2
    exit 1
fi
target=${CARGO_TARGET_DIR:-target}/profiled
profile=$target/profile

build() {
    RUSTFLAGS="$1" cargo build --quiet --release -p netlane-benches --target-dir "$2"
}

rm -rf "$profile"
mkdir -p "$profile"
echo "building with counters ..." >&2
build "-Cprofile-generate=$(realpath "$profile")" "$target/counting"
echo "training ..." >&2
"$target/counting/release/netlane-benches" compare --smoke >/dev/null
"$profdata" merge -o "$profile/merged.profdata" "$profile"
echo "building with the profile ..." >&2
build "-Cprofile-use=$(realpath "$profile")/merged.profdata" "$target/using"
exec "$target/using/release/netlane-benches" "$@"
