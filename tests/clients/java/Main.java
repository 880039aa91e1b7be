import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Tries Curator, unmodified, on servers:
 *
 *     java Main NAME=127.0.0.1:PORT ...
 *
 * A line for each scenario and server, "ok - NAME: SCENARIO" or "not ok - ...",
 * what went wrong below it; ends with 1 when one failed.
 */
public final class Main {
	private static Map<String, Scenario> scenarios() {
		Map<String, Scenario> all = new LinkedHashMap<>();

		Locks.add(all);
		Leaders.add(all);
		Caches.add(all);
		Nodes.add(all);
		Counts.add(all);
		Queues.add(all);
		Sessions.add(all);
		return all;
	}

	private static String told(boolean well, String name, Throwable wrong) {
		StringWriter text = new StringWriter();

		text.append(well ? "ok - " : "not ok - ").append(name).append("\n");
		if (wrong != null)
			wrong.printStackTrace(new PrintWriter(text, true));
		return text.toString();
	}

	private static boolean run(String name, String hosts, Scenario scenario,
			int number) {
		Throwable wrong = null;

		try (Stage stage = new Stage(hosts, "/java-" + number)) {
			scenario.run(stage);
		} catch (Throwable thrown) {
			wrong = thrown;
		}
		System.out.print(told(wrong == null, name, wrong));
		return wrong == null;
	}

	private static int runAll(String server, String hosts) {
		int failed = 0, number = 0;

		for (var entry : scenarios().entrySet())
			if (!run(server + ": " + entry.getKey(), hosts,
					entry.getValue(), number++))
				failed++;
		return failed;
	}

	/** All servers at once: each mostly waits. */
	public static void main(String[] servers) throws Exception {
		var threads = Executors.newCachedThreadPool();
		List<Future<Integer>> runs = new ArrayList<>();
		int failed = 0;

		for (String server : servers) {
			String[] parts = server.split("=");

			runs.add(threads.submit(() -> runAll(parts[0], parts[1])));
		}
		for (Future<Integer> run : runs)
			failed += run.get();
		// What a library leaves running must not keep us here.
		System.exit(failed > 0 || servers.length == 0 ? 1 : 0);
	}
}
