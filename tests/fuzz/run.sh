#!/bin/sh
# Runs each fuzz target of a build directory for FUZZ_SECONDS (60); fails on any crash, hang or excess of memory, and
# then leaves the input as found-NAME-* in the build directory. Its corpus grows from run to run.
set -eu

build=$1
here=$(dirname "$0")
seconds=${FUZZ_SECONDS:-60}
"$build/write_seeds" "$build/seeds"
for target in "$build"/fuzz_*; do
  name=${target##*/fuzz_}
  dictionary=""
  [ -f "$here/$name.dict" ] && dictionary="-dict=$here/$name.dict"
  mkdir -p "$build/corpus/$name"
  # shellcheck disable=SC2086 # One word, or none.
  "$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 -print_final_stats=1 \
    -artifact_prefix="$build/found-$name-" $dictionary "$build/corpus/$name" "$build/seeds/$name" \
    >"$build/$name.log" 2>&1 || { tail -n 60 "$build/$name.log" >&2; exit 1; }
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$build/$name.log") inputs in $seconds s, nothing found"
done
