// SPDX-License-Identifier: GPL-2.0-only
/* Capacity in what a device says of itself: CDAT entries, DVSEC ranges */
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/overflow.h>
#include <linux/unaligned.h>

#include "size.h"

/* Coherent Device Attribute Table 1.03, 2.1: DSMAS, and the common header */
#define CDAT_TYPE		0
#define CDAT_LENGTH		2
#define CDAT_HEADER_SIZE	4
#define CDAT_TYPE_DSMAS		0
#define DSMAS_FLAGS		5
#define DSMAS_NON_VOLATILE	BIT(2)
#define DSMAS_DPA_LENGTH	16
#define DSMAS_SIZE		24

/* CXL 3.1 8.1.3.8.2: bits 31:28 of Size Low; the rest is flags */
#define RANGE_SIZE_LOW_MASK	GENMASK(31, 28)

/**
 * presize_cdat_add - add what one CDAT entry says to the volatile capacity
 * @entry: the entry, from its header on
 * @len: how many bytes of it there are
 * @capacity: bytes so far; untouched on error, and by an entry that is not
 *	      volatile memory
 *
 * Return: 0, or -EPROTO for an entry that contradicts itself.
 */
int presize_cdat_add(const void *entry, size_t len, u64 *capacity)
{
	const u8 *raw = entry;
	u64 sum;

	if (len < CDAT_HEADER_SIZE)
		return -EPROTO;
	if (raw[CDAT_TYPE] != CDAT_TYPE_DSMAS)
		return 0;
	if (len < DSMAS_SIZE ||
	    get_unaligned_le16(raw + CDAT_LENGTH) != DSMAS_SIZE)
		return -EPROTO;
	if (raw[DSMAS_FLAGS] & DSMAS_NON_VOLATILE)
		return 0;
	if (check_add_overflow(*capacity,
			       get_unaligned_le64(raw + DSMAS_DPA_LENGTH), &sum))
		return -EPROTO;
	*capacity = sum;
	return 0;
}

/**
 * presize_range_size - size in bytes from a pair of DVSEC range registers
 * @size_high: Range Size High
 * @size_low: Range Size Low, with its flags
 *
 * Return: size in bytes, a multiple of 256 MiB (CXL 3.1 8.1.3.8.1).
 */
u64 presize_range_size(u32 size_high, u32 size_low)
{
	return (u64)size_high << 32 | (size_low & RANGE_SIZE_LOW_MASK);
}
