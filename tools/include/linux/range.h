/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_RANGE_H
#define UNIT_LINUX_RANGE_H

#include <linux/types.h>

/* Both ends are part of it */
struct range {
	u64 start;
	u64 end;
};

#endif
