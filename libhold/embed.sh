#!/bin/sh
# Prints a C header with text files in it: embed.sh NAME FILE...
#
# The header has a table NAME of struct { name, text }, in the order of the
# arguments; name is the file's name without its folders. Bytes are written
# as numbers, since a compiler need not take long string literals. The files
# are ASCII.
set -eu

table=$1
shift
echo "/* Made by libhold/embed.sh; edit the files instead. */"
n=0
for file; do
	if LC_ALL=C grep -q '[^ -~	]' "$file"; then
		echo "embed.sh: $file is not plain ASCII" >&2
		exit 1
	fi
	echo "static const char ${table}_$n[] = {"
	od -An -v -tx1 "$file" | sed 's/ *\([0-9a-f][0-9a-f]\)/0x\1, /g'
	echo "0 };"
	n=$((n + 1))
done
echo "static const struct { const char *name, *text; } ${table}[] = {"
n=0
for file; do
	echo "	{ \"${file##*/}\", ${table}_$n },"
	n=$((n + 1))
done
echo "};"
