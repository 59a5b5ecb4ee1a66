// Bubble against memory of all schedules.

const scatter = document.getElementById('scatter');
const margin = {left: 46, right: 14, top: 12, bottom: 36};

function svgElement(parent, name, attributes, text) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  parent.append(element);
  return element;
}

/** Points at one place become one, chosen if one of them is. */
function grouped(points) {
  const groups = new Map();
  for (const point of points) {
    const key = point.bubble.toFixed(6) + ' ' + point.memory.toFixed(6);
    const group = groups.get(key);
    if (!group) groups.set(key, {...point, names: [point.name]});
    else {
      group.names.push(point.name);
      group.chosen ||= point.chosen;
    }
  }
  return [...groups.values()].sort((a, b) => b.chosen - a.chosen);
}

/** Marks of an axis of powers of two from below `least` to above `most`. */
function powersOfTwo(least, most) {
  const marks = [];
  for (let power = Math.floor(Math.log2(least)); power <= Math.ceil(Math.log2(most)); ++power) marks.push(2 ** power);
  return marks;
}

/** Marks of the axis of bubbles, the round ones first, as many as stand apart. */
function bubbleMarks(mostBubble, x) {
  const marks = [];
  for (const mark of [0, 0.1, 0.2, 0.4, 0.6, 0.8, 0.05, 0.01, 0.02, 0.3, 0.5, 0.7, 0.9])
    if (mark <= mostBubble && marks.every(other => Math.abs(x(other) - x(mark)) > 34)) marks.push(mark);
  return marks;
}

function drawAxes(width, height, marks, mostBubble, x, y) {
  for (const mark of marks) {
    svgElement(scatter, 'line', {x1: margin.left, x2: width - margin.right, y1: y(mark), y2: y(mark), class: 'grid'});
    svgElement(scatter, 'text', {x: margin.left - 6, y: y(mark) + 4, class: 'mark', 'text-anchor': 'end'}, short(mark));
  }
  for (const mark of bubbleMarks(mostBubble, x)) {
    svgElement(scatter, 'line', {x1: x(mark), x2: x(mark), y1: margin.top, y2: height - margin.bottom, class: 'grid'});
    svgElement(scatter, 'text', {x: x(mark), y: height - margin.bottom + 14, class: 'mark', 'text-anchor': 'middle'},
               short(mark * 100) + ' %');
  }
  svgElement(scatter, 'text', {x: (margin.left + width - margin.right) / 2, y: height - 4, class: 'axis', 'text-anchor': 'middle'},
             'bubble of one step; of asynchronous schedules, between updates');
  svgElement(scatter, 'text', {
    x: 0, y: 0, class: 'axis', 'text-anchor': 'middle',
    transform: `translate(11 ${(margin.top + height - margin.bottom) / 2}) rotate(-90)`
  }, 'peak activations');
}

/** Places for a label of that width beside a point, the best first. */
function labelPlaces(x, y, width) {
  const places = [];
  for (const far of [0, 13, 26, 39, 52, 65]) {
    for (const up of far ? [-far, far] : [0]) places.push([x + 9, y + up], [x - 9 - width, y + up]);
    places.push([x - width / 2, y - 14 - far], [x - width / 2, y + 14 + far]);
  }
  return places.map(([left, middle]) => ({left, right: left + width, top: middle - 6, bottom: middle + 6}));
}

const overlap = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

function drawLabel(group, x, y, taken, width, height) {
  const text = group.names.join(', ');
  pen.font = group.chosen ? '650 ' + font(12) : font(11);
  const length = pen.measureText(text).width;
  const place = labelPlaces(x, y, length).find(
      box => box.left >= margin.left && box.right <= width && box.top >= 0 && box.bottom <= height - margin.bottom &&
          !taken.some(other => overlap(box, other)));
  if (!place) return;
  taken.push(place);
  const middle = (place.top + place.bottom) / 2;
  if (Math.abs(middle - y) > 15 || (middle !== y && (place.left > x || place.right < x)))
    svgElement(scatter, 'line', {x1: x, y1: y, x2: Math.min(Math.max(x, place.left), place.right), y2: middle, class: 'lead'});
  svgElement(scatter, 'text', {x: place.left, y: middle + 4, class: group.chosen ? 'name chosen' : 'name'}, text);
}

/** Draws points {name, bubble, memory, chosen}. Memory stands on a scale of powers of two, bubbles on one of square
 * roots, since most of them are small. */
function drawScatter(points) {
  const width = scatter.clientWidth, height = scatter.clientHeight;
  scatter.replaceChildren();
  scatter.setAttribute('viewBox', `0 0 ${width} ${height}`);
  if (!points.length) return;
  const memories = points.map(point => point.memory);
  const marks = powersOfTwo(Math.min(...memories) * 0.999, Math.max(...memories) * 1.001);
  const mostBubble = Math.max(0.02, ...points.map(point => point.bubble)) * 1.04;
  const x = bubble => margin.left + 8 + Math.sqrt(bubble / mostBubble) * (width - margin.left - margin.right - 16);
  const heights = [marks[0], marks[marks.length - 1]].map(Math.log2);
  const y = memory => height - margin.bottom -
      (Math.log2(memory) - heights[0]) / (heights[1] - heights[0]) * (height - margin.top - margin.bottom);
  drawAxes(width, height, marks, mostBubble, x, y);
  const groups = grouped(points);
  const taken = groups.map(group => {
    const [left, top] = [x(group.bubble), y(group.memory)];
    return {left: left - 6, right: left + 6, top: top - 6, bottom: top + 6};
  });
  for (const group of groups) drawLabel(group, x(group.bubble), y(group.memory), taken, width, height);
  for (const group of groups.reverse()) {
    const dot = svgElement(scatter, 'circle', {
      cx: x(group.bubble), cy: y(group.memory), r: group.chosen ? 6 : 4.5, class: group.chosen ? 'dot chosen' : 'dot'
    });
    svgElement(dot, 'title', {}, `${group.names.join(', ')}: bubble ${percent(group.bubble)}, peak ${short(group.memory)}`);
  }
}
