// The page /form: sends the form in the background and shows the answer.
const form = document.querySelector("form");
const status = document.getElementById("status");
const box = document.getElementById("first");

form.addEventListener("submit", async (event) => {
	event.preventDefault();
	status.textContent = "Saving …";
	try {
		const response = await fetch(location.pathname + location.search, { method: "POST", body: new FormData(form) });
		if (!response.ok) {
			throw new Error(await response.text());
		}
		status.textContent = (await response.json()).message;
	} catch (error) {
		status.textContent = `Not saved: ${error.message}`;
	}
});

for (const chip of document.querySelectorAll(".chip")) {
	chip.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/plain", chip.textContent));
}
box.addEventListener("dragover", (event) => event.preventDefault());
box.addEventListener("drop", (event) => {
	event.preventDefault();
	box.textContent = event.dataTransfer.getData("text/plain");
	form.elements.first.value = box.textContent;
});
