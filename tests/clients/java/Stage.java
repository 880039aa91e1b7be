import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.retry.RetryNTimes;

/** Connected clients, a node of its own, and conditions to wait for. */
final class Stage implements AutoCloseable {
	static final int SESSION_MS = 30_000, WAIT_SECONDS = 60;

	final String hosts, top;
	final CuratorFramework client;
	private final List<AutoCloseable> open = new ArrayList<>();
	private final List<CuratorFramework> clients = new ArrayList<>();

	Stage(String hosts, String top) throws Exception {
		this.hosts = hosts;
		this.top = top;
		client = client();
		client.create().forPath(top);
	}

	/** Another one, with everything as Curator has it from the start. */
	CuratorFramework client() throws InterruptedException {
		return client(hosts);
	}

	CuratorFramework client(String to) throws InterruptedException {
		CuratorFramework made = CuratorFrameworkFactory.newClient(to,
				SESSION_MS, 30_000, new RetryNTimes(40, 50));

		clients.add(made);
		made.start();
		expect(made.blockUntilConnected(WAIT_SECONDS,
				java.util.concurrent.TimeUnit.SECONDS), "connected");
		return made;
	}

	/** Closes it at the end, the last one first, before any client. */
	<T extends AutoCloseable> T keep(T made) {
		open.add(0, made);
		return made;
	}

	String path(String name) {
		return top + "/" + name;
	}

	static byte[] bytes(String text) {
		return text.getBytes(java.nio.charset.StandardCharsets.UTF_8);
	}

	static void expect(boolean holds, String what) {
		if (!holds)
			throw new AssertionError(what);
	}

	static void same(Object have, Object want) {
		if (!Objects.equals(have, want))
			throw new AssertionError(have + ", not " + want);
	}

	static void until(Callable<Boolean> holds, String what) throws Exception {
		long end = System.nanoTime() + WAIT_SECONDS * 1_000_000_000L;

		while (!holds.call()) {
			expect(System.nanoTime() < end, "never: " + what);
			Thread.sleep(2);
		}
	}

	static void fails(Class<? extends Exception> with, Callable<?> call) {
		try {
			call.call();
		} catch (Exception wrong) {
			same(wrong.getClass(), with);
			return;
		}
		throw new AssertionError("no " + with);
	}

	@Override
	public void close() throws Exception {
		for (AutoCloseable one : open)
			one.close();
		// Each takes a tenth of a second, for which nobody waits.
		for (CuratorFramework one : clients)
			new Thread(one::close).start();
	}
}
