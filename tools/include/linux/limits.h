/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_LIMITS_H
#define UNIT_LINUX_LIMITS_H

/* The C library includes this one too */
#include_next <linux/limits.h>

#include <linux/types.h>

#define U64_MAX	((u64)~0ULL)

#endif
