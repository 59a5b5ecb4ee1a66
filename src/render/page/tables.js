// The tables that the program made, out of their words, and what is drawn of them.

const known = JSON.parse(document.getElementById('tables').textContent);
const words = (() => {
  const bytes = Uint8Array.from(atob(known.words), letter => letter.charCodeAt(0));
  return Uint16Array.from({length: bytes.length / 2}, (_, i) => bytes[2 * i] | bytes[2 * i + 1] << 8);
})();
const decoded = new Map();

function decode(entry, ranks, microbatches, chunks, begin) {
  const table = {
    ranks, microbatches, stages: ranks * chunks / entry.replicas, kind: entry.kind, rows: [], peaks: [], versions: []
  };
  let next = begin + 3 * ranks;
  for (let rank = 0; rank < ranks; ++rank) {
    const [length, peak, versions] = words.subarray(begin + 3 * rank, begin + 3 * rank + 3);
    const row = [...words.subarray(next, next += length)];
    table.peaks.push(peak);
    table.versions.push(versions);
    table.rows.push({
      microbatches: row.map(word => word & 31), stages: row.map(word => word >> 5 & 31),
      kinds: row.map(word => kindLetters[word >> 10 & 7]), joined: row.map(word => word >> 13 & 1)
    });
  }
  return table;
}

/** The schedule's table, or the text that says which sizes are valid. Sizes are of the grid. */
function tableOf(entry, ranks, microbatches, chunks) {
  const own = entry.any_stages_per_rank ? known.chunks : [entry.stages_per_rank];
  const stagesPerRank = entry.any_stages_per_rank ? chunks : entry.stages_per_rank;
  const row = known.ranks.indexOf(ranks) * known.microbatches.length + known.microbatches.indexOf(microbatches);
  const begin = entry.tables[row * own.length + own.indexOf(stagesPerRank)];
  if (typeof begin === 'string') return begin;
  if (!decoded.has(begin)) decoded.set(begin, decode(entry, ranks, microbatches, stagesPerRank, begin));
  return decoded.get(begin);
}

/** The activations that a rank holds over time, in `unit`s: points as src/render/memory.cc has them. */
function memoryOf(table, row, first, timed, unit) {
  const times = [], held = [];
  let now = 0;
  for (let begin = 0, end = 0; begin < row.kinds.length; begin = end) {
    for (end = begin + 1; row.joined[end - 1];) ++end;
    const kinds = row.kinds.slice(begin, end);
    const taken = kinds.filter(kind => kind === 'F').length;
    const freed = kinds.filter(kind => kind === 'W' || kind === 'B' || (kind === 'F' && table.kind === 'forward')).length;
    if (taken) {
      times.push(timed.starts[first + begin]);
      held.push((now += taken) * unit);
    }
    if (freed) {
      times.push(timed.ends[first + begin]);
      held.push((now -= freed) * unit);
    }
  }
  return {times, held};
}

/** The timed table as draw.js draws it. Memory counts in p-th parts of what the model holds of a microbatch. */
function drawable(name, table, timed, figures) {
  const unit = table.ranks / table.stages;
  let first = 0;
  const rows = table.rows.map(row => {
    const shown = [...row.kinds.keys()].filter(i => row.kinds[i] !== 'O' && timed.ends[first + i] > timed.starts[first + i]);
    const of = list => shown.map(i => list[i]);
    const lanes = row.joined.map((joined, i) => joined ? '1' : i > 0 && row.joined[i - 1] ? '2' : '0');
    const drawn = {
      kinds: of(row.kinds), stages: of(row.stages), microbatches: of(row.microbatches), lanes: of(lanes),
      starts: shown.map(i => timed.starts[first + i]), ends: shown.map(i => timed.ends[first + i]),
      updates: [...row.kinds.keys()].filter(i => row.kinds[i] === 'O').map(
          i => [timed.starts[first + i], timed.ends[first + i], row.stages[i], row.microbatches[i]]),
      ...memoryOf(table, row, first, timed, unit)
    };
    first += row.kinds.length;
    return drawn;
  });
  return {
    name, figures, rows, titled: true, ranks: table.ranks, begin: timed.begin, end: timed.end, unit: 1,
    peaks: table.peaks.map(peak => peak * unit)
  };
}
