import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A way to a server that can be shut and opened again. */
final class Pipe implements AutoCloseable {
	private final int target;
	private final List<Socket> ends = new CopyOnWriteArrayList<>();
	private ServerSocket listener;
	private int port;

	Pipe(String hosts) throws IOException {
		target = Integer.parseInt(hosts.split(":")[1]);
		open();
	}

	String hosts() {
		return "127.0.0.1:" + port;
	}

	void open() throws IOException {
		ServerSocket mine = new ServerSocket();

		mine.setReuseAddress(true);
		mine.bind(new java.net.InetSocketAddress(
				InetAddress.getLoopbackAddress(), port));
		port = mine.getLocalPort();
		listener = mine;
		start(() -> {
			while (true)
				join(mine.accept());
		});
	}

	/** Ends every connection, and takes no new one. */
	void shut() throws IOException {
		listener.close();
		for (Socket end : ends)
			end.close();
		ends.clear();
	}

	@Override
	public void close() throws IOException {
		shut();
	}

	private void join(Socket near) throws IOException {
		Socket far = new Socket(InetAddress.getLoopbackAddress(), target);

		near.setTcpNoDelay(true);
		far.setTcpNoDelay(true);
		ends.add(near);
		ends.add(far);
		start(() -> copy(near, far));
		start(() -> copy(far, near));
	}

	private static void copy(Socket from, Socket to) throws IOException {
		try (from; to; InputStream in = from.getInputStream()) {
			in.transferTo(to.getOutputStream());
		}
	}

	private interface Work {
		void run() throws IOException;
	}

	private static void start(Work work) {
		Thread thread = new Thread(() -> {
			try {
				work.run();
			} catch (IOException closed) {
				// that is how it ends
			}
		});

		thread.setDaemon(true);
		thread.start();
	}
}
