/*
 * Requests that change something, read from the wire and put into a
 * transaction: alone (op_write.c) or several at once (op_multi.c).
 */
#ifndef EPHEMERALD_OP_WRITE_H
#define EPHEMERALD_OP_WRITE_H

#include "ephemerald/request.h"
#include "ephemerald/txn.h"

/* Any of them, as it was read; texts are of the request. */
struct write {
	int32_t op;
	struct txn_create create; /* of the four that create */
	struct hf_slice path;
	struct hf_slice data;
	struct zk_vector acl;
	int32_t version;
	bool broken; /* of a kind that its record is not */
};

/* False: it cannot be read, or is none of them. Its path may be null. */
bool write_read(struct call *call, int32_t op, struct write *out);

/* Runs it and puts its reply's body into call->body; ZK_OK or the error. */
int write_run(struct call *call, struct txn *txn, const struct write *write);

#endif
