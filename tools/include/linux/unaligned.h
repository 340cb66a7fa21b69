/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef UNIT_LINUX_UNALIGNED_H
#define UNIT_LINUX_UNALIGNED_H

#include <linux/types.h>

static inline u16 get_unaligned_le16(const void *p)
{
	const u8 *b = p;

	return b[0] | b[1] << 8;
}

static inline u64 get_unaligned_le64(const void *p)
{
	const u8 *b = p;
	u64 value = 0;

	for (int i = 7; i >= 0; i--)
		value = value << 8 | b[i];
	return value;
}

#endif
