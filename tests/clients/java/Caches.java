import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.cache.CuratorCache;
import org.apache.curator.framework.recipes.cache.CuratorCacheListener;
import org.apache.curator.framework.recipes.cache.NodeCache;
import org.apache.curator.framework.recipes.cache.PathChildrenCache;
import org.apache.curator.framework.recipes.cache.TreeCache;
import org.apache.curator.framework.recipes.watch.PersistentWatcher;

/** Copies of nodes that follow them, by watches of every kind. */
final class Caches {
	static void add(Map<String, Scenario> all) {
		all.put("a cache of children follows them", Caches::children);
		all.put("a cache of a node follows it", Caches::node);
		all.put("a cache of a tree follows it", Caches::tree);
		all.put("a cache by a persistent watch follows it", Caches::curator);
		all.put("a cache of one node has no other", Caches::single);
		all.put("a persistent watcher hears of all", Caches::persistent);
	}

	/** Two nodes, one of them changed and one removed, and a third. */
	private static void change(Stage s) throws Exception {
		CuratorFramework other = s.client();

		other.create().forPath(s.path("a"), Stage.bytes("1"));
		other.create().forPath(s.path("b"), Stage.bytes("1"));
		other.setData().forPath(s.path("a"), Stage.bytes("2"));
		other.delete().forPath(s.path("b"));
		other.create().forPath(s.path("c"), Stage.bytes("3"));
	}

	private static boolean is(byte[] data, String text) {
		return data != null && new String(data).equals(text);
	}

	private static void children(Stage s) throws Exception {
		PathChildrenCache cache = s.keep(
				new PathChildrenCache(s.client, s.top, true));

		cache.start(PathChildrenCache.StartMode.BUILD_INITIAL_CACHE);
		change(s);
		Stage.until(() -> cache.getCurrentData().size() == 2
				&& cache.getCurrentData(s.path("b")) == null
				&& cache.getCurrentData(s.path("c")) != null
				&& is(cache.getCurrentData(s.path("a")).getData(), "2"),
				"a and c");
	}

	private static void node(Stage s) throws Exception {
		NodeCache cache = s.keep(new NodeCache(s.client, s.path("a")));

		cache.start(true);
		Stage.expect(cache.getCurrentData() == null, "nothing");
		change(s);
		Stage.until(() -> cache.getCurrentData() != null
				&& is(cache.getCurrentData().getData(), "2"), "changed");
		s.client.delete().forPath(s.path("a"));
		Stage.until(() -> cache.getCurrentData() == null, "gone");
	}

	private static void tree(Stage s) throws Exception {
		TreeCache cache = s.keep(TreeCache.newBuilder(s.client, s.top).build());

		cache.start();
		change(s);
		s.client.create().creatingParentsIfNeeded().forPath(s.path("a/x/y"));
		Stage.until(() -> cache.getCurrentData(s.path("a/x/y")) != null
				&& cache.getCurrentData(s.path("b")) == null
				&& cache.getCurrentChildren(s.top) != null
				&& cache.getCurrentChildren(s.top).keySet()
						.equals(Set.of("a", "c"))
				&& is(cache.getCurrentData(s.path("a")).getData(), "2"),
				"a, a/x/y and c");
	}

	private static void curator(Stage s) throws Exception {
		CuratorCache cache = s.keep(CuratorCache.build(s.client, s.top));
		Set<String> deleted = ConcurrentHashMap.newKeySet();

		cache.listenable().addListener(CuratorCacheListener.builder()
				.forDeletes(gone -> deleted.add(gone.getPath())).build());
		cache.start();
		Stage.until(() -> cache.get(s.top).isPresent(), "its root");
		change(s);
		s.client.create().creatingParentsIfNeeded().forPath(s.path("a/x/y"));
		Stage.until(() -> cache.size() == 5
				&& is(cache.get(s.path("a")).get().getData(), "2"), "five");
		s.client.delete().forPath(s.path("a/x/y"));
		Stage.until(() -> deleted.contains(s.path("a/x/y")), "one less");
		Stage.same(cache.size(), 4);
	}

	private static void single(Stage s) throws Exception {
		CuratorCache cache = s.keep(CuratorCache.build(s.client, s.path("a"),
				CuratorCache.Options.SINGLE_NODE_CACHE));

		cache.start();
		change(s);
		s.client.create().forPath(s.path("a/x"));
		Stage.until(() -> cache.get(s.path("a"))
				.filter(a -> is(a.getData(), "2")).isPresent(), "changed");
		Stage.same(cache.size(), 1);
	}

	private static void persistent(Stage s) throws Exception {
		PersistentWatcher watcher = s.keep(
				new PersistentWatcher(s.client, s.top, true));
		List<String> heard = new CopyOnWriteArrayList<>();

		watcher.getListenable().addListener(event -> {
			if (event.getPath() != null)
				heard.add(event.getType() + " " + event.getPath());
		});
		watcher.start();
		Stage.until(() -> {
			s.client.setData().forPath(s.top);
			return !heard.isEmpty();
		}, "the watch is there");
		s.client.sync().forPath(s.top);
		Stage.until(() -> heard.size() > 0, "all of those");
		long before = heard.stream().filter(h -> h.contains("/a")
				|| h.contains("/b")).count();
		Stage.same(before, 0L);
		change(s);
		Stage.until(() -> heard.contains("NodeCreated " + s.path("c")), "c");
		Stage.same(heard.stream().filter(h -> !h.endsWith(s.top)).toList(),
				List.of("NodeCreated " + s.path("a"),
						"NodeCreated " + s.path("b"),
						"NodeDataChanged " + s.path("a"),
						"NodeDeleted " + s.path("b"),
						"NodeCreated " + s.path("c")));
	}
}
