// What a step takes among others, by the rules of src/schedule/period.cc, in which they are explained.

const nearlyEqual = (least, most) => most - least <= 1e-9 * most;

/** The least and the most by which the values have moved on. */
function shifts(before, after) {
  const moves = after.map((time, i) => time - before[i]);
  return [Math.min(...moves), Math.max(...moves)];
}

/** Runs steps until all ranks move on together, in a turn of a few steps at most: what one takes, or null. */
function settle(run, free, steps) {
  steps.length = 0;
  for (let step = 0; step < 16; ++step) {
    run(free);
    steps.push([...free]);
    for (let turn = 1; turn <= 8 && turn < steps.length; ++turn) {
      const [least, most] = shifts(steps[steps.length - 1 - turn], free);
      if (nearlyEqual(least, most)) return most / turn;
    }
  }
  return null;
}

/** `run` runs one step from the times at which the ranks are free, and moves these to its end. */
function periodOfSteps(run, ranks) {
  let free = new Array(ranks).fill(0);
  const steps = [];
  let period = settle(run, free, steps);
  for (const count of [1e2, 1e4, 1e6]) {
    if (period !== null) break;
    free = free.map((time, rank) => time + count * (time - steps[0][rank]) / (steps.length - 1));
    const earliest = Math.min(...free);
    free = free.map(time => time - earliest);
    period = settle(run, free, steps);
  }
  return period;
}

/** The time between two of the ends in their steady part. */
function steadyGap(ends) {
  const quarter = Math.floor(ends.length / 4), steady = ends.slice(quarter, ends.length - quarter);
  const last = steady.length - 1;
  for (let turn = 1; turn <= Math.floor(last / 2); ++turn) {
    const [least, most] = shifts(steady.slice(0, steady.length - turn), steady.slice(turn));
    if (nearlyEqual(least, most)) return most / turn;
  }
  return (steady[last] - steady[0]) / last;
}

/** Of an asynchronous table whose actions have these ends, rank after rank. */
function periodOfUpdates(table, ends) {
  let slowest = 0, place = 0;
  for (const row of table.rows) {
    const updates = new Map();
    row.kinds.forEach((kind, i) => {
      const end = ends[place++];
      if (kind !== 'O') return;
      if (!updates.has(row.stages[i])) updates.set(row.stages[i], []);
      updates.get(row.stages[i]).push(end);
    });
    for (const ofStage of updates.values()) {
      if (ofStage.length < 4) return null;
      slowest = Math.max(slowest, steadyGap(ofStage));
    }
  }
  return slowest;
}

/** The share of the table's work that falls into one period. */
function shareOfPeriod(table) {
  if (table.kind !== 'asynchronous') return 1;
  const row = table.rows[0], update = row.kinds.indexOf('O');
  const ended = (kind, i) => i < update && row.stages[i] === row.stages[update] && (kind === 'B' || kind === 'W');
  return row.kinds.filter(ended).length / table.microbatches;
}
