import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.apache.curator.framework.recipes.atomic.CachedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicInteger;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicValue;
import org.apache.curator.framework.recipes.barriers.DistributedBarrier;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.SharedValue;
import org.apache.curator.retry.RetryNTimes;

/** Numbers that are shared, and barriers. */
final class Counts {
	private static final RetryNTimes OFTEN = new RetryNTimes(200, 2);

	static void add(Map<String, Scenario> all) {
		all.put("a shared count is the same for all", Counts::shared);
		all.put("a shared value is the same for all", Counts::value);
		all.put("an atomic number loses no step", Counts::atomic);
		all.put("atomic values of each kind", Counts::kinds);
		all.put("a barrier holds until it is removed", Counts::barrier);
		all.put("a double barrier is entered and left together",
				Counts::doubleBarrier);
	}

	private static void shared(Stage s) throws Exception {
		SharedCount mine = s.keep(new SharedCount(s.client, s.path("n"), 7));
		SharedCount theirs = s.keep(new SharedCount(s.client(), s.path("n"), 9));

		mine.start();
		theirs.start();
		Stage.same(theirs.getCount(), 7);
		var old = theirs.getVersionedValue();
		Stage.expect(mine.trySetCount(mine.getVersionedValue(), 8), "set");
		Stage.expect(!theirs.trySetCount(old, 1), "not over a newer one");
		Stage.until(() -> theirs.getCount() == 8, "seen");
	}

	private static void value(Stage s) throws Exception {
		SharedValue mine = s.keep(new SharedValue(s.client, s.path("v"),
				Stage.bytes("a")));
		SharedValue theirs = s.keep(new SharedValue(s.client(), s.path("v"),
				Stage.bytes("b")));

		mine.start();
		theirs.start();
		mine.setValue(Stage.bytes("c"));
		Stage.until(() -> new String(theirs.getValue()).equals("c"), "seen");
	}

	private static int steps(DistributedAtomicLong number) throws Exception {
		int done = 0;

		for (int i = 0; i < 25; i++)
			if (number.increment().succeeded())
				done++;
		return done;
	}

	private static void atomic(Stage s) throws Exception {
		var threads = Executors.newFixedThreadPool(4);
		List<Future<Integer>> all = new ArrayList<>();
		long done = 0;

		for (int i = 0; i < 4; i++) {
			var number = new DistributedAtomicLong(s.client, s.path("n"), OFTEN);

			all.add(threads.submit(() -> steps(number)));
		}
		for (Future<Integer> one : all)
			done += one.get(60, SECONDS);
		threads.shutdown();
		Stage.expect(done > 0, "some");
		Stage.same(new DistributedAtomicLong(s.client, s.path("n"), OFTEN).get()
				.postValue(), done);
	}

	private static void kinds(Stage s) throws Exception {
		var number = new DistributedAtomicInteger(s.client, s.path("i"), OFTEN);
		var value = new DistributedAtomicValue(s.client, s.path("v"), OFTEN);
		var cached = new CachedAtomicLong(
				new DistributedAtomicLong(s.client, s.path("c"), OFTEN), 10);

		Stage.expect(number.initialize(3), "made");
		Stage.expect(!number.initialize(4), "not twice");
		Stage.same(number.add(4).postValue(), 7);
		Stage.same(number.compareAndSet(1, 2).succeeded(), false);
		Stage.same(number.compareAndSet(7, 2).succeeded(), true);
		Stage.expect(value.trySet(Stage.bytes("x")).succeeded(), "set");
		Stage.same(cached.next().preValue(), 0L);
		Stage.same(cached.next().preValue(), 1L);
	}

	private static void barrier(Stage s) throws Exception {
		var mine = new DistributedBarrier(s.client, s.path("b"));
		var theirs = new DistributedBarrier(s.client(), s.path("b"));

		mine.setBarrier();
		Stage.expect(!theirs.waitOnBarrier(30,
				java.util.concurrent.TimeUnit.MILLISECONDS), "it holds");
		mine.removeBarrier();
		Stage.expect(theirs.waitOnBarrier(Stage.WAIT_SECONDS, SECONDS), "gone");
	}

	private static boolean pass(DistributedDoubleBarrier barrier)
			throws Exception {
		return barrier.enter(Stage.WAIT_SECONDS, SECONDS)
				&& barrier.leave(Stage.WAIT_SECONDS, SECONDS);
	}

	private static void doubleBarrier(Stage s) throws Exception {
		var mine = new DistributedDoubleBarrier(s.client, s.path("b"), 2);
		var theirs = new DistributedDoubleBarrier(s.client(), s.path("b"), 2);
		var thread = Executors.newSingleThreadExecutor();
		Future<Boolean> other = thread.submit(() -> pass(theirs));

		Stage.expect(pass(mine), "one");
		Stage.expect(other.get(60, SECONDS), "the other");
		thread.shutdown();
	}
}
