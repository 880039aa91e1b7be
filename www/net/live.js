// The live stream of an event: through the hub that all tabs share, or by a
// stream of this tab where the browser has no shared workers.

import { createStream } from "./stream.js";

function throughHub(url, tell) {
	const { port } = new SharedWorker("/net/hub.js", { type: "module", name: "holdfast" });
	port.addEventListener("message", ({ data: [kind, text] }) => tell(kind, text));
	port.start();
	const listen = () => port.postMessage(["listen", url]);
	window.addEventListener("pagehide", () => port.postMessage(["leave", url]));
	window.addEventListener("pageshow", ({ persisted }) => persisted && listen());
	listen();
}

// tell("open"), tell("down"), tell("frame", {t, c | resync})
export function listenLive(url, tell) {
	const pass = (kind, text) => {
		if (kind !== "data") return tell(kind);
		let frame;
		try {
			frame = JSON.parse(text);
		} catch {
			return undefined; // not ours; a snapshot will tell
		}
		return tell("frame", frame);
	};
	if ("SharedWorker" in window) throughHub(url, pass);
	else createStream(url, pass);
}
