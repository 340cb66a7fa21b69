// SPDX-License-Identifier: GPL-2.0-only
/* See window.h; the free space is counted by the module's own function */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "size.h"
#include "sysfs.h"
#include "window.h"

#define ROOT		SYSFS_CXL "/root0"
#define UNIT		(256ULL << 20)

static void *grown(void *array, size_t nr, size_t size)
{
	array = realloc(array, (nr + 1) * size);
	if (!array)
		abort();
	memset((char *)array + nr * size, 0, size);
	return array;
}

/* target0 is an endpoint decoder, whose endpoint hangs on a memdev */
static void name_memdev(const char *dir, struct region *region)
{
	char decoder[32], endpoint[SYSFS_PATH];

	if (sysfs_read(dir, "target0", decoder, sizeof(decoder)) <= 0 ||
	    strncmp(decoder, "decoder", 7))
		return;
	snprintf(endpoint, sizeof(endpoint), SYSFS_CXL "/endpoint%d",
		 atoi(decoder + 7));
	sysfs_link(endpoint, "uport", region->device, sizeof(region->device));
}

static int add_region(const char *dir, const char *name, void *data)
{
	struct window *window = data;
	struct region *region;
	char path[SYSFS_PATH];

	window->region = grown(window->region, window->nr_regions,
			       sizeof(*region));
	region = &window->region[window->nr_regions];
	snprintf(region->name, sizeof(region->name), "%s", name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	sysfs_read_u64(path, "resource", &region->start);
	sysfs_read_u64(path, "size", &region->size);
	name_memdev(path, region);
	if (region->size)
		window->nr_regions++;
	return 0;
}

static int by_start(const void *a, const void *b)
{
	const struct region *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

static int windows_by_start(const void *a, const void *b)
{
	const struct window *left = a, *right = b;

	return left->start < right->start ? -1 : left->start > right->start;
}

static bool flag(const char *dir, const char *attr)
{
	uint64_t value;

	return !sysfs_read_u64(dir, attr, &value) && value;
}

/* target_list has ids; dport<id> of the root leads to the host bridge */
static void read_bridges(const char *dir, struct window *window)
{
	char list[256], *rest = list, *id;

	sysfs_read(dir, "target_list", list, sizeof(list));
	while ((id = strsep(&rest, ",")) && *id &&
	       window->nr_bridges < WINDOW_BRIDGES_MAX) {
		char *bridge = window->bridge[window->nr_bridges++];
		char attr[64];

		snprintf(attr, sizeof(attr), "dport%s", id);
		sysfs_link(ROOT, attr, bridge, sizeof(window->bridge[0]));
	}
}

static void count_free(struct window *window)
{
	struct range hpa = { window->start, window->start + window->size - 1 };
	struct range *taken = calloc(window->nr_regions + 1, sizeof(*taken));

	if (!taken)
		abort();
	window->free = window->size;
	for (size_t i = 0; i < window->nr_regions; i++) {
		const struct region *region = &window->region[i];

		taken[i].start = region->start;
		taken[i].end = region->start + region->size - 1;
		window->free -= region->size;
	}
	window->largest_free = presize_largest_gap(&hpa, taken,
						   window->nr_regions, UNIT);
	free(taken);
}

static int add_window(const char *dir, const char *name, void *data)
{
	struct windows *windows = data;
	struct window *window;
	char path[SYSFS_PATH];

	windows->window = grown(windows->window, windows->nr, sizeof(*window));
	window = &windows->window[windows->nr];
	snprintf(window->name, sizeof(window->name), "%s", name);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	sysfs_read_u64(path, "start", &window->start);
	if (sysfs_read_u64(path, "size", &window->size) || !window->size)
		return 0;
	windows->nr++;
	window->ram = flag(path, "cap_ram");
	window->type2 = flag(path, "cap_type2");
	window->type3 = flag(path, "cap_type3");
	window->locked = flag(path, "locked");
	read_bridges(path, window);
	sysfs_each(path, "region", add_region, window);
	if (window->nr_regions)
		qsort(window->region, window->nr_regions,
		      sizeof(*window->region), by_start);
	count_free(window);
	return 0;
}

/* A device that was sized knows its region by a link */
static int name_device(struct device *dev, void *data)
{
	struct windows *windows = data;
	char dir[SYSFS_PATH], name[32];

	snprintf(dir, sizeof(dir), "%s/cxl_region", dev->path);
	if (sysfs_link(dir, "region", name, sizeof(name)))
		return 0;
	for (size_t i = 0; i < windows->nr; i++) {
		struct window *window = &windows->window[i];

		for (size_t j = 0; j < window->nr_regions; j++)
			if (!strcmp(window->region[j].name, name))
				snprintf(window->region[j].device,
					 sizeof(window->region[j].device), "%s",
					 dev->bdf);
	}
	return 0;
}

void windows_load(struct host *host, struct windows *windows)
{
	memset(windows, 0, sizeof(*windows));
	sysfs_each(SYSFS_CXL, "decoder0.", add_window, windows);
	if (windows->nr)
		qsort(windows->window, windows->nr, sizeof(*windows->window),
		      windows_by_start);
	devices_each(host, name_device, windows);
}

void windows_free(struct windows *windows)
{
	for (size_t i = 0; i < windows->nr; i++)
		free(windows->window[i].region);
	free(windows->window);
}

/* /sys/devices/pci0000:20/0000:20:00.0/... */
void window_bridge_of(struct device *dev, char *buf, size_t size)
{
	const char *bridge = strstr(dev->path, "/devices/pci");

	buf[0] = 0;
	if (!bridge)
		return;
	bridge += strlen("/devices/");
	snprintf(buf, size, "%.*s", (int)strcspn(bridge, "/"), bridge);
}

bool window_reaches(const struct window *window, const char *bridge)
{
	for (unsigned int i = 0; i < window->nr_bridges; i++)
		if (!strcmp(window->bridge[i], bridge))
			return true;
	return false;
}
