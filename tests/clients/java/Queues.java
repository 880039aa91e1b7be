import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.recipes.queue.BlockingQueueConsumer;
import org.apache.curator.framework.recipes.queue.QueueBuilder;
import org.apache.curator.framework.recipes.queue.QueueSerializer;
import org.apache.curator.framework.recipes.queue.SimpleDistributedQueue;

/** Curator's queues: sequences, deletes, and children that are watched. */
final class Queues {
	static void add(Map<String, Scenario> all) {
		all.put("a queue keeps its order", Queues::inOrder);
		all.put("a queue with a lock loses nothing", Queues::locked);
		all.put("a queue of priorities", Queues::priorities);
		all.put("a queue whose items have names", Queues::named);
		all.put("a queue whose items wait for their time", Queues::delayed);
		all.put("a simple queue", Queues::simple);
	}

	private static final QueueSerializer<String> TEXT = new QueueSerializer<>() {
		@Override
		public byte[] serialize(String item) {
			return Stage.bytes(item);
		}

		@Override
		public String deserialize(byte[] data) {
			return new String(data);
		}
	};

	private static BlockingQueueConsumer<String> consumer() {
		return new BlockingQueueConsumer<>((client, state) -> { });
	}

	private static QueueBuilder<String> queue(Stage s,
			BlockingQueueConsumer<String> consumer) {
		return QueueBuilder.builder(s.client, consumer, TEXT, s.path("q"));
	}

	private static List<String> taken(BlockingQueueConsumer<String> from, int n)
			throws Exception {
		List<String> all = new ArrayList<>();

		for (int i = 0; i < n; i++)
			all.add(from.take(Stage.WAIT_SECONDS, TimeUnit.SECONDS));
		return all;
	}

	private static void inOrder(Stage s) throws Exception {
		var consumer = consumer();
		var queue = s.keep(queue(s, consumer).buildQueue());

		queue.start();
		for (String item : List.of("a", "b", "c"))
			queue.put(item);
		Stage.same(taken(consumer, 3), List.of("a", "b", "c"));
	}

	private static void locked(Stage s) throws Exception {
		var consumer = consumer();
		var queue = s.keep(queue(s, consumer).lockPath(s.path("lock"))
				.buildQueue());

		queue.start();
		queue.put("a");
		queue.put("b");
		Stage.same(taken(consumer, 2).stream().sorted().toList(),
				List.of("a", "b"));
		Stage.until(() -> s.client.getChildren().forPath(s.path("q")).isEmpty(),
				"empty");
	}

	private static void priorities(Stage s) throws Exception {
		var producer = s.keep(queue(s, null).buildPriorityQueue(0));

		producer.start();
		producer.put("late", 10);
		producer.put("soon", 1);
		producer.put("next", 5);
		Stage.expect(producer.flushPuts(Stage.WAIT_SECONDS, TimeUnit.SECONDS),
				"all are in");
		var consumer = consumer();
		var queue = s.keep(queue(s, consumer).buildPriorityQueue(0));
		queue.start();
		Stage.same(taken(consumer, 3), List.of("soon", "next", "late"));
	}

	private static void named(Stage s) throws Exception {
		var producer = s.keep(queue(s, null).buildIdQueue());

		producer.start();
		producer.put("a", "1");
		producer.put("b", "2");
		Stage.expect(producer.flushPuts(Stage.WAIT_SECONDS, TimeUnit.SECONDS),
				"all are in");
		Stage.same(producer.remove("1"), 1);
		var consumer = consumer();
		var queue = s.keep(queue(s, consumer).buildIdQueue());
		queue.start();
		Stage.same(taken(consumer, 1), List.of("b"));
	}

	private static void delayed(Stage s) throws Exception {
		var consumer = consumer();
		var queue = s.keep(queue(s, consumer).buildDelayQueue());
		long now = System.currentTimeMillis();

		queue.start();
		queue.put("later", now + 300);
		queue.put("sooner", now + 100);
		Stage.same(taken(consumer, 2), List.of("sooner", "later"));
		Stage.expect(System.currentTimeMillis() >= now + 300, "not before");
	}

	private static void simple(Stage s) throws Exception {
		var mine = new SimpleDistributedQueue(s.client, s.path("q"));
		var theirs = new SimpleDistributedQueue(s.client(), s.path("q"));
		BlockingQueue<String> got = new LinkedBlockingQueue<>();
		Thread waiter = new Thread(() -> {
			try {
				got.add(new String(theirs.take()));
			} catch (Exception wrong) {
				got.add(wrong.toString());
			}
		});

		waiter.start();
		mine.offer(Stage.bytes("a"));
		Stage.same(got.poll(Stage.WAIT_SECONDS, TimeUnit.SECONDS), "a");
		waiter.join();
		Stage.expect(mine.poll() == null, "empty");
	}
}
