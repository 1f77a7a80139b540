# Run in the guest by busybox's shell: the tutorial's programs against the kernel module, each with
# the output that docs/tutorial.md shows for it.
cd /tutorial || exit 1
failed=0

# expect TEXT COMMAND...: its output must be TEXT.
expect() {
    expected=$1
    shift
    printf '$ %s\n' "$*"
    said=$(timeout 30 "./$@" 2>&1)
    status=$?
    printf '%s\n' "$said"
    [ $status = 0 ] && [ "$said" = "$expected" ] && return
    printf 'FAILED: status %s, expected:\n%s\n' $status "$expected"
    failed=1
}

greetings='group 1: Greeting from kernel!
group 1: Greeting from kernel!
group 1: Greeting from kernel!'

expect 'from port 0: type 25, sequence 0: hello users!!!' echo
expect 'S known you !' hello -S me
expect 'I known you !' hello -G me
expect 'malformed (malformed netlink message at byte 0: its length of 11 is below the 16 of its header), yet it says: I known you !' hello -G malformed
expect 'from port 0: type 0, sequence 0: hello kernel' echo --protocol 30 --port self 'hello kernel'
(expect "$greetings" greeting; exit $failed) & other=$!
expect "$greetings" greeting
wait $other || failed=1
expect 'kernel: question 1?
   we: answer 1
kernel: question 2?
   we: answer 2
kernel: question 3?
   we: answer 3
kernel: goodbye' conversation
exit $failed
