// Uses the page of two schedules as a person does, and reports what became of it.
const report = {};
const at = (schedule, rank, time) => ({
  clientX: canvas.getBoundingClientRect().left + toX(time),
  clientY: canvas.getBoundingClientRect().top + bandTop(schedule, rank) + 3 - view.top, bubbles: true, cancelable: true
});
const span = () => view.end - view.begin;
const pressed = key => dispatchEvent(new KeyboardEvent('keydown', {key}));
const textUnder = (schedule, rank, time) => {
  canvas.dispatchEvent(new PointerEvent('pointermove', at(schedule, rank, time)));
  return tip.style.display === 'block' ? tip.innerText : '';
};

report.names = scene.schedules.map(schedule => schedule.name);
report.whole = span();
const [first, second] = scene.schedules;
report.block = textUnder(first, 0, (first.rows[0].starts[0] + first.rows[0].ends[0]) / 2);
report.outlined = view.hovered.index;
report.pair = [2, 20].map(down => {
  const row = first.rows[0], i = row.lanes.indexOf('1');
  const place = at(first, 0, (row.starts[i] + row.ends[i]) / 2);
  canvas.dispatchEvent(new PointerEvent('pointermove', {...place, clientY: place.clientY - 3 + down}));
  return tip.innerText.split('\n')[0];
});
report.idle = textUnder(second, 3, second.rows[3].starts[0] / 2);
report.update = textUnder(second, 0, second.rows[0].updates[0][0]);
canvas.dispatchEvent(new PointerEvent('pointerleave', {}));
report.hidden = tip.style.display;

const middle = (view.begin + view.end) / 2;
canvas.dispatchEvent(new WheelEvent('wheel', {...at(first, 0, middle), deltaY: -300}));
report.wheeled = span();
report.stayed = Math.abs((view.begin + view.end) / 2 - middle) < 0.01 * report.whole;
const begin = view.begin;
pressed('ArrowRight');
report.moved = view.begin - begin;
pressed('0');
report.fitted = [view.begin, view.end];
document.getElementById('in').click();
report.clicked = span();
for (let i = 0; i < 60; ++i) pressed('+');
report.narrowest = span();
document.getElementById('fit').click();
draw();
report.colours = new Set(new Uint32Array(pen.getImageData(0, 0, canvas.width, canvas.height).data.buffer)).size;
finish(report);
