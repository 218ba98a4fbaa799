// The page /login. Whoever signs in has something in every place where a
// browser keeps things: a cookie, local storage, session storage, IndexedDB.
const status = document.getElementById("status");

document.querySelector("form").addEventListener("submit", async (event) => {
	event.preventDefault();
	const form = new FormData(event.target);
	const response = await fetch("/login", { method: "POST", body: new URLSearchParams(form) });
	if (!response.ok) {
		status.textContent = await response.text();
		return;
	}
	const { username } = await response.json();
	localStorage.setItem("token", `token of ${username}`);
	sessionStorage.setItem("tab", `tab of ${username}`);
	await keep(`record of ${username}`);
	location.assign("/reports");
});

function keep(record) {
	return new Promise((resolve, reject) => {
		const opening = indexedDB.open("sample", 1);
		opening.onupgradeneeded = () => opening.result.createObjectStore("records");
		opening.onerror = () => reject(opening.error);
		opening.onsuccess = () => {
			const writing = opening.result.transaction("records", "readwrite");
			writing.objectStore("records").put(record, "user");
			writing.oncomplete = () => { opening.result.close(); resolve(); };
		};
	});
}
