#include "config.h"

#include "libhold/err.h"

#include <string.h>

const char *hf_strerror(int err)
{
	switch (err) {
	case HF_OK:
		return "no error";
#define X(name, code, text) \
	case name:          \
		return text;
		HF_ERRORS(X)
#undef X
	default:
		return err < 0 && err > -1000 ? strerror(-err)
					      : "unknown error";
	}
}
