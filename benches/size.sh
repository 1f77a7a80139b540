#!/usr/bin/env bash
# What a family costs whoever uses it: the time to build, and the size of a program that uses one thing of it, beside a
# program that uses netlane alone.
#
#   benches/size.sh
#
# The programs are built one after the other with `--release`, stripped, into one folder that is removed again. The
# first line is a build from nothing, and each further line the time for what the lines above have not built, by the clock
# and of the processor, which travels better. It takes minutes, so CI does not run it.
set -euo pipefail
shopt -s inherit_errexit

top=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A program's name, its dependencies (crate or crate:feature of netlane, or another's name=version), and what its `main`
# does.
programs=(
    'netlane||handle.ping().await?;'
    'derive alone|wire:derive|handle.ping().await?;'
    'links|route:handle|handle.links().get("lo").await?;'
    'links, tc built|route:handle route:tc|handle.links().get("lo").await?;'
    'routes|route:handle|println!("{:?}", handle.routes().to([127, 0, 0, 1]).await?);'
    'filters|route:handle route:tc|println!("{:?}", handle.list(&netlane_route::Filter::dump().index(1)).collect_all().await?);'
    'generic|generic:handle|println!("{:?}", netlane_generic::Resolver::new(handle).family("nlctrl").await?);'
    'ethtool|generic:handle ethtool|println!("{:?}", netlane_generic::Resolver::new(handle).call(netlane_ethtool::LinkState::get().device(|d| d.name("lo"))).await?);'
    'mptcp-pm|generic:handle mptcp-pm|println!("{:?}", netlane_generic::Resolver::new(handle).call(netlane_mptcp_pm::Limits::get()).await?);'
    'taskstats|generic:handle taskstats|println!("{:?}", netlane_generic::Resolver::new(handle).call(netlane_taskstats::Query::get().task(1)).await?);'
    'uevent|uevent|handle.ping().await?; println!("{:?}", netlane_uevent::Uevent::parse(b"add@/devices/x").ok());'
    'connector|connector|handle.send(netlane_connector::process::listen()).await?; println!("{:?}", netlane_connector::process::Event::parse(&[]).ok());'
    'packet|packet netlink-packet-route=0.34|println!("{:?}", netlane_packet::PacketHandle::new(handle).request_one(RouteNetlinkMessage::GetLink(Default::default())).await.ok());'
)

# Prints the lines of a manifest for `route:handle route:tc`.
dependencies() {
    local -A features=()
    local word
    for word in $1; do
        [[ $word == *=* ]] && echo "${word%%=*} = \"${word#*=}\"" && continue
        local crate=${word%%:*}
        features[$crate]+=${features[$crate]+${features[$crate]:+, }}
        [[ $word == *:* ]] && features[$crate]+="\"${word#*:}\""
    done
    for word in "${!features[@]}"; do
        echo "netlane-$word = { path = \"$top/crates/netlane-$word\", features = [${features[$word]}] }"
    done
}

# Makes a program, builds it, and prints its seconds and bytes.
measure() {
    local uses=$1 body=$2 dir=$work/program
    rm -rf "$dir"
    mkdir -p "$dir/src"
    {
        printf '[package]\nname = "program"\nedition = "2024"\n[workspace]\n[profile.release]\nstrip = true\n[dependencies]\n'
        echo "netlane = { path = \"$top/crates/netlane\" }"
        echo 'tokio = { version = "1", features = ["rt", "macros"] }'
        dependencies "$uses"
    } >"$dir/Cargo.toml"
    local protocol=ROUTE
    [[ $uses == *generic* ]] && protocol=GENERIC
    [[ $uses == uevent ]] && protocol=KOBJECT_UEVENT
    [[ $uses == connector ]] && protocol=CONNECTOR
    {
        [[ $uses == *route:* ]] && printf '#[allow(unused_imports)]\nuse netlane_route::RouteHandle as _;\n'
        [[ $uses == *packet-route* ]] && echo 'use netlink_packet_route::RouteNetlinkMessage;'
        echo '#[tokio::main(flavor = "current_thread")]'
        echo 'async fn main() -> Result<(), netlane::Error> {'
        echo "    let handle = netlane::spawn(netlane::Protocol::$protocol)?;"
        echo "    $body"
        echo '    Ok(())'
        echo '}'
    } >"$dir/src/main.rs"
    cp "$top/Cargo.lock" "$dir/Cargo.lock"
    # Downloads are no part of the time.
    (cd "$dir" && cargo fetch --quiet)
    local began=$EPOCHREALTIME cpu TIMEFORMAT='%U %S'
    cpu=$({ time (cd "$dir" && CARGO_TARGET_DIR="$work/target" cargo build --quiet --release --offline >&3 2>&3); } 3>&2 2>&1)
    local ended=$EPOCHREALTIME
    awk -v a="$began" -v b="$ended" -v cpu="$cpu" -v size="$(stat -c %s "$work/target/release/program")" \
        'BEGIN { split(cpu, parts); printf "%.1f %.1f %d\n", b - a, parts[1] + parts[2], size }'
}

printf '%-16s %8s %8s %10s %12s\n' program 'build s' 'cpu s' bytes 'added bytes'
base=
for program in "${programs[@]}"; do
    IFS='|' read -r name uses body <<<"$program"
    read -r seconds cpu size < <(measure "$uses" "$body")
    : "${base:=$size}"
    printf '%-16s %8s %8s %10d %+12d\n' "$name" "$seconds" "$cpu" "$size" "$((size - base))"
done
