#include "config.h"

#include "libhold/zkcodes.h"

const char *zk_op_name(int32_t op)
{
	switch (op) {
#define X(name, number, text) \
	case ZK_OP_##name:    \
		return text;
		ZK_OPS(X)
#undef X
	default:
		return NULL;
	}
}

const char *zk_strerror(int32_t err)
{
	switch (err) {
	case ZK_OK:
		return "no error";
#define X(name, code, text) \
	case ZK_##name:     \
		return text;
		ZK_ERRORS(X)
#undef X
	default:
		return "unknown error";
	}
}
