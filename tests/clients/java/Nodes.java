import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.nodes.GroupMember;
import org.apache.curator.framework.recipes.nodes.PersistentNode;
import org.apache.curator.framework.recipes.nodes.PersistentTtlNode;
import org.apache.zookeeper.CreateMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.ZooDefs;
import org.apache.zookeeper.data.Stat;

/** The framework's own calls, and nodes that are kept. */
final class Nodes {
	static void add(Map<String, Scenario> all) {
		all.put("the ensemble's tracker finds no ensemble", Nodes::ensemble);
		all.put("parents are made, as containers where asked", Nodes::parents);
		all.put("a protected create is found again", Nodes::guarded);
		all.put("a transaction is whole or nothing", Nodes::transaction);
		all.put("an ACL keeps others out", Nodes::acl);
		all.put("a namespace is a world of its own", Nodes::namespace);
		all.put("a node that is removed is made again", Nodes::persistent);
		all.put("a node with a TTL is kept while it is touched", Nodes::ttl);
		all.put("a group knows its members", Nodes::group);
	}

	private static void ensemble(Stage s) throws Exception {
		Stage.same(s.client.getConfig().forEnsemble().length, 0);
		Stage.same(s.client.getZookeeperClient().getCurrentConnectionString(),
				s.hosts);
		Stage.same(s.client.getCurrentConfig().getAllMembers().size(), 0);
	}

	private static void parents(Stage s) throws Exception {
		Stat stat = new Stat();

		s.client.create().storingStatIn(stat).creatingParentContainersIfNeeded()
				.forPath(s.path("a/b/c"), Stage.bytes("x"));
		Stage.same(stat.getDataLength(), 1);
		s.client.create().orSetData().forPath(s.path("a/b/c"), Stage.bytes("yy"));
		Stage.same(s.client.checkExists().forPath(s.path("a/b/c"))
				.getDataLength(), 2);
		Stage.fails(KeeperException.NotEmptyException.class,
				() -> s.client.delete().forPath(s.path("a")));
		s.client.delete().deletingChildrenIfNeeded().forPath(s.path("a"));
		Stage.expect(s.client.checkExists().forPath(s.path("a")) == null, "gone");
	}

	private static void guarded(Stage s) throws Exception {
		String made = s.client.create().withProtection()
				.withMode(CreateMode.EPHEMERAL_SEQUENTIAL)
				.forPath(s.path("lock-"));

		Stage.expect(made.matches(s.path("_c_[-0-9a-f]{36}-lock-[0-9]{10}")),
				made);
		s.client.delete().guaranteed().forPath(made);
	}

	private static void transaction(Stage s) throws Exception {
		var made = s.client.transactionOp().create().forPath(s.path("a"));
		var set = s.client.transactionOp().setData().forPath(s.top,
				Stage.bytes("x"));
		var wrong = s.client.transactionOp().check().withVersion(9)
				.forPath(s.top);

		Stage.fails(KeeperException.BadVersionException.class,
				() -> s.client.transaction().forOperations(made, set, wrong));
		Stage.expect(s.client.checkExists().forPath(s.path("a")) == null, "none");
		var results = s.client.transaction().forOperations(made, set);
		Stage.same(results.get(0).getResultPath(), s.path("a"));
		Stage.same(results.get(1).getResultStat().getVersion(), 1);
	}

	private static void acl(Stage s) throws Exception {
		CuratorFramework owner = s.keep(org.apache.curator.framework
				.CuratorFrameworkFactory.builder().connectString(s.hosts)
				.authorization("digest", Stage.bytes("me:secret"))
				.retryPolicy(new org.apache.curator.retry.RetryOneTime(10))
				.build());

		owner.start();
		owner.create().withACL(ZooDefs.Ids.CREATOR_ALL_ACL)
				.forPath(s.path("mine"), Stage.bytes("x"));
		Stage.fails(KeeperException.NoAuthException.class,
				() -> s.client.getData().forPath(s.path("mine")));
		Stage.same(owner.getACL().forPath(s.path("mine")).get(0).getId()
				.getScheme(), "digest");
		owner.setACL().withACL(ZooDefs.Ids.OPEN_ACL_UNSAFE)
				.forPath(s.path("mine"));
		Stage.same(s.client.getData().forPath(s.path("mine")).length, 1);
	}

	private static void namespace(Stage s) throws Exception {
		CuratorFramework inside = s.client.usingNamespace(
				s.path("space").substring(1));

		Stage.same(inside.create().forPath("/a"), "/a");
		Stage.expect(s.client.checkExists().forPath(s.path("space/a")) != null,
				"there");
		Stage.same(inside.getChildren().forPath("/"), List.of("a"));
	}

	private static void persistent(Stage s) throws Exception {
		CuratorFramework doomed = s.client();
		PersistentNode node = s.keep(new PersistentNode(doomed,
				CreateMode.EPHEMERAL, false, s.path("me"), Stage.bytes("x")));

		node.start();
		Stage.expect(node.waitForInitialCreate(Stage.WAIT_SECONDS,
				TimeUnit.SECONDS), "made");
		Stat first = s.client.checkExists().forPath(s.path("me"));
		s.client.delete().forPath(s.path("me"));
		Stage.until(() -> is(s, first, false), "made again");
		Sessions.end(doomed);
		Stage.until(() -> is(s, first, true), "made by the next session");
	}

	/** Another node than that, by the same session or another one. */
	private static boolean is(Stage s, Stat before, boolean byAnother)
			throws Exception {
		Stat now = s.client.checkExists().forPath(s.path("me"));

		return now != null && now.getCzxid() > before.getCzxid()
				&& byAnother == (now.getEphemeralOwner()
						!= before.getEphemeralOwner());
	}

	private static void ttl(Stage s) throws Exception {
		PersistentTtlNode node = new PersistentTtlNode(s.client, s.path("t"),
				300, Stage.bytes("x"));

		node.start();
		Stage.expect(node.waitForInitialCreate(Stage.WAIT_SECONDS,
				TimeUnit.SECONDS), "made");
		Stat stat = s.client.checkExists().forPath(s.path("t"));
		Stage.same(stat.getEphemeralOwner(), 0L);
		Stage.until(() -> s.client.checkExists()
				.forPath(s.path("t/ttl-root")) != null
				|| s.client.getChildren().forPath(s.path("t")).size() > 0,
				"touched");
		node.close();
	}

	private static void group(Stage s) throws Exception {
		GroupMember one = s.keep(new GroupMember(s.client, s.path("g"), "one",
				Stage.bytes("1")));
		GroupMember two = new GroupMember(s.client(), s.path("g"), "two");

		one.start();
		two.start();
		Stage.until(() -> one.getCurrentMembers().size() == 2
				&& two.getCurrentMembers().size() == 2, "both");
		two.close();
		Stage.until(() -> one.getCurrentMembers().size() == 1, "one");
	}
}
