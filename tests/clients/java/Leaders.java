import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.LeaderSelector;
import org.apache.curator.framework.recipes.leader.LeaderSelectorListenerAdapter;

/** Who leads, and who leads next. */
final class Leaders {
	static void add(Map<String, Scenario> all) {
		all.put("a latch has one leader, and then the next", Leaders::latch);
		all.put("a leader without its session leads no more", Leaders::lost);
		all.put("leadership goes from one to the other", Leaders::selector);
	}

	private static LeaderLatch latch(Stage s, CuratorFramework client,
			String id) throws Exception {
		LeaderLatch made = new LeaderLatch(client, s.path("leader"), id);

		made.start();
		return made;
	}

	private static void latch(Stage s) throws Exception {
		LeaderLatch first = latch(s, s.client, "first");

		Stage.expect(first.await(Stage.WAIT_SECONDS, TimeUnit.SECONDS),
				"the first leads");
		LeaderLatch second = s.keep(latch(s, s.client(), "second"));
		Stage.until(() -> second.getParticipants().size() == 2, "both are in");
		Stage.same(second.getLeader().getId(), "first");
		Stage.expect(!second.hasLeadership(), "the second does not lead");
		first.close();
		Stage.expect(second.await(Stage.WAIT_SECONDS, TimeUnit.SECONDS),
				"the second leads");
		Stage.same(second.getLeader().getId(), "second");
	}

	private static void lost(Stage s) throws Exception {
		CuratorFramework doomed = s.client();
		LeaderLatch first = s.keep(latch(s, doomed, "first"));

		Stage.expect(first.await(Stage.WAIT_SECONDS, TimeUnit.SECONDS),
				"the first leads");
		LeaderLatch second = s.keep(latch(s, s.client, "second"));
		Stage.until(() -> second.getParticipants().size() == 2, "both are in");
		Sessions.end(doomed);
		Stage.expect(second.await(Stage.WAIT_SECONDS, TimeUnit.SECONDS),
				"the second leads");
		Stage.until(() -> !first.hasLeadership(), "the first knows");
		Stage.until(() -> second.getParticipants().size() == 2,
				"the first is back, behind");
		Stage.same(second.getLeader().getId(), "second");
	}

	private static LeaderSelector selector(Stage s, CuratorFramework client,
			String id, List<String> terms, CountDownLatch enough) {
		LeaderSelector made = s.keep(new LeaderSelector(client,
				s.path("leader"), new LeaderSelectorListenerAdapter() {
			@Override
			public void takeLeadership(CuratorFramework c) {
				terms.add(id);
				enough.countDown();
			}
		}));

		made.setId(id);
		made.autoRequeue();
		made.start();
		return made;
	}

	private static void selector(Stage s) throws Exception {
		List<String> terms = new CopyOnWriteArrayList<>();
		CountDownLatch enough = new CountDownLatch(20);

		selector(s, s.client, "a", terms, enough);
		selector(s, s.client(), "b", terms, enough);
		Stage.expect(enough.await(Stage.WAIT_SECONDS, TimeUnit.SECONDS),
				"twenty terms");
		Stage.expect(terms.contains("a") && terms.contains("b"), "of both");
	}
}
