// k6 browser does the bench's job until it is stopped. It gives each user a
// browser of its own and starts a new one with each of its iterations; here one
// iteration of k6's holds all of a user's, so that starting browsers is no part
// of what is measured.
import { browser } from "k6/browser";
import { sleep } from "k6";
import exec from "k6/execution";

const users = Number(__ENV.BENCH_USERS);
const interval = Number(__ENV.BENCH_INTERVAL); // seconds
const think = Number(__ENV.BENCH_THINK); // seconds

export const options = {
	scenarios: {
		users: {
			executor: "per-vu-iterations",
			vus: users,
			iterations: 1,
			maxDuration: "1h",
			options: { browser: { type: "chromium" } },
		},
	},
};

export default async function () {
	const user = exec.vu.idInTest - 1;
	sleep(user * interval);
	for (let iteration = 1; ; iteration++) {
		await iterate(`u${user}-i${iteration}`);
	}
}

async function iterate(name) {
	const context = await browser.newContext();
	const page = await context.newPage();
	await page.goto(`${__ENV.BENCH_URL}/app?as=${name}`);
	const button = page.getByRole("button", { name: "Run" });
	await button.waitFor();
	await pause(page);
	for (let i = 1; i <= 5; i++) {
		const began = Date.now();
		await button.click();
		await page.getByText(`Finished run ${i} in`).waitFor();
		console.log(`reading ${name} ${i} ${(Date.now() - began) / 1000}`);
		await pause(page);
	}
	if (__ENV.BENCH_REPORT) {
		await page.evaluate(() => window.report().then(() => 1));
	}
	await page.close();
	await context.close();
}

async function pause(page) {
	if (think > 0) {
		await page.waitForTimeout(think * 1000);
	}
}
