// What is drawn: the schedules, and where things are in them.
'use strict';

const schedules = JSON.parse(document.getElementById('schedules').textContent);
const wholeTime = Math.max(...schedules.map(schedule => schedule.end)) || 1;
const mostHeld = Math.max(1, ...schedules.flatMap(schedule => schedule.peaks.map(peak => peak * schedule.unit)));
const kindNames = {
  F: 'forward', B: 'backward', I: 'backward of input', W: 'backward of weights', R: 'recompute'
};

/** How many of the ascending values are at most `limit`. */
function countUpTo(values, limit) {
  let low = 0, high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle] <= limit) low = middle + 1; else high = middle;
  }
  return low;
}

// A stage's chunk is its number among the stages of its rank: 0, 1, ...
for (const schedule of schedules) {
  for (const row of schedule.rows) {
    const stages = [...new Set(row.stages)].sort((a, b) => a - b);
    row.chunkOf = new Map(stages.map((stage, chunk) => [stage, chunk]));
  }
  schedule.labelsStages = schedule.rows.some(row => row.chunkOf.size > 1);
}

function blockLabel(schedule, row, index) {
  const action = row.kinds[index] + row.microbatches[index];
  return schedule.labelsStages ? row.stages[index] + action : action;
}

/** The block at that time, or the idle time around it. `lower`: the lower half of the row, where a pair has its second. */
function findAt(schedule, rank, time, lower) {
  const row = schedule.rows[rank];
  if (time < schedule.begin || time > schedule.end) return null;
  let index = countUpTo(row.starts, time) - 1;
  if (index >= 0 && time < row.ends[index]) {
    if (row.lanes[index] === '2' && !lower) --index;
    return {schedule, rank, index};
  }
  return {
    schedule, rank, index: -1, begin: index < 0 ? schedule.begin : row.ends[index],
    end: index + 1 < row.starts.length ? row.starts[index + 1] : schedule.end
  };
}

function heldAt(row, time) {
  const index = countUpTo(row.times, time) - 1;
  return index < 0 ? 0 : row.held[index];
}

/** A number as a person writes it. */
function short(value) {
  return String(Number(value.toPrecision(7)));
}
