// SPDX-License-Identifier: GPL-2.0-only
/* See hard_util.h */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "cxl_util.h"
#include "hard_util.h"
#include "hdm_util.h"

unsigned int hard_length(unsigned int shorter, unsigned int full)
{
	return getenv("VM_FULL") ? full : shorter;
}

uint64_t hard_seed(void)
{
	const char *env = getenv("VM_SEED");
	uint64_t seed = env ? strtoull(env, NULL, 0) : (uint64_t)time(NULL);

	printf("# seed %#" PRIx64 " (VM_SEED=)\n", seed);
	fflush(stdout);
	/* xorshift stays at 0 for ever */
	return seed ?: 1;
}

uint64_t hard_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

bool hard_wrong(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("# ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	return false;
}

bool hard_is_whole(const char *bdf)
{
	uint64_t request = 0, region_size = 0, start = 0, size = 0;
	struct hdm_decoder dec = {};
	char region[NAME_LEN];
	int committed;

	if (strcmp(region_attr(bdf, "state"), "committed"))
		return hard_wrong("state %s, error \"%s\"",
				  region_attr(bdf, "state"),
				  region_attr(bdf, "error"));
	pci_read_u64(bdf, "cxl_region/size", &request);
	if (pci_link(bdf, "cxl_region/region", region, sizeof(region)) < 0)
		return hard_wrong("no link to the region");
	cxl_read_u64(region, "size", &region_size);
	if (iomem_find(region, &start, &size) != 1)
		return hard_wrong("%s is not once in the memory map", region);
	committed = hdm_committed(bdf, &dec);
	if (committed != 1)
		return hard_wrong("%d decoders are committed", committed);
	if (region_size != request || size != request || dec.size != request ||
	    dec.base != start)
		return hard_wrong("request %#" PRIx64 ", region %#" PRIx64
				  ", memory map %#" PRIx64 " at %#" PRIx64
				  ", decoder %#" PRIx64 " at %#" PRIx64,
				  request, region_size, size, start, dec.size,
				  dec.base);
	return true;
}

bool hard_map(const struct vfio_dev *dev, struct hard_memory *memory)
{
	struct vfio_region_info *info;

	memory->map = NULL;
	if (vfio_find_region(dev, CXL_REGION_TYPE, VFIO_REGION_SUBTYPE_CXL_MEM,
			     &info) != 1)
		return false;
	memory->size = info->size;
	memory->map = vfio_mmap(dev, info, 0, info->size);
	free(info);
	if (memory->map == MAP_FAILED)
		memory->map = NULL;
	return memory->map;
}

void hard_unmap(struct hard_memory *memory)
{
	if (memory->map)
		munmap(memory->map, memory->size);
	memory->map = NULL;
}

static bool touch(uint8_t *p, uint8_t value)
{
	uint8_t back = ~value;

	return byte_store(p, value) && byte_load(p, &back) && back == value;
}

bool hard_touch(const struct hard_memory *memory)
{
	return touch(memory->map, 0x11) &&
	       touch(memory->map + memory->size / 2, 0x22) &&
	       touch(memory->map + memory->size - 1, 0x33);
}
