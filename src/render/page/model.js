// What is drawn: the schedules, and where things are in them.
'use strict';

const scene = {schedules: [], wholeTime: 1, mostHeld: 1, narrowest: 1};
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

/** The pipeline that each microbatch passes, from 0 on, where stages are replicated: the first has the first rank. */
function pipelinesOf(schedule) {
  const entries = schedule.rows.filter(row => row.stages.includes(0));
  const pipelines = new Map();
  if (entries.length < 2) return pipelines;
  entries.forEach((row, pipeline) => row.stages.forEach((stage, i) => {
    if (stage === 0) pipelines.set(row.microbatches[i], pipeline);
  }));
  return pipelines;
}

/** Numbers what the shades of a rank's blocks tell apart, from 0 on: its pipelines, else its stages. */
function numberChunks(schedule) {
  schedule.pipelines = pipelinesOf(schedule);
  for (const row of schedule.rows) {
    const stages = [...new Set(row.stages)].sort((a, b) => a - b);
    row.chunkOf = new Map(stages.map((stage, chunk) => [stage, chunk]));
    if (schedule.pipelines.size > 0)
      row.stages.forEach((stage, i) => row.chunkOf.set(stage, schedule.pipelines.get(row.microbatches[i])));
  }
  schedule.labelsStages = schedule.rows.some(row => row.chunkOf.size > 1);
}

/** Puts the schedules in the place of those that were drawn. */
function setSchedules(schedules) {
  schedules.forEach(numberChunks);
  const shortest = row => row.starts.reduce((least, start, i) => Math.min(least, row.ends[i] - start), Infinity);
  scene.schedules = schedules;
  scene.wholeTime = Math.max(0, ...schedules.map(schedule => schedule.end)) || 1;
  scene.mostHeld = Math.max(1, ...schedules.flatMap(schedule => schedule.peaks.map(peak => peak * schedule.unit)));
  scene.narrowest = Math.min(scene.wholeTime, 2 * Math.min(...schedules.flatMap(schedule => schedule.rows.map(shortest))));
}

function blockLabel(schedule, row, index) {
  const action = row.kinds[index] + row.microbatches[index];
  return schedule.labelsStages ? row.stages[index] + action : action;
}

/** The update that is drawn at that time: [start, end, stage, number]. One that takes no time is found `near` it. */
function updateAt(row, time, near) {
  return row.updates.find(([start, end]) => time >= start - (start === end ? near : 0) && time <= end + (start === end ? near : 0));
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
