// Who tells whom: a list of listeners for each name.
export function createBus() {
	const listeners = new Map();
	return {
		on(name, f) {
			if (!listeners.has(name)) listeners.set(name, []);
			listeners.get(name).push(f);
		},
		tell(name, ...args) {
			for (const f of listeners.get(name) ?? []) f(...args);
		},
	};
}
