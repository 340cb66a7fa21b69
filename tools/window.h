/* SPDX-License-Identifier: GPL-2.0-only */
/* The fixed memory windows of the host, and what is in them */
#ifndef TOOLS_WINDOW_H
#define TOOLS_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "device.h"

#define WINDOW_BRIDGES_MAX 16

struct region {
	char name[32];
	char device[32];	/* its address, else its memdev */
	uint64_t start, size;
};

struct window {
	char name[32];
	uint64_t start, size;
	uint64_t free, largest_free;
	bool ram, type2, type3, locked;
	char bridge[WINDOW_BRIDGES_MAX][32];
	unsigned int nr_bridges;
	struct region *region;
	size_t nr_regions;
};

struct windows {
	struct window *window;
	size_t nr;
};

/* By address; none where the host has no CXL, or cxl_acpi is not loaded */
void windows_load(struct host *host, struct windows *windows);
void windows_free(struct windows *windows);

/* The name of the host bridge above a device: pci0000:20 */
void window_bridge_of(struct device *dev, char *buf, size_t size);
bool window_reaches(const struct window *window, const char *bridge);

#endif /* TOOLS_WINDOW_H */
