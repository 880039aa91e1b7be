import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.state.ConnectionState;
import org.apache.zookeeper.AddWatchMode;
import org.apache.zookeeper.KeeperException;
import org.apache.zookeeper.Watcher;
import org.apache.zookeeper.ZooKeeper;

/** The Java client's sessions below Curator: resumed, ended, cut off. */
final class Sessions {
	static void add(Map<String, Scenario> all) {
		all.put("an ended session is told as lost, and followed by another",
				Sessions::ended);
		all.put("watches of all kinds tell what was missed", Sessions::missed);
		all.put("watches that are not wanted are removed", Sessions::removed);
		all.put("a session knows its own nodes and names", Sessions::own);
	}

	/** Another client takes the session over, and closes it. */
	static void end(CuratorFramework of) throws Exception {
		ZooKeeper theirs = of.getZookeeperClient().getZooKeeper();
		CountDownLatch connected = new CountDownLatch(1);
		ZooKeeper thief = new ZooKeeper(of.getZookeeperClient()
				.getCurrentConnectionString(), Stage.SESSION_MS, event -> {
			if (event.getState() == Watcher.Event.KeeperState.SyncConnected)
				connected.countDown();
		}, theirs.getSessionId(), theirs.getSessionPasswd());

		Stage.expect(connected.await(Stage.WAIT_SECONDS, TimeUnit.SECONDS),
				"the session was taken over");
		thief.close();
	}

	private static void ended(Stage s) throws Exception {
		CuratorFramework doomed = s.client();
		List<ConnectionState> states = new CopyOnWriteArrayList<>();

		doomed.getConnectionStateListenable().addListener(
				(client, state) -> states.add(state));
		long before = doomed.getZookeeperClient().getZooKeeper().getSessionId();
		end(doomed);
		Stage.until(() -> states.contains(ConnectionState.LOST)
				&& states.contains(ConnectionState.RECONNECTED), "both");
		Stage.expect(doomed.getZookeeperClient().getZooKeeper().getSessionId()
				!= before, "another session");
	}

	private static void missed(Stage s) throws Exception {
		List<String> heard = new CopyOnWriteArrayList<>();
		Watcher ears = event -> {
			if (event.getPath() != null)
				heard.add(event.getType() + " "
						+ event.getPath().substring(s.top.length()));
		};

		try (Pipe pipe = new Pipe(s.hosts)) {
			CuratorFramework far = s.client(pipe.hosts());

			s.client.create().forPath(s.path("old"));
			far.checkExists().usingWatcher(ears).forPath(s.path("new"));
			far.checkExists().usingWatcher(ears).forPath(s.path("old"));
			far.getData().usingWatcher(ears).forPath(s.top);
			far.getChildren().usingWatcher(ears).forPath(s.top);
			far.watchers().add().withMode(AddWatchMode.PERSISTENT_RECURSIVE)
					.usingWatcher(ears).forPath(s.path("later"));
			pipe.shut();
			s.client.create().forPath(s.path("new"));
			s.client.delete().forPath(s.path("old"));
			s.client.setData().forPath(s.top);
			pipe.open();
			Stage.until(() -> heard.size() >= 4, "four missed events");
			s.client.create().creatingParentsIfNeeded()
					.forPath(s.path("later/on"));
			Stage.until(() -> heard.size() >= 6, "and the persistent one's");
		}
		Stage.same(heard.stream().sorted().toList(), List.of(
				"NodeChildrenChanged ", "NodeCreated /later",
				"NodeCreated /later/on", "NodeCreated /new",
				"NodeDataChanged ", "NodeDeleted /old"));
	}

	private static void removed(Stage s) throws Exception {
		List<String> heard = new CopyOnWriteArrayList<>();
		Watcher ears = event -> heard.add(event.getType().toString());

		s.client.getData().usingWatcher(ears).forPath(s.top);
		s.client.watchers().remove(ears).ofType(Watcher.WatcherType.Any)
				.forPath(s.top);
		s.client.setData().forPath(s.top);
		s.client.sync().forPath(s.top);
		Stage.until(() -> heard.contains("DataWatchRemoved"), "told so");
		Stage.same(heard, List.of("DataWatchRemoved"));
		Stage.fails(KeeperException.NoWatcherException.class,
				() -> s.client.watchers().removeAll().forPath(s.path("none")));
	}

	private static void own(Stage s) throws Exception {
		ZooKeeper zk = s.client.getZookeeperClient().getZooKeeper();

		s.client.create().withMode(org.apache.zookeeper.CreateMode.EPHEMERAL)
				.forPath(s.path("mine"));
		Stage.same(zk.getEphemerals(s.top), List.of(s.path("mine")));
		Stage.same(zk.getAllChildrenNumber(s.top), 1);
		Stage.expect(zk.whoAmI().stream().anyMatch(
				who -> who.getAuthScheme().equals("ip")), "by its address");
	}
}
