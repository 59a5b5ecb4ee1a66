// The page of one schedule or two above each other: the program has timed them.

const embedded = JSON.parse(document.getElementById('schedules').textContent);
for (const schedule of embedded) schedule.titled = embedded.length > 1;
setSchedules(embedded);
layOut();
resize();
fit();
