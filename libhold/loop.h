/*
 * The server loop: listeners, connections, one deadline, one flush a turn.
 *
 * libuv below, one thread. A turn is: wait, read what is readable and hand
 * it over, run what is due (tick), write each connection's replies with one
 * write. Reading comes before tick on purpose: a renewal that lies in a
 * socket wins over the deadline that it renews. So tick is told the time at
 * which the turn began to look at the sockets: whoever was interrupted since,
 * stopped even, looks once more before anything falls due.
 *
 * The program allocates its peer with struct hf_conn first inside, and frees
 * it in closed(). Input goes through one buffer of the loop where it can, so
 * an idle connection costs its handle only.
 */
#ifndef HOLD_LOOP_H
#define HOLD_LOOP_H

#include "libhold/access.h"
#include "libhold/buf.h"
#include "libhold/list.h"

#include <uv.h>

struct hf_loop;

/* Why a connection ended. */
enum hf_conn_why {
	HF_CONN_PEER,     /* the peer closed it */
	HF_CONN_DONE,     /* we said all that was to say (QUIT) */
	HF_CONN_PROTOCOL, /* the peer sent what cannot be read */
	HF_CONN_IN_LIMIT, /* one request is larger than allowed */
	HF_CONN_SLOW,     /* more unread replies than allowed */
	HF_CONN_ERROR,    /* a system call failed */
	HF_CONN_SHUTDOWN, /* the server stops */
	HF_CONN_DEAD,     /* the process that connected has died */
	HF_CONN_USER,     /* whose it is may not connect */
};

/* Replies from a place on (hf_conn_mark()) that wait for loop's gate. */
struct hf_hold {
	uint64_t from;
	uint64_t until;
};

struct hf_conn {
	union {
		uv_handle_t handle;
		uv_stream_t stream;
		uv_tcp_t tcp;
		uv_pipe_t pipe;
	} uv;
	struct hf_loop *loop;
	struct hf_peer_watch *watch; /* of the peer's process; NULL: none */
	struct hf_list watched;      /* on the watch's list */
	struct hf_list all;          /* on the loop's list of connections */
	struct hf_list dirty;        /* on its list of those with replies */
	struct hf_list resumed;      /* on its list of those to be read again */
	struct hf_list held_back;    /* on its list of those that wait */
	struct hf_hold holds[2]; /* the earliest, and all later ones as one */
	int n_holds;
	uint64_t taken;        /* bytes of replies ever taken out of out */
	struct hf_buf in;      /* the begun request that waits for its rest */
	struct hf_buf out;     /* replies that were not handed to the kernel */
	struct hf_buf ahead;   /* what leaves before those of out that wait */
	struct hf_buf sending; /* what uv_write() is busy with */
	uv_write_t write;
	bool is_tcp;
	bool writing;
	bool closing;    /* uv_close() was called */
	bool close_soon; /* when all replies have left */
	bool paused;     /* no bytes are handed over */
	bool deaf;       /* paused, and as much has come as may wait */
	enum hf_conn_why why;
};

struct hf_loop_ops {
	/* A peer of the program's, zeroed, conn inside; the loop fills conn. */
	struct hf_conn *(*open)(void *arg);
	/*
	 * Bytes came. Gives how many of them were used: whole requests only;
	 * the rest is handed over again with more behind it. May answer
	 * (hf_conn_out) and close.
	 */
	size_t (*data)(struct hf_conn *conn, struct hf_slice bytes);
	/* The connection is over: free the peer. */
	void (*closed)(struct hf_conn *conn);
	/*
	 * Runs what was due at now_ms, a bounded piece of it; gives when it
	 * wants to run next (now_ms or less: at once, HF_NEVER: no wish).
	 */
	int64_t (*tick)(void *arg, int64_t now_ms);
};

struct hf_loop_limits {
	size_t max_conns;
	size_t max_in_bytes;     /* of one unfinished request */
	size_t max_out_bytes;    /* of unread replies of one connection */
	struct hf_slice refusal; /* sent to who comes at max_conns */
};

struct hf_loop_counts {
	uint64_t accepted;
	uint64_t refused;   /* at max_conns */
	uint64_t forbidden; /* for their user */
	uint64_t bytes_in;
	uint64_t bytes_out;
	size_t conns; /* now */
};

/* ops and what limits.refusal points to must outlive the loop. */
struct hf_loop *hf_loop_new(const struct hf_loop_ops *ops, void *arg,
			    const struct hf_loop_limits *limits);
void hf_loop_free(struct hf_loop **loop); /* after hf_loop_run() returned */

/*
 * Who may connect to the Unix sockets; before they are listened on. All of it
 * is copied, but for refusal's bytes: what others hear before the connection
 * ends, unread.
 */
void hf_loop_access(struct hf_loop *loop, const struct hf_access *access,
		    struct hf_slice refusal);

/*
 * Listens on a Unix socket with these permission bits. A socket that nobody
 * answers on is replaced; one that somebody does is -EADDRINUSE. 0, -errno,
 * HF_ENODIR, or HF_EGROUP if it may not belong to the group of the access.
 */
int hf_loop_listen_unix(struct hf_loop *loop, const char *path,
			unsigned mode) HF_MUSTUSE;

/*
 * Listens on "ADDR:PORT" ("[v6]:PORT" too; port 0: any, see the log line).
 * 0, HF_EBAD for text that is no address, or -errno.
 */
int hf_loop_listen_tcp(struct hf_loop *loop, const char *address) HF_MUSTUSE;

/*
 * Listens on the stream sockets that a service manager bound for us (see
 * service.h); their files and modes are left as they are. How many, or
 * HF_EBAD or -errno, after a line in the log.
 */
int hf_loop_listen_inherited(struct hf_loop *loop) HF_MUSTUSE;

/*
 * Serves until SIGTERM, SIGINT or hf_loop_stop(); then lets replies leave for
 * at most two seconds and closes everything. ready_fd >= 0: one byte is
 * written there, and it is closed, when connections are taken. A service
 * manager is told then, and at the stop, and as long as turns go round.
 */
void hf_loop_run(struct hf_loop *loop, int ready_fd);
void hf_loop_stop(struct hf_loop *loop);

/* Calls hangup, with the arg of hf_loop_new(), on SIGHUP, which else ends us.
 */
void hf_loop_on_hangup(struct hf_loop *loop, void (*hangup)(void *arg));
/* For what else lives in this loop: its handles must not keep it alive. */
uv_loop_t *hf_loop_uv(struct hf_loop *loop);

/* The boot clock in ms, read once a turn. */
int64_t hf_loop_now_ms(struct hf_loop *loop);

/*
 * One round beside a turn, for a callback that takes long: who connects is
 * let in, what others than busy have sent is handed over, and their replies
 * leave. It never waits; nothing falls due in it, and busy is left alone.
 */
void hf_loop_aside(struct hf_loop *loop, const struct hf_conn *busy);

/* Something is due at due_ms that tick() did not know of when it last ran. */
void hf_loop_wake_at(struct hf_loop *loop, int64_t due_ms);

const struct hf_loop_counts *hf_loop_counts(const struct hf_loop *loop);

/* Where to append a reply; it leaves at the end of the turn. */
struct hf_buf *hf_conn_out(struct hf_conn *conn);

/*
 * Replies that may not leave yet (a journal must have the changes first): what
 * is appended from mark on waits until hf_loop_pass() has been told at least
 * until. Order stays: what comes later never leaves earlier. Memory is two
 * numbers a connection, however many replies wait.
 */
uint64_t hf_conn_mark(const struct hf_conn *conn);
void hf_conn_hold(struct hf_conn *conn, uint64_t mark, uint64_t until);
void hf_loop_pass(struct hf_loop *loop, uint64_t until);

/* Does what was appended at mark wait? UINT64_MAX: does anything? */
bool hf_conn_waits(struct hf_conn *conn, uint64_t mark);

/*
 * Where to append a whole reply that overtakes all that wait: it leaves at the
 * end of the turn, behind what may leave already. Before hf_loop_pass() is
 * called the next time it must be whole.
 */
struct hf_buf *hf_conn_out_ahead(struct hf_conn *conn);

/*
 * No bytes are handed over from now on: what data() leaves, and what comes,
 * waits in conn->in, at most limits.max_in_bytes. The end of the peer is
 * still noticed. Resuming hands over what waited, in this turn or the next.
 */
void hf_conn_pause(struct hf_conn *conn);
void hf_conn_resume(struct hf_conn *conn);

/* Closes at the end of the turn; soon: when the replies have left. */
void hf_conn_close(struct hf_conn *conn, enum hf_conn_why why);
void hf_conn_close_soon(struct hf_conn *conn, enum hf_conn_why why);

/*
 * "127.0.0.1:4242" or "unix:/path"; gives out. On a Unix socket both ends
 * have the listener's path.
 */
const char *hf_conn_peer(const struct hf_conn *conn, char *out, size_t room);
const char *hf_conn_local(const struct hf_conn *conn, char *out, size_t room);
int hf_conn_fd(const struct hf_conn *conn); /* -1: closed */

/*
 * The id of the process that connected over a Unix socket; 0 if it cannot be
 * told. From the first call on its death ends the connection (HF_CONN_DEAD),
 * after what it had sent was read, even if a child of it keeps the socket.
 * Costs a descriptor for each process, however many connections it has.
 */
uint32_t hf_conn_watch_peer(struct hf_conn *conn);
/* Not to be closed yet, nor about to be. */
static inline bool hf_conn_open(const struct hf_conn *conn)
{
	return !conn->closing && !conn->close_soon;
}

/*
 * Can a reply still reach the peer, as far as anybody knows? Also of a paused
 * connection that has sent more than is taken, which is not read and whose end
 * so goes unnoticed.
 */
bool hf_conn_reachable(const struct hf_conn *conn);

const char *hf_conn_why_text(enum hf_conn_why why);

#endif
