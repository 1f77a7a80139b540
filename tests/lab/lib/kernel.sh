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
    if [ -n "$missing" ] && [ "$(id -u)" = 0 ]; then
        say "installing" $missing
        update_lists
        apt-get install -y --no-install-recommends $(sed 's/.*://' <<<"$missing" | grep -v '(') libelf1 \
            >"$work/install.log" 2>&1 || { tail -5 "$work/install.log" >&2; die "apt-get install failed"; }
        missing=$(missing_tools)
    fi
    [ -z "$missing" ] || die "missing tools (command:package): $(echo $missing)"
    PATH=$PATH:/usr/sbin:/sbin
}

# Once per run; only root can, everybody else works with the lists that are there.
update_lists() {
    [ "$(id -u)" = 0 ] && [ -z "${updated-}" ] || return 0
    updated=1
    apt-get update -qq >&2 || die "apt-get update failed"
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
    local headers=linux-headers-$abi packages deb partial=$cache/$abi.partial
    packages=("linux-image-$abi" "$headers" "$(depends "$headers" 'linux-headers-.*-common')"
        "$(depends "$headers" linux-kbuild)")
    say "fetching ${packages[*]}"
    mkdir "$work/debs"
    (cd "$work/debs" && apt-get download -qq "${packages[@]}") 2>"$work/download.log" ||
        { cat "$work/download.log" >&2; die "apt-get download failed"; }
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
