# Run in the guest by busybox's shell: types the lines of docs/tutorial.md that begin with `$`, up to
# the heading "Without the module", and compares the output with what stands below each.
cd /tutorial || exit 1
mkdir -p /tmp/page
awk '
    /^## Without the module/ { exit }
    /^    \$ / { number++; over = 0; print substr($0, 7) >("/tmp/page/" number ".command"); next }
    /^    / && number && !over { print substr($0, 5) >("/tmp/page/" number ".output") }
    !/^    / { over = 1 }
' /lab/tutorial.md

number=1 failed=0
while [ -f /tmp/page/$number.command ]; do
    command=$(cat /tmp/page/$number.command)
    expected=$(cat /tmp/page/$number.output)
    printf '$ %s\n' "$command"
    # Into a file: of a pipe, whoever outlives the shell would keep the end.
    timeout "$((10 * NETLANE_TEST_PATIENCE))" sh -c "$command; status=\$?; wait; exit \$status" >/tmp/page/said 2>&1
    status=$?
    said=$(cat /tmp/page/said)
    printf '%s\n' "$said"
    if [ $status != 0 ] || [ "$said" != "$expected" ]; then
        printf 'FAILED: status %s, expected:\n%s\n' $status "$expected"
        failed=1
    fi
    number=$((number + 1))
done
[ $number -gt 8 ] || { printf 'FAILED: the page has only %s commands\n' $((number - 1)); failed=1; }
exit $failed
