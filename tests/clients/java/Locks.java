import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMultiLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.locks.Revoker;

/** Everything in Curator that only some may hold. */
final class Locks {
	static void add(Map<String, Scenario> all) {
		all.put("a mutex has one holder, who may take it again", Locks::mutex);
		all.put("a crowd is never two in a mutex", Locks::crowd);
		all.put("a holder hears that others want its mutex", Locks::revoked);
		all.put("a semaphore mutex is not reentrant", Locks::semaphoreMutex);
		all.put("readers share, a writer does not", Locks::readWrite);
		all.put("a semaphore has so many leases", Locks::semaphore);
		all.put("several locks are had together or not at all", Locks::multi);
	}

	private static boolean take(InterProcessLock lock) throws Exception {
		return lock.acquire(Stage.WAIT_SECONDS, SECONDS);
	}

	private static boolean takeAtOnce(InterProcessLock lock) throws Exception {
		return lock.acquire(30, MILLISECONDS);
	}

	private static void mutex(Stage s) throws Exception {
		InterProcessMutex mine = new InterProcessMutex(s.client, s.path("m"));
		InterProcessMutex theirs = new InterProcessMutex(s.client(), s.path("m"));

		Stage.expect(take(mine) && take(mine), "taken twice");
		Stage.expect(!takeAtOnce(theirs), "not had by another");
		Stage.same(mine.getParticipantNodes().size(), 1);
		mine.release();
		Stage.expect(!takeAtOnce(theirs), "still not");
		mine.release();
		Stage.expect(take(theirs), "had by the other");
		theirs.release();
	}

	private static int visit(CuratorFramework client, String path,
			AtomicInteger inside) throws Exception {
		InterProcessMutex mutex = new InterProcessMutex(client, path);
		int most = 0;

		for (int i = 0; i < 20; i++) {
			mutex.acquire();
			most = Math.max(most, inside.incrementAndGet());
			inside.decrementAndGet();
			mutex.release();
		}
		return most;
	}

	private static void crowd(Stage s) throws Exception {
		CuratorFramework[] clients = {s.client, s.client()};
		AtomicInteger inside = new AtomicInteger();
		var threads = Executors.newFixedThreadPool(6);
		List<Future<Integer>> visits = new ArrayList<>();

		for (int i = 0; i < 6; i++) {
			CuratorFramework client = clients[i % 2];

			visits.add(threads.submit(
					() -> visit(client, s.path("m"), inside)));
		}
		for (Future<Integer> visit : visits)
			Stage.same(visit.get(60, SECONDS), 1);
		threads.shutdown();
		Stage.same(s.client.getChildren().forPath(s.path("m")).size(), 0);
	}

	private static void revoked(Stage s) throws Exception {
		InterProcessMutex mine = new InterProcessMutex(s.client, s.path("m"));
		CountDownLatch asked = new CountDownLatch(1);

		mine.makeRevocable(lock -> asked.countDown());
		Stage.expect(take(mine), "taken");
		for (String node : mine.getParticipantNodes())
			Revoker.attemptRevoke(s.client(), node);
		Stage.expect(asked.await(Stage.WAIT_SECONDS, SECONDS), "asked");
		mine.release();
	}

	private static void semaphoreMutex(Stage s) throws Exception {
		var mine = new InterProcessSemaphoreMutex(s.client, s.path("m"));
		var theirs = new InterProcessSemaphoreMutex(s.client(), s.path("m"));

		Stage.expect(take(mine), "taken");
		Stage.expect(!takeAtOnce(mine), "not twice");
		Stage.expect(!takeAtOnce(theirs), "not by another");
		mine.release();
		Stage.expect(take(theirs), "by the other");
		theirs.release();
	}

	private static void readWrite(Stage s) throws Exception {
		var mine = new InterProcessReadWriteLock(s.client, s.path("rw"));
		var theirs = new InterProcessReadWriteLock(s.client(), s.path("rw"));

		Stage.expect(take(mine.readLock()), "read");
		Stage.expect(take(theirs.readLock()), "read by another");
		Stage.expect(!takeAtOnce(theirs.writeLock()), "not written");
		theirs.readLock().release();
		mine.readLock().release();
		Stage.expect(take(mine.writeLock()), "written");
		Stage.expect(!takeAtOnce(theirs.readLock()), "not read");
		Stage.expect(take(mine.readLock()), "a writer may read");
		mine.writeLock().release();
		Stage.expect(take(theirs.readLock()), "read again");
		theirs.readLock().release();
		mine.readLock().release();
	}

	private static void semaphore(Stage s) throws Exception {
		var mine = new InterProcessSemaphoreV2(s.client, s.path("s"), 3);
		var theirs = new InterProcessSemaphoreV2(s.client(), s.path("s"), 3);
		var leases = mine.acquire(2, Stage.WAIT_SECONDS, SECONDS);
		Lease third = theirs.acquire(Stage.WAIT_SECONDS, SECONDS);

		Stage.same(leases.size(), 2);
		Stage.expect(third != null, "a third");
		Stage.expect(mine.acquire(30, MILLISECONDS) == null, "no fourth");
		theirs.returnLease(third);
		Lease again = mine.acquire(Stage.WAIT_SECONDS, SECONDS);
		Stage.expect(again != null, "the third again");
		mine.returnLease(again);
		mine.returnAll(leases);
		Stage.same(mine.getParticipantNodes().size(), 0);
	}

	private static void multi(Stage s) throws Exception {
		var both = new InterProcessMultiLock(s.client,
				List.of(s.path("a"), s.path("b")));
		var second = new InterProcessMutex(s.client(), s.path("b"));
		var first = new InterProcessMutex(s.client(), s.path("a"));

		Stage.expect(take(second), "one of them");
		Stage.expect(!takeAtOnce(both), "not both");
		Stage.expect(take(first), "the other was given back");
		first.release();
		second.release();
		Stage.expect(take(both), "both");
		Stage.expect(!takeAtOnce(first), "not one of them");
		both.release();
	}
}
