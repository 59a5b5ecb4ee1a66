// When each action of a table runs, by the rules of src/schedule/timing.cc: tests/browser holds the two equal.

const kindLetters = 'FIWBO';
const isBackward = kind => kind === 'I' || kind === 'B';

/** The places of F and of I or B, by stage and microbatch. A place is the number of an action in the whole table. */
function placesOf(table) {
  const size = table.stages * table.microbatches;
  const places = {forward: new Int32Array(size), backward: new Int32Array(size)};
  let place = 0;
  for (const row of table.rows) {
    for (let i = 0; i < row.kinds.length; ++i, ++place) {
      const slot = row.stages[i] * table.microbatches + row.microbatches[i];
      if (row.kinds[i] === 'F') places.forward[slot] = place;
      else if (isBackward(row.kinds[i])) places.backward[slot] = place;
    }
  }
  return places;
}

/** The places that an action waits for, beside the ones before it in its row. */
function waitsOf(table, places, kind, stage, microbatch) {
  const slot = stage * table.microbatches + microbatch;
  if (kind === 'F') return stage > 0 ? [places.forward[slot - table.microbatches]] : [];
  if (kind === 'W') return [places.backward[slot]];
  if (!isBackward(kind)) return [];
  const own = places.forward[slot];
  return stage + 1 < table.stages ? [own, places.backward[slot + table.microbatches]] : [own];
}

/** The cells of the table, each with what it waits for, in an order in which they can run. */
function cellsInOrder(table) {
  const places = placesOf(table);
  const firsts = [];  // place of a rank's first action
  let size = 0;
  for (const row of table.rows) {
    firsts.push(size);
    size += row.kinds.length;
  }
  const done = new Uint8Array(size), next = table.rows.map(() => 0), cells = [];
  for (let before = -1; before < cells.length;) {
    before = cells.length;
    table.rows.forEach((row, rank) => {
      while (next[rank] < row.kinds.length) {
        const begin = next[rank];
        let end = begin + 1;
        while (row.joined[end - 1]) ++end;
        const waits = [];
        for (let i = begin; i < end; ++i)
          waits.push(...waitsOf(table, places, row.kinds[i], row.stages[i], row.microbatches[i]));
        if (!waits.every(place => done[place])) return;
        for (let i = begin; i < end; ++i) done[firsts[rank] + i] = 1;
        cells.push({rank, begin, end, first: firsts[rank], waits});
        next[rank] = end;
      }
    });
  }
  const rankOf = new Uint8Array(size);
  firsts.forEach((first, rank) => rankOf.fill(rank, first));
  return {cells, rankOf};
}

/** What one stage takes: costs are of the p-th part of the model, of which there may be more stages. */
function stageCosts(table, costs) {
  const share = table.ranks / table.stages;
  return {F: costs.F * share, I: costs.I * share, W: costs.W * share, B: (costs.I + costs.W) * share, O: 0};
}

/** Runs one step whose ranks are free at the times in `free`, and moves these to their ends. */
function timeStep(table, times, send, free, starts, ends) {
  const {cells, rankOf} = table.order;
  for (const {rank, begin, end, first, waits} of cells) {
    let start = free[rank], duration = 0;
    for (const place of waits) start = Math.max(start, rankOf[place] === rank ? ends[place] : ends[place] + send);
    for (let i = begin; i < end; ++i) duration += times[table.rows[rank].kinds[i]];
    free[rank] = start + duration;
    for (let i = begin; i < end; ++i) {
      starts[first + i] = start;
      ends[first + i] = free[rank];
    }
  }
}

/** Starts and ends of all actions by place, and what follows from them. */
function timeTable(table, costs) {
  table.order ??= cellsInOrder(table);
  const times = stageCosts(table, costs), size = table.order.rankOf.length;
  const starts = new Float64Array(size), ends = new Float64Array(size);
  timeStep(table, times, costs.send, table.rows.map(() => 0), starts, ends);
  let busy = 0, begin = Infinity, end = 0, place = 0;
  for (const row of table.rows) {
    for (const kind of row.kinds) {
      busy += times[kind];
      if (times[kind] > 0) {
        begin = Math.min(begin, starts[place]);
        end = Math.max(end, ends[place]);
      }
      ++place;
    }
  }
  const idle = (share, time) => time > 0 ? Math.max(1 - share * busy / (table.ranks * time), 0) : 0;
  const later = [new Float64Array(size), new Float64Array(size)];
  const period = table.kind === 'asynchronous' ? periodOfUpdates(table, ends) :
      periodOfSteps(free => timeStep(table, times, costs.send, free, ...later), table.ranks);
  return {
    starts, ends, begin, end, makespan: end - begin, bubble: idle(1, end - begin), period,
    periodBubble: period === null ? null : idle(shareOfPeriod(table), period)
  };
}
