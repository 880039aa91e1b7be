// What the browser keeps of an event's holds over reloads, crashes and
// between tabs: which there were and which were to be booked. The server
// knows all the rest; what is kept only says what to ask it about.
//
//   { holds: { id: { ordinals, asked } } }

// null where nothing may be stored: the page then works until it is closed.
function browserStorage() {
	try {
		return localStorage;
	} catch {
		return null;
	}
}

export function createKept(eventId, storage = browserStorage()) {
	const key = `holdfast:${eventId}`;

	function read() {
		try {
			return JSON.parse(storage.getItem(key))?.holds ?? {};
		} catch {
			return {};
		}
	}

	function write(holds) {
		try {
			storage.setItem(key, JSON.stringify({ holds }));
		} catch {
			// Full or forbidden: see browserStorage().
		}
	}

	return {
		key,
		read,
		put(id, ordinals, asked) {
			write({ ...read(), [id]: { ordinals, asked } });
		},
		drop(id) {
			const { [id]: _, ...others } = read();
			write(others);
		},
	};
}
