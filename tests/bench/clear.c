// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: clear [ROUNDS]
 *
 * How long an open waits for the memory to be cleared, against a memset() of
 * the same memory by its user, and an open that does not clear. And a reset of
 * the device with the memory mapped, up to the first touch, against the reset
 * alone as the PCI core does it without any of this, which takes most of it.
 *
 * CXL_SIZE chooses the size (default: 256 MiB).
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "stats.h"
#include "sysfs_util.h"
#include "vfio_util.h"

static char bdf[BDF_LEN];

/* Clearing begins with the close, and the open waits for its end */
static void reopen(struct vfio_dev *dev, const char *clear, struct samples *s)
{
	double begin;

	must(sysfs_write(CLEAR, clear), CLEAR);
	begin = now();
	vfio_close(dev);
	must(vfio_open(dev, bdf), "open");
	samples_add(s, now() - begin);
}

static void fill(struct vfio_dev *dev, struct samples *set,
		 struct samples *reset)
{
	struct vfio_region_info *mem;
	double begin;
	char *map;

	if (vfio_find_region(dev, CXL_REGION_TYPE, VFIO_REGION_SUBTYPE_CXL_MEM,
			     &mem) != 1)
		errx(1, "no memory");
	map = vfio_mmap(dev, mem, 0, mem->size);
	if (map == MAP_FAILED)
		err(1, "mmap");
	memset(map, 1, mem->size);
	begin = now();
	memset(map, 2, mem->size);
	samples_add(set, now() - begin);

	begin = now();
	if (ioctl(dev->fd, VFIO_DEVICE_RESET))
		err(1, "reset");
	*(volatile char *)map = 3;
	samples_add(reset, now() - begin);
	munmap(map, mem->size);
	free(mem);
}

/* The same device without a region: the time is the bus's */
static void plain_resets(struct samples *s, int rounds)
{
	struct vfio_dev dev;
	double begin;

	must(cxl_deliver(bdf, 0), "bind without a region");
	must(vfio_open(&dev, bdf), "open");
	for (int i = 0; i < rounds; i++) {
		begin = now();
		if (ioctl(dev.fd, VFIO_DEVICE_RESET))
			err(1, "reset");
		samples_add(s, now() - begin);
	}
	vfio_close(&dev);
}

static void print_rate(const char *what, struct samples *s, uint64_t size)
{
	printf("%-52s rate   %9.2f GiB/s\n", what,
	       size / samples_median(s) / (1 << 30));
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 7;
	struct samples with = { .name = "close and open, clearing" };
	struct samples without = { .name = "close and open, not clearing" };
	struct samples set = { .name = "memset by the user" };
	struct samples reset = { .name = "reset, mapped, to the first touch" };
	struct samples plain = { .name = "reset, without a region" };
	uint64_t size = cxl_test_size();
	struct vfio_dev dev;

	must(module_load(CXL_VFIO_DRIVER), CXL_VFIO_DRIVER);
	must(pci_find_cxl(bdf, sizeof(bdf)), "a CXL device");
	must(cxl_deliver(bdf, size), "deliver");
	must(vfio_open(&dev, bdf), "open");
	for (int i = 0; i < rounds; i++) {
		fill(&dev, &set, &reset);
		reopen(&dev, "1", &with);
		reopen(&dev, "0", &without);
	}
	vfio_close(&dev);
	must(sysfs_write(CLEAR, "1"), CLEAR);
	plain_resets(&plain, rounds);
	must(cxl_withdraw(bdf), "withdraw");

	printf("%llu MiB\n", (unsigned long long)size >> 20);
	samples_print(&with, "ms", 1e3);
	samples_print(&without, "ms", 1e3);
	samples_print(&set, "ms", 1e3);
	print_rate("clearing, the open included", &with, size);
	print_rate("memset by the user", &set, size);
	ratio_print("clearing, the open included / memset", &with, &set, 0);
	samples_print(&reset, "ms", 1e3);
	samples_print(&plain, "ms", 1e3);
	ratio_print("reset to first touch / reset without a region", &reset,
		    &plain, 0);
	return 0;
}
