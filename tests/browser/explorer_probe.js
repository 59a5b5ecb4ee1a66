// The figures of every schedule at the settings that stand in `wanted`, then the page used as a person does.
const report = {figures: [], words: [...figures.rows].map(row => row.innerText)};
const started = performance.now();
for (const one of wanted) {
  Object.assign(setting, one);
  for (const entry of known.schedules) {
    const {outside, table, timed} = figuresOf(entry);
    const stated = outside ? {outside} : {
      stages: table.stages, makespan: timed.makespan, bubble_ratio: timed.bubble, period: timed.period,
      period_bubble_ratio: timed.periodBubble, peak_activations: table.peaks, weight_versions: table.versions
    };
    report.figures.push({name: entry.name, searches: entry.searches, setting: one, ...stated});
  }
}
report.milliseconds = performance.now() - started;

location.hash = '#p=4&m=16&v=2&F=1&I=1&W=1&send=0&schedules=1f1b,pipedream';
readAddress();
report.drawn = scene.schedules.map(schedule => schedule.name);
report.dots = scatter.querySelectorAll('circle').length;
const ranks = document.getElementById('slider-p');
ranks.value = known.ranks.indexOf(6);
ranks.dispatchEvent(new Event('input'));
report.slid = scene.schedules.map(schedule => schedule.ranks);
const box = document.getElementById('choose-chimera');
box.checked = true;
box.dispatchEvent(new Event('change'));
report.ticked = scene.schedules.map(schedule => schedule.name);
report.address = location.hash;
const canvasTop = canvas.getBoundingClientRect().top, top = scene.schedules[0];
canvas.dispatchEvent(new PointerEvent('pointermove', {
  clientX: canvas.getBoundingClientRect().left + toX(0.5), clientY: canvasTop + bandTop(top, 0) + 3 - view.top
}));
report.tip = tip.innerText;
zoom(0.5);
report.zoomed = (view.end - view.begin) / scene.wholeTime;
draw();
report.colours = new Set(new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
finish(report);
