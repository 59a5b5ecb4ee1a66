#!/bin/sh
# The main job: real English, a real transformer, 8 ranks. CORPUS=PATH trains on your own text, a file or a folder.
set -eu
mkdir -p runs
if [ -z "${CORPUS:-}" ]; then
  CORPUS=runs/corpus.txt
  PATH="$PATH:/usr/games" bible -f -l 100000 'gen1:1-rev22:21' > "$CORPUS"
fi
exec build/triaxis train examples/demo.toml --set "data.path=$CORPUS" --overwrite --report "$@"
