/* SPDX-License-Identifier: GPL-2.0-only */
/* What the programs of make test-hard have in common */
#ifndef HARD_UTIL_H
#define HARD_UTIL_H

#include <stdbool.h>
#include <stdint.h>

#include "vfio_util.h"

/* With VM_FULL set the long value, otherwise the short one */
unsigned int hard_length(unsigned int shorter, unsigned int full);

/* VM_SEED, or one of its own, which is printed: xorshift from there */
uint64_t hard_seed(void);
uint64_t hard_random(uint64_t *state);

/*
 * Whether a device that is bound has one whole region: request, state, link,
 * memory map, region and decoder of the hardware all tell of one size.
 */
bool hard_is_whole(const char *bdf);

/* The memory of an open device, mapped; NULL where that is refused */
struct hard_memory {
	uint8_t *map;
	uint64_t size;
};

bool hard_map(const struct vfio_dev *dev, struct hard_memory *memory);
void hard_unmap(struct hard_memory *memory);
/* A byte at the start, in the middle, and at the end, written and read back */
bool hard_touch(const struct hard_memory *memory);

/* Says that something is not as it should be; false, to be returned */
__attribute__((format(printf, 1, 2)))
bool hard_wrong(const char *format, ...);

#endif /* HARD_UTIL_H */
