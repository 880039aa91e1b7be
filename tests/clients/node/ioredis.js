"use strict";
/* ioredis: what lock libraries on it send, and its own life. */
const assert = require("node:assert/strict");
const { once } = require("node:events");
const until = require("./until");

const GIVE = `
	if redis.call("get", KEYS[1]) ~= ARGV[1] then return 0 end
	return redis.call("del", KEYS[1])`;

exports.prepare = (ioredis, path) => {
	const Redis = ioredis.default ?? ioredis;
	const made = [];
	const client = (options) => {
		const one = new Redis({ path, lazyConnect: true, ...options });
		one.on("error", () => {});
		made.push(one);
		return one;
	};
	return {
		client,
		async empty() {
			const one = client();
			await one.flushall();
			await one.script("FLUSH");
			await one.quit();
		},
		async close() {
			for (const one of made) one.disconnect();
		},
	};
};

exports.scenarios = {
	async "it finds the server ready and gives its name"({ client }) {
		const one = client({ connectionName: "till-4", db: 0 });
		await one.connect();
		assert.equal(one.status, "ready");
		assert.equal(await one.client("GETNAME"), "till-4");
		assert.match(await one.info("server"), /redis_version:7/);
		assert.equal(await one.quit(), "OK");
	},

	async "it takes a lock once"({ client }) {
		const one = client();
		assert.equal(await one.set("seat", "a", "PX", 60000, "NX"), "OK");
		assert.equal(await one.set("seat", "b", "PX", 60000, "NX"), null);
		assert.equal(await one.get("seat"), "a");
		const left = await one.pttl("seat");
		assert.ok(left > 50000 && left <= 60000, left);
	},

	async "a script is sent once and called by its hash"({ client }) {
		const one = client();
		one.defineCommand("give", { numberOfKeys: 1, lua: GIVE });
		await one.set("seat", "a");
		assert.equal(await one.give("seat", "b"), 0);
		await one.script("FLUSH");
		assert.equal(await one.give("seat", "a"), 1);
		await assert.rejects(one.evalsha("0".repeat(40), 0), /^ReplyError: NOSCRIPT/);
	},

	async "a pipeline answers in order"({ client }) {
		const answers = await client().pipeline()
			.set("a", 1).incr("a").get("a").incr("a", "too much").get("a").exec();
		assert.deepEqual(answers.map(([, value]) => value), ["OK", 2, "2", undefined, "2"]);
		assert.match(answers[3][0].message, /wrong number of arguments/);
		const auto = client({ enableAutoPipelining: true });
		const all = await Promise.all(Array.from({ length: 100 }, () => auto.incr("n")));
		assert.deepEqual(all, Array.from({ length: 100 }, (_, i) => i + 1));
	},

	async "a transaction is whole, or undone by a watched key"({ client }) {
		const one = client();
		const other = client();
		const answers = await one.multi().set("a", 1).incr("a").exec();
		assert.deepEqual(answers, [[null, "OK"], [null, 2]]);
		await one.watch("a");
		await other.set("a", 9);
		assert.equal(await one.multi().set("a", 3).exec(), null);
		assert.equal(await one.get("a"), "9");
		await assert.rejects(one.multi().set("a", 1).set("b").exec(), /EXECABORT/);
	},

	async "a lock kept in a hash is counted"({ client }) {
		const one = client();
		assert.equal(await one.hincrby("lock", "me:1", 1), 1);
		assert.equal(await one.hincrby("lock", "me:1", 1), 2);
		assert.equal(await one.hset("lock", { a: "x", b: "y" }), 2);
		assert.deepEqual(await one.hgetall("lock"), { "me:1": "2", a: "x", b: "y" });
		await assert.rejects(one.get("lock"), /^ReplyError: WRONGTYPE/);
	},

	async "messages and events arrive"({ client }) {
		const one = client();
		const ears = client();
		const heard = [];
		ears.on("message", (channel, text) => heard.push([channel, text]));
		ears.on("pmessage", (pattern, channel, text) => heard.push([pattern, channel, text]));
		assert.equal(await ears.subscribe("released"), 1);
		assert.equal(await ears.psubscribe("__keyevent@0__:*"), 2);
		await one.config("SET", "notify-keyspace-events", "Ex");
		assert.equal(await one.publish("released", "seat"), 1);
		await one.set("seat", "a", "PX", 20);
		await until(() => heard.length >= 2, "two messages");
		await one.config("SET", "notify-keyspace-events", "");
		assert.deepEqual(heard, [
			["released", "seat"],
			["__keyevent@0__:*", "__keyevent@0__:expired", "seat"],
		]);
		assert.equal(await ears.unsubscribe("released"), 1);
	},

	async "it comes back after its connection was closed, and listens again"({ client }) {
		const one = client();
		const ears = client({ retryStrategy: () => 5, connectionName: "ears" });
		await ears.subscribe("released");
		const id = (await one.client("LIST")).match(/id=(\d+) .*name=ears/)[1];
		assert.equal(await one.client("KILL", "ID", id), 1);
		await until(async () => (await one.publish("released", "x")) === 1
			&& !(await one.client("LIST")).includes(`id=${id} `), "it listens again");
		const [, text] = await Promise.all([
			one.publish("released", "y"), once(ears, "message").then(([, t]) => t)]);
		assert.ok(["x", "y"].includes(text));
	},

	async "all keys are seen by a scan"({ client }) {
		const one = client({ keyPrefix: "app:" });
		await Promise.all(Array.from({ length: 200 }, (_, i) => one.set(`k${i}`, i)));
		const seen = new Set();
		for await (const keys of one.scanStream({ match: "app:k*", count: 50 }))
			keys.forEach((key) => seen.add(key));
		assert.equal(seen.size, 200);
		assert.ok(seen.has("app:k199"));
	},

	async "a monitor sees commands"({ client }) {
		const one = client();
		const monitor = await client().monitor();
		const seen = [];
		monitor.on("monitor", (time, args) => seen.push(args.join(" ")));
		await one.set("seat", "a b");
		await until(() => seen.includes("set seat a b"), "the command");
		monitor.disconnect();
	},
};
