// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: memory fill|check|zero|use WHERE [SIZE]
 *
 * Fill all of a region with a pattern, or check that all of it has the pattern,
 * or is zero; or fill and check. WHERE is a device of dax in the guest, with its
 * size, or "ram", for as much main memory, or else the PCI address of the device
 * in the host, which is opened by VFIO.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "vfio_util.h"

struct area {
	volatile uint64_t *words;
	uint64_t size;
};

static uint64_t pattern(uint64_t i)
{
	return (i + 1) * 0x9e3779b97f4a7c15ull;
}

static uint64_t zero(uint64_t i)
{
	(void)i;
	return 0;
}

static void fill(const struct area *area)
{
	for (uint64_t i = 0; i < area->size / sizeof(*area->words); i++)
		area->words[i] = pattern(i);
}

static void check(const struct area *area, uint64_t (*want)(uint64_t i))
{
	for (uint64_t i = 0; i < area->size / sizeof(*area->words); i++) {
		uint64_t word = area->words[i];

		if (word != want(i))
			errx(1, "0x%llx instead of 0x%llx at 0x%llx",
			     (unsigned long long)word,
			     (unsigned long long)want(i),
			     (unsigned long long)(i * sizeof(*area->words)));
	}
}

static void map_dax(const char *path, const char *size, struct area *area)
{
	int fd = open(path, O_RDWR);

	if (fd < 0)
		err(1, "%s", path);
	area->size = strtoull(size, NULL, 0);
	area->words = mmap(NULL, area->size, PROT_READ | PROT_WRITE, MAP_SHARED,
			   fd, 0);
	if (area->words == MAP_FAILED)
		err(1, "%s: mmap of %s bytes", path, size);
}

static void map_ram(const char *size, struct area *area)
{
	area->size = strtoull(size, NULL, 0);
	area->words = mmap(NULL, area->size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (area->words == MAP_FAILED)
		err(1, "mmap of %s bytes", size);
}

static void map_vfio(const char *bdf, struct area *area)
{
	struct vfio_region_info *info;
	struct vfio_dev dev;
	int ret = vfio_open(&dev, bdf);

	if (ret)
		errx(1, "%s: %s", bdf, strerror(-ret));
	if (vfio_find_region(&dev, CXL_REGION_TYPE, VFIO_REGION_SUBTYPE_CXL_MEM,
			     &info) != 1)
		errx(1, "%s has no CXL memory", bdf);
	area->size = info->size;
	area->words = vfio_mmap(&dev, info, 0, info->size);
	if (area->words == MAP_FAILED)
		err(1, "%s: mmap", bdf);
}

int main(int argc, char **argv)
{
	struct area area;

	if (argc < 3 || argc > 4)
		errx(2, "usage: memory fill|check|zero|use WHERE [SIZE]");
	if (argc == 3)
		map_vfio(argv[2], &area);
	else if (!strcmp(argv[2], "ram"))
		map_ram(argv[3], &area);
	else
		map_dax(argv[2], argv[3], &area);
	if (!strcmp(argv[1], "fill") || !strcmp(argv[1], "use"))
		fill(&area);
	if (strcmp(argv[1], "fill"))
		check(&area, strcmp(argv[1], "zero") ? pattern : zero);
	printf("%llu\n", (unsigned long long)area.size);
	return 0;
}
