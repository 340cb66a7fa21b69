// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: faults [ROUNDS]
 *
 * A byte of every 4 KiB of the region, after each of: a mapping that large
 * pages fit into, one that they do not, and the BAR of a PCI device by
 * vfio-pci, if there is one as large (topology large). In turn, after a
 * round for the host to find pages.
 *
 * CXL_SIZE chooses the size (default: 1 GiB).
 */
#include <err.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "stats.h"
#include "sysfs_util.h"
#include "vfio_util.h"

#define PAGE 4096UL
#define GIB (1UL << 30)
#define BAR_ID "0x1af4", "0x1110"	/* ivshmem: BAR 2 is memory */

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

struct way {
	struct samples time;
	long faults;
	struct vfio_dev *dev;
	struct vfio_region_info *info;
	size_t skew;
};

/* A place with the alignment that is asked for, off by skew */
static char *map(const struct way *way, size_t len)
{
	char *area = mmap(NULL, len + 2 * GIB, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	char *at = (char *)(((uintptr_t)area + GIB - 1) / GIB * GIB + way->skew);

	if (area == MAP_FAILED)
		err(1, "mmap");
	at = mmap(at, len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		  way->dev->fd, way->info->offset);
	if (at == MAP_FAILED)
		err(1, "mmap of the region");
	return at;
}

static void touch(struct way *way, size_t len, int round)
{
	char *at = map(way, len);
	long before = faults();
	double begin = now();

	for (size_t i = 0; i < len; i += PAGE)
		*(volatile char *)(at + i) = 1;
	if (round >= 0)
		samples_add(&way->time, now() - begin);
	way->faults = faults() - before;
	munmap(at, len);
}

static int find_bar(char *bdf)
{
	static const char * const id[] = { BAR_ID };
	char text[16];
	int ret = -ENODEV;
	glob_t found;

	glob(SYSFS_PCI "/devices/*", 0, NULL, &found);
	for (size_t i = 0; i < found.gl_pathc && ret; i++) {
		const char *name = strrchr(found.gl_pathv[i], '/') + 1;

		if (pci_read(name, "vendor", text, sizeof(text)) < 0 ||
		    strcmp(text, id[0]) ||
		    pci_read(name, "device", text, sizeof(text)) < 0 ||
		    strcmp(text, id[1]))
			continue;
		snprintf(bdf, BDF_LEN, "%s", name);
		ret = 0;
	}
	globfree(&found);
	return ret;
}

/* Not there is no error: the comparison is left out */
static struct vfio_region_info *open_bar(struct vfio_dev *dev)
{
	struct vfio_region_info *info;
	char bdf[BDF_LEN];

	if (find_bar(bdf))
		return NULL;
	must(module_load("vfio-pci"), "vfio-pci");
	must(pci_bind(bdf, "vfio-pci"), "bind vfio-pci");
	must(vfio_open(dev, bdf), "open vfio-pci");
	must(vfio_region(dev, VFIO_PCI_BAR2_REGION_INDEX, &info), "BAR 2");
	vfio_config_write(dev, 4, 2, 2);
	return info;
}

static void report(struct way *way)
{
	samples_print(&way->time, "ms", 1e3);
	printf("%-52s faults %9ld\n", way->time.name, way->faults);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 5;
	size_t size = getenv("CXL_SIZE") ? cxl_test_size() : GIB;
	struct vfio_dev dev, plain;
	struct vfio_region_info *mem, *bar2;
	struct way large = { .time.name = "touch all, aligned", .dev = &dev };
	struct way small = { .time.name = "touch all, not aligned", .dev = &dev,
			     .skew = PAGE };
	struct way bar = { .time.name = "touch all, BAR by vfio-pci",
			   .dev = &plain };
	char bdf[BDF_LEN];

	setlinebuf(stdout);
	must(module_load(CXL_VFIO_DRIVER), CXL_VFIO_DRIVER);
	must(sysfs_write(CLEAR, "0"), "clear");
	must(pci_find_cxl(bdf, sizeof(bdf)), "a CXL device");
	must(cxl_deliver(bdf, size), "deliver");
	must(vfio_open(&dev, bdf), "open");
	if (vfio_find_region(&dev, CXL_REGION_TYPE,
			     VFIO_REGION_SUBTYPE_CXL_MEM, &mem) != 1)
		errx(1, "no memory");
	large.info = small.info = mem;
	bar2 = open_bar(&plain);
	bar.info = bar2;

	printf("%zu MiB, a byte of every 4 KiB\n", size >> 20);
	for (int i = -1; i < rounds; i++) {
		touch(&large, size, i);
		touch(&small, size, i);
		if (bar2 && bar2->size >= size)
			touch(&bar, size, i);
	}
	report(&large);
	report(&small);
	ratio_print("aligned / not aligned", &large.time, &small.time, 0);
	if (bar.time.nr) {
		report(&bar);
		ratio_print("region / BAR, both aligned", &large.time,
			    &bar.time, 0);
	}
	vfio_close(&dev);
	must(cxl_withdraw(bdf), "withdraw");
	must(sysfs_write(CLEAR, "1"), "clear");
	return 0;
}
