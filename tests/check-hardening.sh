#!/bin/bash
# The programs as built are position independent, with read-only relocations
# bound at start, and the shipped worker has no test barrier. Speaks TAP.
set -u
n=0

ok() {
	n=$((n + 1))
	if [ "$1" -eq 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
}

for program in lockd/lockd fcgi/ticketing.fcgi db/holdfast-init; do
	file=$HOLDFAST_BUILD/$program
	readelf -h "$file" | grep -q 'Type:.*DYN'
	ok $? "$program is position independent"
	readelf -lW "$file" | grep -q GNU_RELRO
	ok $? "$program has read-only relocations"
	readelf -dW "$file" | grep -qE 'BIND_NOW|Flags:.*NOW'
	ok $? "$program binds at start"
done
! grep -q HF_BARRIER_FILE "$HOLDFAST_BUILD/fcgi/ticketing.fcgi"
ok $? "the shipped worker has no barrier"
grep -q HF_BARRIER_FILE "$HOLDFAST_BUILD/fcgi/ticketing-barrier.fcgi"
ok $? "the test's worker has one"
echo "1..$n"
