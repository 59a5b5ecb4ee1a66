// The drawing: one canvas, a band a rank, each with its blocks and below them the memory over time.

const canvas = document.getElementById('view');
const pen = canvas.getContext('2d');
const labelWidth = 74, updateWidth = 3, rightMargin = 14, titleHeight = 26, axisHeight = 22, panelGap = 14;
let blockHeight, memoryHeight, bandGap, bandHeight, pageHeight;
const font = size => size + 'px system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif';
const letterWidth = 6.3;

// The canvas is as high as the window at most; `top` is what of the page has scrolled out above it.
const view = {begin: 0, end: 1, width: 0, height: 0, top: 0, density: 1, hovered: null};
let colours = null;

const plotWidth = () => view.width - labelWidth - rightMargin;
const toX = time => labelWidth + (time - view.begin) / (view.end - view.begin) * plotWidth();
const toTime = x => view.begin + (x - labelWidth) / plotWidth() * (view.end - view.begin);

const bandTop = (schedule, rank) => schedule.top + axisHeight + rank * bandHeight;

/** Gives every schedule its place, the flatter the more ranks there are. */
function layOut() {
  const bands = scene.schedules.reduce((sum, schedule) => sum + schedule.ranks, 0);
  blockHeight = Math.min(26, Math.max(14, Math.floor(2000 / bands)));
  memoryHeight = Math.min(20, Math.max(11, Math.floor(1500 / bands)));
  bandGap = Math.min(8, Math.max(3, Math.floor(700 / bands)));
  bandHeight = blockHeight + memoryHeight + bandGap;
  pageHeight = 0;
  for (const schedule of scene.schedules) {
    schedule.top = pageHeight + (schedule.titled ? titleHeight : 0);
    pageHeight = schedule.top + axisHeight + schedule.ranks * bandHeight + panelGap;
  }
}

function hatched(paper, line) {
  const tile = document.createElement('canvas');
  tile.width = tile.height = 8;
  const tilePen = tile.getContext('2d');
  tilePen.fillStyle = paper;
  tilePen.fillRect(0, 0, 8, 8);
  tilePen.strokeStyle = line;
  tilePen.beginPath();
  for (const shift of [-8, 0, 8]) {
    tilePen.moveTo(shift - 1, 9);
    tilePen.lineTo(shift + 9, -1);
  }
  tilePen.stroke();
  return pen.createPattern(tile, 'repeat');
}

/** `colour` with a share of the page's own mixed in. Both are #rrggbb. */
function mixed(colour, paper, share) {
  const part = (text, i) => parseInt(text.slice(1 + 2 * i, 3 + 2 * i), 16);
  const parts = [0, 1, 2].map(i => Math.round(part(colour, i) * (1 - share) + part(paper, i) * share));
  return `rgb(${parts})`;
}

function readColours() {
  const style = getComputedStyle(document.documentElement);
  const named = name => style.getPropertyValue('--' + name).trim();
  colours = {};
  for (const name of ['paper', 'ink', 'faint', 'line', 'label', 'memory', 'mark', 'update']) colours[name] = named(name);
  colours.memoryLine = named('memory-line');
  colours.bubble = hatched(named('bubble'), named('hatch'));
  // Later chunks of a rank are fainter, so that the passes through the model can be told apart; or the second pipeline.
  const kinds = {F: 'forward', B: 'backward', I: 'input', W: 'weight', R: 'recompute'};
  for (const [kind, name] of Object.entries(kinds))
    colours[kind] = [0, 0.3, 0.45, 0.55].map(share => mixed(named(name), colours.paper, share));
}

/** Marks of the axis at 1, 2 or 5 times a power of ten, about one in 90 pixels. */
function axisMarks() {
  const wanted = (view.end - view.begin) * 90 / Math.max(plotWidth(), 90);
  const power = 10 ** Math.floor(Math.log10(wanted));
  const distance = power * ([1, 2, 5].find(factor => power * factor >= wanted) || 10);
  const marks = [];
  for (let i = Math.ceil(view.begin / distance - 1e-9); i * distance <= view.end + distance * 1e-9; ++i)
    marks.push(i * distance);
  return marks;
}

function drawGrid(schedule) {
  pen.fillStyle = colours.line;
  for (const time of axisMarks())
    pen.fillRect(Math.round(toX(time)), schedule.top + 15, 1, axisHeight - 15 + schedule.ranks * bandHeight - bandGap);
}

/** The axis stands above its rows, or at the window's upper edge while they scroll past it. */
function drawAxis(schedule) {
  const y = Math.min(Math.max(schedule.top, view.top), bandTop(schedule, schedule.ranks - 1));
  pen.fillStyle = colours.paper;
  pen.fillRect(0, y, view.width, axisHeight - 6);
  pen.fillStyle = colours.faint;
  pen.font = font(11);
  pen.textAlign = 'center';
  for (const time of axisMarks()) pen.fillText(short(time), Math.min(toX(time), view.width - 18), y + 11);
}

function drawBlock(schedule, row, index, y) {
  const left = toX(row.starts[index]), width = toX(row.ends[index]) - left, lane = row.lanes[index];
  const top = lane === '2' ? y + blockHeight / 2 : y;
  const height = lane === '0' ? blockHeight : blockHeight / 2;
  const shades = colours[row.kinds[index]];
  pen.fillStyle = shades[Math.min(row.chunkOf.get(row.stages[index]), shades.length - 1)];
  pen.fillRect(left, top, width > 4 ? width - 1 : width, height);
  const hovered = view.hovered;
  if (hovered && hovered.index >= 0 &&
      hovered.schedule.rows[hovered.rank].microbatches[hovered.index] === row.microbatches[index]) {
    const self = hovered.schedule === schedule && schedule.rows[hovered.rank] === row && hovered.index === index;
    pen.strokeStyle = colours.mark;
    pen.lineWidth = self ? 3 : 1.5;
    pen.strokeRect(left + 0.75, top + 0.75, Math.max(width - 2.5, 0.5), height - 1.5);
  }
  if (height < 11) return;
  // The label may leave the window with a part of its block.
  const seenLeft = Math.max(left, labelWidth), seenWidth = Math.min(left + width, view.width - rightMargin) - seenLeft;
  const label = [blockLabel(schedule, row, index), String(row.microbatches[index])].find(
      text => text.length * letterWidth + 1 <= seenWidth);
  if (!label) return;
  pen.fillStyle = colours.label;
  pen.fillText(label, seenLeft + (seenWidth - 1) / 2, top + height / 2 + 4);
}

/** Blocks first..last-1, too many for their place, as one stripe a kind with the width of all its blocks. */
function drawDense(row, first, last, y) {
  const widths = {};
  const scale = plotWidth() / (view.end - view.begin);
  for (let i = first; i < last; ++i) {
    const share = row.lanes[i] === '0' ? 1 : 0.5;
    widths[row.kinds[i]] = (widths[row.kinds[i]] || 0) + (row.ends[i] - row.starts[i]) * scale * share;
  }
  let left = toX(row.starts[first]);
  for (const [kind, width] of Object.entries(widths)) {
    pen.fillStyle = colours[kind][0];
    pen.fillRect(left, y, width, blockHeight);
    left += width;
  }
}

function drawBlocks(schedule, row, y) {
  pen.fillStyle = colours.bubble;
  pen.fillRect(toX(schedule.begin), y, toX(schedule.end) - toX(schedule.begin), blockHeight);
  pen.font = font(11);
  pen.textAlign = 'center';
  const first = countUpTo(row.ends, view.begin), last = countUpTo(row.starts, view.end);
  const pixelOf = i => Math.floor(toX(row.ends[i]));
  for (let i = first, next = i; i < last; i = next) {
    const pixel = pixelOf(i);
    for (next = i + 1; next < last && pixelOf(next) === pixel;) ++next;
    if (next - i > 2) drawDense(row, i, next, y);
    else for (let block = i; block < next; ++block) drawBlock(schedule, row, block, y);
  }
}

/** Updates of the weights: bars, as wide as they take time, and over the whole height so that thin ones are seen. */
function drawUpdates(row, y) {
  pen.fillStyle = colours.update;
  for (const [start, end] of row.updates) {
    if (end < view.begin || start > view.end) continue;
    const width = Math.max(toX(end) - toX(start), updateWidth);
    pen.fillRect(start === end ? toX(end) - width / 2 : toX(start), y - 2, width, blockHeight + 4);
  }
}

/** The activations held over time, as a staircase. Of the points in one half pixel the largest is drawn, then the last. */
function drawMemory(schedule, row, y) {
  const bottom = y + memoryHeight;
  const heightOf = held => bottom - held * schedule.unit / scene.mostHeld * (memoryHeight - 3);
  const first = countUpTo(row.times, view.begin), last = countUpTo(row.times, view.end);
  let held = first > 0 ? row.held[first - 1] : 0;
  const begin = Math.max(toX(view.begin), toX(schedule.begin)), end = Math.min(toX(view.end), toX(schedule.end));
  const stairs = [[begin, heightOf(held)]];
  for (let i = first; i < last;) {
    const x = toX(row.times[i]), pixel = Math.floor(x * 2);
    stairs.push([x, heightOf(held)]);
    let most = 0;
    for (; i < last && Math.floor(toX(row.times[i]) * 2) === pixel; ++i) {
      held = row.held[i];
      if (row.times[i] !== row.times[i + 1]) most = Math.max(most, held);
    }
    stairs.push([x, heightOf(most)], [x, heightOf(held)]);
  }
  stairs.push([end, heightOf(held)]);
  const outline = new Path2D();
  for (const [x, height] of stairs) outline.lineTo(x, height);
  const area = new Path2D(outline);
  area.lineTo(end, bottom);
  area.lineTo(begin, bottom);
  pen.fillStyle = colours.memory;
  pen.fill(area);
  pen.strokeStyle = colours.memoryLine;
  pen.lineWidth = 1;
  pen.stroke(outline);
}

function drawHead(schedule) {
  pen.textAlign = 'left';
  if (!schedule.titled) return;
  pen.fillStyle = colours.ink;
  pen.font = '600 ' + font(14);
  pen.fillText(schedule.name, 0, schedule.top - 8);
  const width = pen.measureText(schedule.name).width;
  pen.fillStyle = colours.faint;
  pen.font = font(12);
  pen.fillText(schedule.figures, width + 10, schedule.top - 8);
}

function drawRankLabel(schedule, rank, y) {
  pen.textAlign = 'left';
  pen.fillStyle = colours.ink;
  pen.font = font(12);
  pen.fillText('rank ' + rank, 0, y + blockHeight / 2 + 4);
  pen.fillStyle = colours.memoryLine;
  pen.font = font(10);
  pen.fillText('peak ' + short(schedule.peaks[rank]), 0, y + blockHeight + memoryHeight - 3);
}

function draw() {
  pen.setTransform(view.density, 0, 0, view.density, 0, -view.top * view.density);
  pen.clearRect(0, view.top, view.width, view.height);
  for (const schedule of scene.schedules) {
    const rankAt = y => Math.floor((y - bandTop(schedule, 0)) / bandHeight);
    const first = Math.max(rankAt(view.top), 0), last = Math.min(rankAt(view.top + view.height), schedule.ranks - 1);
    drawHead(schedule);
    for (let rank = first; rank <= last; ++rank) drawRankLabel(schedule, rank, bandTop(schedule, rank));
    pen.save();
    pen.beginPath();
    pen.rect(labelWidth, view.top, view.width - labelWidth - rightMargin + 1, view.height);
    pen.clip();
    drawGrid(schedule);
    for (let rank = first; rank <= last; ++rank) {
      const row = schedule.rows[rank], y = bandTop(schedule, rank);
      drawMemory(schedule, row, y + blockHeight);
      drawBlocks(schedule, row, y);
      drawUpdates(row, y);
    }
    pen.restore();
    if (last >= first) drawAxis(schedule);
  }
}
