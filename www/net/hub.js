// A shared worker: all tabs of one browser listen to one stream for an event,
// because a browser has six connections to a server and a stream keeps one.

import { createStream } from "./stream.js";

const streams = new Map(); // url -> { stream, link, ports }

function listen(url, port) {
	let entry = streams.get(url);
	if (!entry) {
		entry = { ports: new Set(), link: "down" };
		streams.set(url, entry);
		entry.stream = createStream(url, (kind, text) => {
			if (kind !== "data") entry.link = kind;
			for (const p of entry.ports) p.postMessage([kind, text]);
		});
	} else port.postMessage([entry.link]);
	entry.ports.add(port);
}

function leave(url, port) {
	const entry = streams.get(url);
	entry?.ports.delete(port);
	if (entry?.ports.size !== 0) return;
	entry.stream.close();
	streams.delete(url);
}

self.addEventListener("connect", ({ ports: [port] }) => {
	port.addEventListener("message", ({ data: [what, url] }) => {
		if (what === "listen") listen(url, port);
		else leave(url, port);
	});
	port.start();
});
