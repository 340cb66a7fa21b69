/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be computed without a device: sizes as people write them, free
 * space in a window, capacity in a CDAT entry. These files also build as
 * ordinary programs, for the unit tests.
 */
#ifndef CXL_PRESIZE_SIZE_H
#define CXL_PRESIZE_SIZE_H

#include <linux/range.h>
#include <linux/types.h>

int presize_parse_size(const char *buf, size_t len, u64 *size);
u64 presize_largest_gap(const struct range *window, struct range *taken,
			unsigned int nr, u64 align);
int presize_cdat_add(const void *entry, size_t len, u64 *capacity);
u64 presize_range_size(u32 size_high, u32 size_low);

#endif /* CXL_PRESIZE_SIZE_H */
