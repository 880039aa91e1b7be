"use strict";
/* node-redis (the npm package "redis"), versions 4 and later. */
const assert = require("node:assert/strict");
const until = require("./until");

exports.prepare = (redis, path) => {
	const made = [];
	const keep = async (one) => {
		one.on("error", () => {});
		made.push(one);
		await one.connect();
		return one;
	};
	const client = (options) =>
		keep(redis.createClient({ socket: { path }, ...options }));
	return {
		redis,
		client,
		duplicate: (one) => keep(one.duplicate()),
		async empty() {
			const one = await client();
			await one.flushAll();
			await one.scriptFlush();
		},
		async close() {
			for (const one of made) await (one.destroy ?? one.disconnect).call(one);
		},
	};
};

const GIVE = (redis) => redis.defineScript({
	NUMBER_OF_KEYS: 1,
	SCRIPT: `
		if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end
		return redis.call("del", KEYS[1])`,
	// Version 4 gives the arguments back, version 5 pushes them.
	transformArguments: (key, owner) => [key, owner],
	parseCommand(parser, key, owner) {
		parser.pushKey(key);
		parser.push(owner);
	},
	transformReply: (reply) => reply,
});

// Each of these in both protocols; a version that has one has it twice.
const either = {
	async "it names itself"({ client }) {
		const one = await client({ name: "till-4", database: 0 });
		assert.equal(await one.clientGetName(), "till-4");
		const info = await one.clientInfo();
		assert.equal(info.name, "till-4");
		assert.equal(info.id, await one.clientId());
		assert.match(await one.info("server"), /redis_version:7/);
	},

	async "it takes a lock once"({ client }) {
		const one = await client();
		assert.equal(await one.set("seat", "a", { NX: true, PX: 60000 }), "OK");
		assert.equal(await one.set("seat", "b", { NX: true, PX: 60000 }), null);
		assert.equal(await one.set("seat", "c", { XX: true, GET: true, KEEPTTL: true }), "a");
		const left = await one.pTTL("seat");
		assert.ok(left > 50000 && left <= 60000, left);
		await assert.rejects(one.incr("seat"), /not an integer/);
	},

	async "a script is sent once and called by its hash"({ client, redis }) {
		const one = await client({ scripts: { give: GIVE(redis) } });
		await one.set("seat", "a");
		assert.equal(await one.give("seat", "b"), 0);
		await one.scriptFlush();
		assert.equal(await one.give("seat", "a"), 1);
		assert.equal(await one.exists("seat"), 0);
		const options = { keys: ["k"], arguments: ["v"] };
		assert.deepEqual(await one.eval("return {KEYS[1], ARGV[1], 3}", options), ["k", "v", 3]);
	},

	async "commands of one turn go out together and are answered in order"({ client }) {
		const one = await client();
		const all = await Promise.all(Array.from({ length: 100 }, () => one.incr("n")));
		assert.deepEqual(all, Array.from({ length: 100 }, (_, i) => i + 1));
	},

	async "a transaction is whole, or undone by a watched key"({ client, duplicate, redis }) {
		const one = await client();
		const other = await duplicate(one);
		assert.deepEqual(await one.multi().set("a", 1).incr("a").exec(), ["OK", 2]);
		const attempt = async (alone) => {
			await alone.watch("a");
			await other.set("a", "9");
			return alone.multi().set("a", "3").exec();
		};
		// An isolated connection has one WATCH of its own.
		const undone = "executeIsolated" in one
			? one.executeIsolated(attempt) : duplicate(one).then(attempt);
		await assert.rejects(undone, redis.WatchError);
		assert.equal(await one.get("a"), "9");
	},

	async "a lock kept in a hash is counted"({ client }) {
		const one = await client();
		assert.equal(await one.hIncrBy("lock", "me:1", 2), 2);
		assert.equal(await one.hSet("lock", { a: "x", b: "y" }), 2);
		assert.deepEqual({ ...(await one.hGetAll("lock")) }, { "me:1": "2", a: "x", b: "y" });
		assert.equal(Number(await one.hExists("lock", "me:2")), 0);
	},

	async "messages and events arrive"({ client, duplicate }) {
		const one = await client();
		const ears = await duplicate(one);
		const heard = [];
		const hear = (text, channel) => heard.push([channel, text]);
		await ears.subscribe("released", hear);
		await ears.pSubscribe("__keyevent@0__:*", hear);
		await one.configSet("notify-keyspace-events", "Ex");
		assert.equal(await one.publish("released", "seat"), 1);
		await one.set("seat", "a", { PX: 20 });
		await until(() => heard.length >= 2, "two messages");
		await one.configSet("notify-keyspace-events", "");
		assert.deepEqual(heard, [["released", "seat"], ["__keyevent@0__:expired", "seat"]]);
		await ears.unsubscribe("released");
		assert.equal(await one.publish("released", "seat"), 0);
	},

	async "it comes back after its connection was closed, and listens again"({ client }) {
		const one = await client();
		const ears = await client({ name: "ears" });
		const heard = [];
		await ears.subscribe("released", (text) => heard.push(text));
		const { id } = (await one.clientList()).find((c) => c.name === "ears");
		assert.equal(await one.clientKill({ filter: "ID", id }), 1);
		await until(async () => (await one.publish("released", "x")) === 1
			&& heard.includes("x"), "it listens again");
		assert.ok(!(await one.clientList()).some((c) => c.id === id));
	},

	async "all keys are seen by a scan"({ client }) {
		const one = await client();
		await one.mSet(Array.from({ length: 200 }, (_, i) => [`k${i}`, `${i}`]));
		await one.set("other", "x");
		const seen = new Set();
		for await (const some of one.scanIterator({ MATCH: "k*", COUNT: 50 }))
			[some].flat().forEach((key) => seen.add(key));
		assert.equal(seen.size, 200);
	},
};

const inProtocol = (RESP, scenario) => (tools) => scenario({
	...tools,
	client: (options) => tools.client({ RESP, ...options }),
});

exports.scenarios = Object.fromEntries(Object.entries(either).flatMap(
	([name, scenario]) => [2, 3].map(
		(RESP) => [`${name}, RESP${RESP}`, inProtocol(RESP, scenario)])));
// As it comes, whatever its protocol is then.
exports.scenarios["it names itself, by its defaults"] = either["it names itself"];
