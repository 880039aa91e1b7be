#include "config.h"

#include "db/say.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

void say_error(const char *format, ...)
{
	va_list ap;

	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
}
