// SPDX-License-Identifier: GPL-2.0-only
/* See error.h */
#include <stdarg.h>
#include <stdio.h>

#include "error.h"

int error_what(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->what, sizeof(err->what), fmt, args);
	va_end(args);
	return -1;
}

int error_why(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->why, sizeof(err->why), fmt, args);
	va_end(args);
	return -1;
}

int error_limit(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->limit, sizeof(err->limit), fmt, args);
	va_end(args);
	return -1;
}

int error_fix(struct error *err, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->fix, sizeof(err->fix), fmt, args);
	va_end(args);
	return -1;
}
