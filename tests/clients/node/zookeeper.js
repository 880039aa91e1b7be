"use strict";
/* node-zookeeper-client: each of its calls, watches, and its own life. */
const assert = require("node:assert/strict");
const { once } = require("node:events");
const until = require("./until");

let number = 0;

exports.prepare = (zookeeper, hosts) => {
	const top = `/node-${number++}`;
	const made = [];

	/* A connected client whose calls give promises. */
	const client = async (chroot = "") => {
		const one = zookeeper.createClient(hosts + chroot, { sessionTimeout: 30000, spinDelay: 10 });
		made.push(one);
		one.connect();
		await once(one, "connected");
		const call = (name, ...args) => new Promise((resolve, reject) => {
			one[name](...args, (error, ...values) => {
				if (error) reject(error);
				else resolve(values.length > 1 ? values : values[0]);
			});
		});
		return { one, call };
	};
	return {
		zookeeper,
		client,
		top,
		async empty() {
			await (await client()).call("create", top);
		},
		async close() {
			for (const one of made) one.close();
		},
	};
};

const fails = (zookeeper, code, promise) => assert.rejects(promise, (error) => {
	assert.equal(error.getCode(), zookeeper.Exception[code]);
	return true;
});

exports.scenarios = {
	async "a node is made, read, changed and removed"({ zookeeper, client, top }) {
		const { call } = await client();
		const path = `${top}/a`;
		assert.equal(await call("create", path, Buffer.from("one")), path);
		let [data, stat] = await call("getData", path);
		assert.equal(data.toString(), "one");
		assert.equal(stat.version, 0);
		stat = await call("setData", path, Buffer.from("two"), 0);
		assert.equal(stat.version, 1);
		assert.equal(stat.dataLength, 3);
		await fails(zookeeper, "BAD_VERSION", call("setData", path, Buffer.from("x"), 0));
		await fails(zookeeper, "NODE_EXISTS", call("create", path));
		await call("remove", path, 1);
		assert.equal(await call("exists", path), null);
		await fails(zookeeper, "NO_NODE", call("getData", path));
	},

	async "a tree is made, listed and removed whole"({ client, top }) {
		const { call } = await client();
		await call("mkdirp", `${top}/a/b`);
		await call("create", `${top}/a/d`);
		const [children, stat] = await call("getChildren", `${top}/a`);
		assert.deepEqual(children.sort(), ["b", "d"]);
		assert.equal(stat.numChildren, 2);
		assert.deepEqual((await call("listSubTreeBFS", `${top}/a`)).sort(),
			["", "/b", "/d"].map((name) => `${top}/a${name}`));
		await call("removeRecursive", `${top}/a`, -1);
		assert.equal(await call("exists", `${top}/a`), null);
	},

	async "names are numbered, and end with their session"({ zookeeper, client, top }) {
		const { call } = await client();
		const other = await client();
		const mode = zookeeper.CreateMode.EPHEMERAL_SEQUENTIAL;
		assert.equal(await other.call("create", `${top}/n-`, mode), `${top}/n-0000000000`);
		assert.equal(await other.call("create", `${top}/n-`, mode), `${top}/n-0000000001`);
		const stat = await call("exists", `${top}/n-0000000000`);
		assert.deepEqual(stat.ephemeralOwner, other.one.getSessionId());
		other.one.close();
		await until(async () => (await call("getChildren", top))[0].length === 0, "they are gone");
	},

	async "watches of data, names and what is not there yet"({ client, top }) {
		const { call } = await client();
		const other = await client();
		const heard = [];
		const hear = (event) => heard.push(`${event.getName()} ${event.getPath()}`);
		await call("getData", top, hear);
		await call("getChildren", top, hear);
		await call("exists", `${top}/a`, hear);
		for (let i = 0; i < 2; i++) {
			await other.call("setData", top, Buffer.from("x"), -1);
			await other.call("create", `${top}/a`);
			await other.call("remove", `${top}/a`, -1);
		}
		await until(() => heard.length >= 3, "three events");
		assert.deepEqual(heard.sort(), [
			`NODE_CHILDREN_CHANGED ${top}`, `NODE_CREATED ${top}/a`, `NODE_DATA_CHANGED ${top}`]);
	},

	async "a transaction is whole or nothing"({ zookeeper, client, top }) {
		const { one, call } = await client();
		const commit = (transaction) => new Promise((resolve) => {
			transaction.commit((error, results) => resolve([error, results]));
		});
		const [none] = await commit(one.transaction()
			.create(`${top}/a`).setData(top, Buffer.from("x")).check(top, 1).remove(`${top}/a`));
		assert.ifError(none);
		assert.equal(await call("exists", `${top}/a`), null);
		const [error] = await commit(one.transaction().create(`${top}/b`).check(top, 7));
		assert.equal(error.getCode(), zookeeper.Exception.BAD_VERSION);
		assert.equal(await call("exists", `${top}/b`), null);
	},

	async "an ACL keeps others out"({ zookeeper, client, top }) {
		const mine = await client();
		const theirs = await client();
		mine.one.addAuthInfo("digest", Buffer.from("me:secret"));
		await mine.call("create", `${top}/a`, Buffer.from("x"), zookeeper.ACL.CREATOR_ALL_ACL);
		const [acls] = await mine.call("getACL", `${top}/a`);
		assert.equal(acls[0].id.scheme, "digest");
		await fails(zookeeper, "NO_AUTH", theirs.call("getData", `${top}/a`));
		await mine.call("setACL", `${top}/a`, zookeeper.ACL.OPEN_ACL_UNSAFE, 0);
		assert.equal((await theirs.call("getData", `${top}/a`))[0].toString(), "x");
	},

	async "a chroot is stripped"({ client, top }) {
		const { call } = await client();
		const inside = await client(top);
		assert.equal(await inside.call("create", "/a"), "/a");
		assert.ok(await call("exists", `${top}/a`));
		assert.deepEqual((await inside.call("getChildren", "/"))[0], ["a"]);
	},

	async "a cut connection comes back, with its session and its watches"({ client, top }) {
		const { one, call } = await client();
		const other = await client();
		const session = one.getSessionId();
		const heard = [];
		const hear = (event) => heard.push(event.getName());
		await call("create", `${top}/gone`);
		await call("getData", top, hear);
		await call("exists", `${top}/new`, hear);
		await call("exists", `${top}/gone`, hear);
		one.connectionManager.socket.destroy();
		await once(one, "disconnected");
		await other.call("setData", top, Buffer.from("x"), -1);
		await other.call("create", `${top}/new`);
		await other.call("remove", `${top}/gone`, -1);
		await until(() => heard.length >= 3, "what was missed");
		assert.deepEqual(one.getSessionId(), session);
		assert.deepEqual(heard.sort(), ["NODE_CREATED", "NODE_DATA_CHANGED", "NODE_DELETED"]);
	},

	async "a wrong password ends in an expired session"({ client }) {
		const { one } = await client();
		one.connectionManager.sessionPassword = Buffer.alloc(16, 7);
		one.connectionManager.socket.destroy();
		await once(one, "expired");
	},

	async "many calls at once are all answered"({ zookeeper, client, top }) {
		const { call } = await client();
		const mode = zookeeper.CreateMode.PERSISTENT_SEQUENTIAL;
		const names = await Promise.all(Array.from({ length: 500 },
			() => call("create", `${top}/n-`, mode)));
		assert.deepEqual(names, Array.from({ length: 500 },
			(_, i) => `${top}/n-${String(i).padStart(10, "0")}`));
	},
};
