// The explorer: what the person chooses, and what follows.

const form = document.getElementById('sliders');
const figures = document.querySelector('#figures tbody');
const chosen = new Set();

/** Sliders over the grid step through its values, those of costs through their range. */
const sliders = [
  {key: 'p', name: 'ranks p', values: known.ranks, start: 4},
  {key: 'F', name: 'F', least: 0.1, most: 3, start: 1},
  {key: 'm', name: 'microbatches m', values: known.microbatches, start: 8},
  {key: 'I', name: 'I', least: 0, most: 3, start: 1},
  {key: 'v', name: 'stages a rank v', values: known.chunks, start: 2},
  {key: 'W', name: 'W', least: 0, most: 3, start: 1},
  {key: 'send', name: 'send', least: 0, most: 2, start: 0}
];
const setting = Object.fromEntries(sliders.map(slider => [slider.key, slider.start]));
const startSchedules = ['1f1b', 'interleaved', 'zb-h1', 'zb-v'];
const percent = ratio => (100 * ratio).toFixed(1) + ' %';

function addSlider(slider) {
  const label = document.createElement('label'), input = document.createElement('input');
  slider.output = document.createElement('output');
  slider.input = input;
  input.type = 'range';
  input.id = 'slider-' + slider.key;
  [input.min, input.max, input.step] = slider.values ? [0, slider.values.length - 1, 1] : [slider.least, slider.most, 0.05];
  input.addEventListener('input', () => {
    setting[slider.key] = slider.values ? slider.values[input.value] : Number(input.value);
    changed();
  });
  label.append(slider.name, input, slider.output);
  form.append(label);
}

function showSlider(slider) {
  const value = setting[slider.key];
  slider.input.value = slider.values ? slider.values.indexOf(value) : value;
  slider.input.setAttribute('aria-valuetext', value);
  slider.output.textContent = value;
}

/** All that the page says of a schedule at the setting: `outside`, what would be valid, or its figures. */
function figuresOf(entry) {
  const table = tableOf(entry, setting.p, setting.m, setting.v);
  if (typeof table === 'string') return {entry, outside: table};
  const timed = timeTable(table, setting);
  return {
    entry, table, timed, memory: Math.max(...table.peaks) * table.ranks / table.stages,
    copies: entry.replicas * Math.max(...table.versions), stagesPerRank: table.stages * entry.replicas / table.ranks
  };
}

function addRow(entry) {
  const row = figures.insertRow(), label = document.createElement('label'), box = document.createElement('input');
  box.type = 'checkbox';
  box.id = 'choose-' + entry.name;
  box.addEventListener('change', () => {
    if (box.checked) chosen.add(entry.name); else chosen.delete(entry.name);
    changed();
  });
  label.append(box, entry.name + (entry.searches ? '*' : ''));
  row.insertCell().append(label);
  row.title = `${entry.summary}\n${entry.source}`;
  entry.row = row;
  entry.box = box;
}

function showRow({entry, outside, timed, memory, copies, stagesPerRank}) {
  const row = entry.row;
  while (row.cells.length > 1) row.deleteCell(1);
  entry.box.checked = chosen.has(entry.name);
  row.classList.toggle('chosen', entry.box.checked);
  const cells = outside ? [outside] : [
    stagesPerRank, entry.kind === 'asynchronous' ? '–' : percent(timed.bubble),
    timed.periodBubble === null ? '–' : percent(timed.periodBubble), short(Number(timed.makespan.toPrecision(4))),
    short(memory), copies
  ];
  for (const text of cells) row.insertCell().textContent = text;
  if (!outside) return;
  row.cells[1].colSpan = 6;
  row.cells[1].className = 'outside';
  row.cells[1].title = outside;
}

const bubbleOf = ({entry, timed}) => entry.kind === 'asynchronous' ? timed.periodBubble : timed.bubble;

function describe({entry, table, timed, memory, copies}) {
  const parts = [`makespan ${short(timed.makespan)}`];
  if (entry.kind !== 'asynchronous') parts.push(`bubble ${percent(timed.bubble)}`);
  if (timed.period !== null) parts.push(`period ${short(timed.period)}`);
  parts.push(`peak ${short(memory)}`);
  if (copies > 1) parts.push(`${copies} copies of the weights`);
  return parts.join(', ');
}

/** Draws everything anew, and keeps what was chosen in the address. */
function changed() {
  sliders.forEach(showSlider);
  const all = known.schedules.map(figuresOf);
  all.forEach(showRow);
  const inside = all.filter(one => !one.outside);
  drawScatter(inside.filter(one => one.entry.kind !== 'forward' || chosen.has(one.entry.name)).map(one => ({
    name: one.entry.name, bubble: bubbleOf(one), memory: one.memory, chosen: chosen.has(one.entry.name)
  })).filter(point => point.bubble !== null));
  setSchedules(inside.filter(one => chosen.has(one.entry.name)).map(
      one => drawable(one.entry.name, one.table, one.timed, describe(one))));
  view.hovered = null;
  layOut();
  resize();
  fit();
  const choices = sliders.map(({key}) => `${key}=${setting[key]}`).concat(`schedules=${[...chosen].join(',')}`);
  history.replaceState(null, '', '#' + choices.join('&'));
}

/** Takes what the address says, so far as it is valid. */
function readAddress() {
  const choices = new URLSearchParams(location.hash.slice(1));
  for (const {key, values, least, most} of sliders) {
    const value = Number(choices.get(key));
    if (choices.has(key) && (values ? values.includes(value) : value >= least && value <= most)) setting[key] = value;
  }
  const names = choices.has('schedules') ? choices.get('schedules').split(',') : startSchedules;
  chosen.clear();
  for (const {name} of known.schedules) if (names.includes(name)) chosen.add(name);
  changed();
}

sliders.forEach(addSlider);
known.schedules.forEach(addRow);
if (known.schedules.some(entry => entry.searches)) {
  document.getElementById('searched').textContent =
      '* Searched for F = I = W and send 0: another search, at other costs, may find better.';
}
form.addEventListener('submit', event => event.preventDefault());
addEventListener('hashchange', readAddress);
addEventListener('resize', changed);
readAddress();
