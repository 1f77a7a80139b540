# Part of tests/lab/run: a Debian kernel and our modules for it, kept in the cache by kernel ABI.
# Sets: abi (such as 6.1.0-56-cloud-amd64), tree (its place in the cache), built (our modules).

# Command and the Debian package that brings it.
tools="qemu-system-x86_64:qemu-system-x86 cpio:cpio busybox:busybox-static depmod:kmod modprobe:kmod gcc-12:gcc-12 make:make
       xz:xz-utils objcopy:binutils flock:util-linux setpriv:util-linux dpkg-deb:dpkg apt-get:apt cargo:(rustup)"

missing_tools() {
    local entry
    for entry in $tools; do
        PATH=$PATH:/usr/sbin:/sbin command -v "${entry%%:*}" >/dev/null || echo "$entry"
    done
}

# Installs what is missing if it may; names what is still missing.
install_tools() {
    local missing
    missing=$(missing_tools)
    if [ -n "$missing" ] && may_install; then
        say "installing" $missing
        update_lists
        packages install -y --no-install-recommends $(sed 's/.*://' <<<"$missing" | grep -v '(') libelf1 ||
            die "cannot install $(echo $missing): apt-get says why above"
        missing=$(missing_tools)
    fi
    [ -z "$missing" ] || die "missing tools (command:package): $(echo $missing)"
    PATH=$PATH:/usr/sbin:/sbin
}

may_install() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null; }

# apt-get as root, patient with a slow mirror and with another apt-get, but not for ever.
packages() {
    local root=()
    [ "$(id -u)" = 0 ] || root=(sudo -n)
    patiently "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get "${apt_options[@]}" "$@"
}

apt_options=(-q -o Acquire::Retries=3 -o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30
    -o DPkg::Lock::Timeout=120)

# Runs a command that talks to the mirror; what it said is shown only if it fails.
patiently() {
    local status=0
    timeout --kill-after=20 300 "$@" >"$work/apt.log" 2>&1 </dev/null || status=$?
    [ $status -eq 0 ] && return
    tail -20 "$work/apt.log" >&2
    [ $status -ne 124 ] || say "no end of '$*' after 300 s"
    return $status
}

# Once per run; who may not works with the lists that are there, and so does everybody while the
# mirror is away.
update_lists() {
    [ -z "${updated-}" ] && may_install || return 0
    updated=1
    packages update || say "apt-get update failed: going on with the lists that are here"
}

# First dependency of package $1 that starts with $2.
depends() {
    apt-cache depends "$1" | sed -n "s/^ *|\{0,1\}Depends: \($2.*\)/\1/p" | head -1
}

# The meta-package says which kernel is current: the ABI number moves with security updates.
resolve_kernel() {
    local series=-$kernel meta
    [ "$kernel" = 6.1 ] && series='' # Debian 12's own
    [ "$image" = cloud ] && meta=linux-image$series-cloud-amd64 || meta=linux-image$series-amd64
    update_lists
    abi=$(depends "$meta" linux-image-)
    abi=${abi#linux-image-}
    [ -n "$abi" ] || die "no package $meta here: is apt's list of packages up to date?"
}

# Unpacks image and headers into the cache; a second run finds them there.
prepare_kernel() {
    local known=$cache/$kernel-$image
    [ -z "$fresh" ] || rm -f "$known"
    if [ -f "$known" ] && [ -f "$cache/$(cat "$known")/complete" ]; then
        abi=$(cat "$known")
    else
        resolve_kernel
        [ -f "$cache/$abi/complete" ] || fetch_kernel
        echo "$abi" >"$known"
    fi
    tree=$cache/$abi
    headers=$tree/usr/src/linux-headers-$abi
    say "kernel $abi"
}

fetch_kernel() {
    local headers=linux-headers-$abi wanted deb partial=$cache/$abi.partial
    wanted=("linux-image-$abi" "$headers" "$(depends "$headers" 'linux-headers-.*-common')"
        "$(depends "$headers" linux-kbuild)")
    say "fetching ${wanted[*]}"
    mkdir "$work/debs"
    (cd "$work/debs" && patiently apt-get "${apt_options[@]}" download "${wanted[@]}") ||
        die "cannot download ${wanted[*]}: apt-get says why above"
    rm -rf "$partial"
    mkdir "$partial"
    for deb in "$work"/debs/*.deb; do dpkg-deb -x "$deb" "$partial"; done
    # The headers' Makefile includes by absolute path; some kernels compress their modules.
    sed -i "s#include /usr/src/#include $cache/$abi/usr/src/#" "$partial/usr/src/linux-headers-$abi/Makefile"
    find "$partial/lib/modules" -name '*.ko.xz' -exec xz -d {} +
    depmod -b "$partial" "$abi"
    touch "$partial/complete"
    rm -rf "${cache:?}/$abi"
    mv "$partial" "$cache/$abi"
}

# Our own modules, rebuilt when their source changes.
build_modules() {
    local hash log=$work/module.log
    hash=$(cat "$lab"/module/* | sha256sum | cut -c1-16)
    built=$tree/netlane-$hash
    [ -d "$built" ] && return
    rm -rf "$tree"/netlane-*
    cp -r "$lab/module" "$work/module"
    # Linking type information into a module needs pahole; the lab does without.
    make -C "$headers" M="$work/module" CONFIG_DEBUG_INFO_BTF_MODULES= modules >"$log" 2>&1 ||
        { grep -E "error|warning" "$log" | head -30 >&2; die "the module does not build for $abi"; }
    mkdir "$built.partial"
    for name in netlane_lab lab_exit; do
        objcopy --strip-debug "$work/module/$name.ko" "$built.partial/$name.ko"
    done
    mv "$built.partial" "$built"
}
