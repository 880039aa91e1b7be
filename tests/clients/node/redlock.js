"use strict";
/* redlock 5 on ioredis: one server, as lockd's users have it. */
const assert = require("node:assert/strict");
const { once } = require("node:events");
const { default: Redlock, ExecutionError, ResourceLockedError } = require("redlock");
const ioredis = require("./ioredis");
const until = require("./until");

exports.prepare = (library, path) => {
	const tools = ioredis.prepare(library, path);
	return {
		...tools,
		locks(settings) {
			return new Redlock([tools.client()], {
				retryCount: 0, retryDelay: 5, retryJitter: 5, ...settings,
			});
		},
	};
};

/* Refused, and by the server's answer: not by a connection that failed. */
async function refused(promise) {
	await assert.rejects(promise, (error) => {
		assert.ok(error instanceof ExecutionError, error);
		return true;
	});
	const error = await promise.catch((e) => e);
	const [last] = await Promise.all(error.attempts.slice(-1));
	for (const why of last.votesAgainst.values())
		assert.ok(why instanceof ResourceLockedError, why.stack);
}

exports.scenarios = {
	async "a lock is taken, extended and given back"({ client, locks }) {
		const one = client();
		const lock = await locks().acquire(["seat"], 5000);
		assert.equal(await one.get("seat"), lock.value);
		assert.ok((await one.pttl("seat")) <= 5000);
		const longer = await lock.extend(60000);
		assert.equal(await one.get("seat"), longer.value);
		assert.ok((await one.pttl("seat")) > 50000);
		await longer.release();
		assert.equal(await one.exists("seat"), 0);
	},

	async "several resources: all or none"({ client, locks }) {
		const one = client();
		const lock = await locks().acquire(["a", "b"], 60000);
		await refused(locks().acquire(["b", "c"], 60000));
		assert.equal(await one.exists("c"), 0);
		await lock.release();
		assert.equal(await one.dbsize(), 0);
	},

	async "who comes second is refused"({ locks }) {
		const lock = await locks().acquire(["seat"], 60000);
		await refused(locks({ retryCount: 2 }).acquire(["seat"], 60000));
		await lock.release();
	},

	async "who tries again gets it when it is given back"({ locks }) {
		const lock = await locks().acquire(["seat"], 60000);
		const next = locks({ retryCount: 2000 }).acquire(["seat"], 60000);
		await lock.release();
		await (await next).release();
	},

	async "one that ran out is the next one's, and stays it"({ client, locks }) {
		const late = await locks().acquire(["seat"], 30);
		const heir = await locks({ retryCount: 2000 }).acquire(["seat"], 60000);
		await refused(late.release());
		await assert.rejects(late.extend(60000), /expired/);
		late.expiration = Infinity; // though it believes it were not
		await refused(late.extend(1));
		assert.equal(await client().get("seat"), heir.value);
		assert.ok((await client().pttl("seat")) > 50000);
	},

	async "one inside at a time"({ locks }) {
		let inside = 0;
		let most = 0;
		const patient = locks({ retryCount: 4000, retryDelay: 2, retryJitter: 4 });
		await Promise.all(Array.from({ length: 8 }, async () => {
			for (let i = 0; i < 4; i++) {
				const lock = await patient.acquire(["seat"], 60000);
				most = Math.max(most, ++inside);
				await new Promise(setImmediate);
				inside--;
				await lock.release();
			}
		}));
		assert.equal(most, 1);
	},

	async "using() extends while it works"({ client, locks }) {
		const one = client();
		const patient = locks({ retryCount: 10, automaticExtensionThreshold: 150 });
		await patient.using(["seat"], 300, async (signal) => {
			const began = await one.get("seat");
			const deadline = Date.now() + 300;
			// It lasts beyond what it was taken for.
			await until(() => Date.now() > deadline + 50, "its first time is over");
			assert.equal(await one.get("seat"), began);
			assert.ok(!signal.aborted, signal.error);
		});
		assert.equal(await one.exists("seat"), 0);
	},

	async "using() hears that its lock was lost"({ client, locks }) {
		const one = client();
		const patient = locks({ retryCount: 0, automaticExtensionThreshold: 100 });
		const work = patient.using(["seat"], 200, async (signal) => {
			await one.set("seat", "somebody else");
			if (!signal.aborted) await once(signal, "abort");
			return "stopped";
		});
		// It cannot give back what it no longer has, either.
		await assert.rejects(work, ExecutionError);
		assert.equal(await one.get("seat"), "somebody else");
	},

	async "scripts forgotten meanwhile are sent again"({ client, locks }) {
		const lock = await locks().acquire(["seat"], 60000);
		await client().script("FLUSH");
		await (await lock.extend(60000)).release();
		assert.equal(await client().exists("seat"), 0);
	},
};
