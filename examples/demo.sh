#!/bin/sh
# The main job: real English, a real transformer, 8 ranks. CORPUS=your.txt trains on your own text.
set -eu
mkdir -p runs
if [ -n "${CORPUS:-}" ]; then
  cp "$CORPUS" runs/corpus.txt
else
  PATH="$PATH:/usr/games" bible -f -l 100000 'gen1:1-rev22:21' > runs/corpus.txt
fi
exec build/triaxis train examples/demo.toml --overwrite --report "$@"
