// The page /reports: a table that depends on a region, and what the login left.
const region = document.getElementById("region");
const table = document.querySelector("[data-testid=report-table]");

async function show() {
	const response = await fetch(`/api/reports?region=${encodeURIComponent(region.value)}`);
	const { items } = await response.json();
	table.replaceChildren(...items.map((item) => {
		const row = document.createElement("p");
		row.textContent = `${item.title}, ${item.region}`;
		return row;
	}));
}

function record() {
	return new Promise((resolve) => {
		const opening = indexedDB.open("sample", 1);
		opening.onupgradeneeded = () => opening.result.createObjectStore("records");
		opening.onsuccess = () => {
			const reading = opening.result.transaction("records").objectStore("records").get("user");
			reading.onsuccess = () => { opening.result.close(); resolve(reading.result ?? "no record"); };
		};
	});
}

region.addEventListener("change", show);
show();
document.querySelector("[data-testid=kept]").textContent =
	[localStorage.getItem("token") ?? "no token", sessionStorage.getItem("tab") ?? "no tab", await record()].join(", ");
