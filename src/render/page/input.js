// What the person does: zoom, move, point.

const tip = document.getElementById('tip');
const tall = document.getElementById('tall');
let waiting = false;
let drag = null;

function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => {
    waiting = false;
    draw();
  });
}

/** Shows `span` of time from `begin` on, or the nearest that lies inside the whole. */
function show(begin, span) {
  span = Math.min(Math.max(span, scene.narrowest), scene.wholeTime);
  view.begin = Math.min(Math.max(begin, 0), scene.wholeTime - span);
  view.end = view.begin + span;
  redraw();
}

/** Zooms so that `time` stays where it is. */
function zoom(factor, time = (view.begin + view.end) / 2) {
  const span = Math.min(Math.max((view.end - view.begin) * factor, scene.narrowest), scene.wholeTime);
  show(time - (time - view.begin) * span / (view.end - view.begin), span);
}

const move = share => show(view.begin + (view.end - view.begin) * share, view.end - view.begin);
const fit = () => show(0, scene.wholeTime);

function scrolled() {
  view.top = Math.min(Math.max(-tall.getBoundingClientRect().top, 0), pageHeight - view.height);
  redraw();
}

function resize() {
  view.width = canvas.clientWidth;
  view.height = Math.min(pageHeight, innerHeight);
  view.density = window.devicePixelRatio || 1;
  canvas.width = Math.round(view.width * view.density);
  canvas.height = Math.round(view.height * view.density);
  canvas.style.height = view.height + 'px';
  tall.style.height = pageHeight + 'px';
  readColours();
  scrolled();
}

/** What is at that place of the page's drawing: a block, idle time, or nothing. */
function pointed(x, y) {
  if (x < labelWidth || x > view.width - rightMargin) return null;
  const schedule = scene.schedules.find(one => y >= bandTop(one, 0) && y < bandTop(one, one.ranks));
  if (!schedule) return null;
  const rank = Math.floor((y - bandTop(schedule, 0)) / bandHeight);
  const near = updateWidth * (view.end - view.begin) / plotWidth();
  const update = updateAt(schedule.rows[rank], toTime(x), near);
  if (update) return {schedule, rank, index: -1, update};
  return findAt(schedule, rank, toTime(x), y - bandTop(schedule, rank) >= blockHeight / 2);
}

/** The title and the lines that describe what is pointed at. */
function described({schedule, rank, index, begin, end, update}, time) {
  const row = schedule.rows[rank];
  const held = ['rank holds', short(heldAt(row, time)) + ' activations'];
  if (update) {
    const [start, last, stage, number] = update;
    return [`${stage}OPT${number} update of weights`,
      [['rank', rank], ['stage', stage], ['update', number], ['start', short(start)], ['end', short(last)], held]];
  }
  if (index < 0) {
    return ['bubble',
      [['rank', rank], ['start', short(begin)], ['end', short(end)], ['duration', short(end - begin)], held]];
  }
  const kind = row.kinds[index], pipeline = schedule.pipelines.get(row.microbatches[index]);
  return [`${row.stages[index]}${kind}${row.microbatches[index]} ${kindNames[kind]}`, [
    ['rank', rank], ['stage', row.stages[index]], ['microbatch', row.microbatches[index]],
    ...(pipeline === undefined ? [] : [['pipeline', pipeline]]),
    ['start', short(row.starts[index])], ['end', short(row.ends[index])],
    ['duration', short(row.ends[index] - row.starts[index])], held
  ]];
}

function showTip(event, found) {
  if (!found) {
    tip.style.display = 'none';
    return;
  }
  const [title, lines] = described(found, toTime(event.offsetX));
  const cells = lines.map(([name, value]) => `<tr><th>${name}</th><td>${value}</td></tr>`).join('');
  tip.innerHTML = `<b>${title}</b><table>${cells}</table>`;
  tip.style.display = 'block';
  const {width, height} = tip.getBoundingClientRect();
  tip.style.left = Math.max(Math.min(event.clientX + 14, innerWidth - width - 8), 8) + 'px';
  tip.style.top = (event.clientY + 16 + height < innerHeight ? event.clientY + 16 : event.clientY - height - 10) + 'px';
}

function point(event) {
  const found = pointed(event.offsetX, event.offsetY + view.top);
  showTip(event, found);
  const old = view.hovered;
  view.hovered = found;
  if ((old && old.schedule) !== (found && found.schedule) || (old && old.rank) !== (found && found.rank) ||
      (old && old.index) !== (found && found.index)) redraw();
}

canvas.addEventListener('wheel', event => {
  if (event.offsetX < labelWidth) return;  // over the labels the page scrolls
  event.preventDefault();
  const lines = event.deltaMode === 1 ? 30 : 1;
  if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY))
    move((event.deltaX || event.deltaY) * lines / plotWidth());
  else
    zoom(Math.exp(event.deltaY * lines * 0.002), toTime(event.offsetX));
  point(event);
}, {passive: false});
canvas.addEventListener('pointerdown', event => {
  if (event.button !== 0) return;
  drag = {x: event.clientX, y: event.clientY, begin: view.begin};
  canvas.setPointerCapture(event.pointerId);
  canvas.classList.add('dragged');
});
canvas.addEventListener('pointermove', event => {
  if (!drag) {
    point(event);
    return;
  }
  showTip(event, null);
  const span = view.end - view.begin;
  show(drag.begin - (event.clientX - drag.x) / plotWidth() * span, span);
  if (event.pointerType === 'mouse') scrollBy(0, drag.y - event.clientY);
  drag.y = event.clientY;
});
for (const name of ['pointerup', 'pointercancel']) {
  canvas.addEventListener(name, () => {
    drag = null;
    canvas.classList.remove('dragged');
  });
}
canvas.addEventListener('pointerleave', event => {
  showTip(event, null);
  view.hovered = null;
  redraw();
});
canvas.addEventListener('dblclick', fit);
const keys = {
  '+': () => zoom(1 / 1.5), '=': () => zoom(1 / 1.5), '-': () => zoom(1.5), '0': fit,
  ArrowLeft: () => move(-0.1), ArrowRight: () => move(0.1)
};
addEventListener('keydown', event => {
  if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  keys[event.key]();
});
document.getElementById('in').addEventListener('click', keys['+']);
document.getElementById('out').addEventListener('click', keys['-']);
document.getElementById('fit').addEventListener('click', fit);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', resize);
addEventListener('resize', resize);
addEventListener('scroll', scrolled);
