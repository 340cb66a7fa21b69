// SPDX-License-Identifier: GPL-2.0-only
/* See accel_util.h */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "accel_util.h"
#include "cxl_util.h"
#include "hdm_util.h"

#define ENGINE_SIZE 0x1000

uint64_t accel_read(const char *bdf, unsigned int reg)
{
	char path[PATH_MAX];
	uint64_t value;
	bool was;
	void *map;
	int fd;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/resource%u", bdf,
		 ACCEL_BAR);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return UINT64_MAX;
	map = mmap(NULL, ENGINE_SIZE, PROT_READ, MAP_SHARED, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return UINT64_MAX;
	was = pci_memory_space(bdf, true);
	value = *(volatile uint64_t *)((char *)map + reg);
	pci_memory_space(bdf, was);
	munmap(map, ENGINE_SIZE);
	return value;
}

bool is_accel(const char *bdf)
{
	char id[16];

	return pci_read(bdf, "device", id, sizeof(id)) > 0 &&
	       !strcmp(id, "0xcace");
}

uint64_t accel_faults(const char *bdf)
{
	return accel_read(bdf, ACCEL_FAULT_READS) +
	       accel_read(bdf, ACCEL_FAULT_WRITES);
}

const char *accel_bdf(unsigned int n)
{
	static char bdf[MAX_DEVICES][BDF_LEN];

	return (int)n < cxl_devices(bdf) ? bdf[n] : "";
}
