// The page /app. Its record of the truth is described in the package comment
// of sampleapp.
const delays = document.body.dataset.runDelays.split(" ").map(Number);
const local = "local" in document.body.dataset;
const status = document.getElementById("status");
const bars = document.getElementById("bars");

const record = { inserted: 0, runs: [] };
window.truth = () => record;
// Hands the record to the server, under the name that the address gives (?as=).
window.report = () => fetch("/truth", {
	method: "POST",
	body: JSON.stringify({ as: new URLSearchParams(location.search).get("as") ?? "", ...record }),
});

let clicks = 0;
let pressed = null; // timeStamp of the pointerdown that the next click ends

const button = document.createElement("button");
button.type = "button";
button.textContent = "Run";
button.addEventListener("pointerdown", (event) => { pressed = event.timeStamp; });
button.addEventListener("click", (event) => {
	const delay = delays[clicks % delays.length];
	const run = { run: ++clicks, pressed, clicked: event.timeStamp, answered: 0, delay, seconds: 0 };
	pressed = null;
	status.textContent = "Running …";
	if (local) {
		answerAlone(run);
	} else {
		askServer(run);
	}
});

document.getElementById("slot").append(button);
record.inserted = performance.now();
document.body.dataset.inserted = record.inserted;

function answerAlone(run) {
	const began = performance.now();
	const answer = () => finish(run, (performance.now() - began) / 1000);
	if (run.delay === 0) {
		answer();
	} else {
		setTimeout(answer, run.delay);
	}
}

async function askServer(run) {
	try {
		const response = await fetch(`/run?run_delay=${run.delay}ms`, { method: "POST" });
		if (!response.ok) {
			throw new Error(await response.text());
		}
		const { seconds } = await response.json();
		finish(run, seconds);
	} catch (error) {
		status.textContent = `Run ${run.run} failed: ${error.message}`;
	}
}

// All in one task: the answer, its time, the record.
function finish(run, seconds) {
	status.textContent = `Finished run ${run.run} in ${seconds.toFixed(3)} sec`;
	run.answered = performance.now();
	run.seconds = seconds;
	for (const key of ["run", "pressed", "clicked", "answered", "delay", "seconds"]) {
		status.dataset[key] = run[key] ?? "";
	}
	record.runs.push(run);
	draw();
}

// The last answers as bars, the slowest of them as high as the box.
function draw() {
	const shown = record.runs.slice(-24);
	const slowest = Math.max(...shown.map((run) => run.seconds));
	bars.replaceChildren(...shown.map((run) => {
		const bar = document.createElement("i");
		bar.style.height = `${Math.max(4, 100 * run.seconds / slowest || 0)}%`;
		return bar;
	}));
}
