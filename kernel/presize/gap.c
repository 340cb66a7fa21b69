// SPDX-License-Identifier: GPL-2.0-only
/* Free space in a fixed memory window */
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/sort.h>

#include "size.h"

static int by_start(const void *a, const void *b)
{
	const struct range *ra = a, *rb = b;

	if (ra->start == rb->start)
		return 0;
	return ra->start < rb->start ? -1 : 1;
}

static u64 aligned_gap(u64 start, u64 end, u64 align)
{
	u64 first = ALIGN(start, align);

	/* ALIGN() wraps to 0 in the last block of the address space */
	if (first < start || first > end)
		return 0;
	return ALIGN_DOWN(end - first + 1, align);
}

/**
 * presize_largest_gap - the largest free piece of a window
 * @window: the window
 * @taken: ranges in use, in any order, overlapping or outside @window too;
 *	   sorted by this function
 * @nr: how many there are
 * @align: alignment in bytes of start and size of a piece, a power of 2
 *
 * Return: size in bytes, a multiple of @align, 0 where no piece is free.
 */
u64 presize_largest_gap(const struct range *window, struct range *taken,
			unsigned int nr, u64 align)
{
	u64 free_from = window->start, largest = 0;

	sort(taken, nr, sizeof(*taken), by_start, NULL);
	for (unsigned int i = 0; i < nr; i++) {
		const struct range *t = &taken[i];

		if (t->end < free_from)
			continue;
		if (t->start > window->end)
			break;
		if (t->start > free_from)
			largest = max(largest, aligned_gap(free_from,
							   t->start - 1, align));
		/* nothing is left behind a range that ends the window */
		if (t->end >= window->end)
			return largest;
		free_from = t->end + 1;
	}
	return max(largest, aligned_gap(free_from, window->end, align));
}
