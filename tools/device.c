// SPDX-License-Identifier: GPL-2.0-only
/* See device.h */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_space.h"
#include "device.h"
#include "sysfs.h"

int host_open(struct host *host)
{
	memset(host, 0, sizeof(*host));
	host->udev = udev_new();
	return host->udev ? 0 : -1;
}

void host_close(struct host *host)
{
	udev_hwdb_unref(host->hwdb);
	udev_unref(host->udev);
}

int device_open(struct host *host, struct device *dev, const char *path)
{
	dev->host = host;
	dev->udev = udev_device_new_from_syspath(host->udev, path);
	if (!dev->udev)
		return -ENODEV;
	dev->path = udev_device_get_syspath(dev->udev);
	dev->bdf = udev_device_get_sysname(dev->udev);
	return 0;
}

void device_close(struct device *dev)
{
	udev_device_unref(dev->udev);
}

/* An address is of hexadecimal digits; a domain may have more than four */
static int by_address(const void *a, const void *b)
{
	const char *left = strrchr(*(char *const *)a, '/');
	const char *right = strrchr(*(char *const *)b, '/');
	size_t l = strlen(left), r = strlen(right);

	if (l != r)
		return l < r ? -1 : 1;
	return strcmp(left, right);
}

struct paths {
	char **path;
	size_t nr, max;
};

static void free_paths(struct paths *paths)
{
	for (size_t i = 0; i < paths->nr; i++)
		free(paths->path[i]);
	free(paths->path);
}

static int add_path(struct paths *paths, const char *path)
{
	if (paths->nr == paths->max) {
		size_t max = paths->max ? 2 * paths->max : 64;
		char **more = realloc(paths->path, max * sizeof(*more));

		if (!more)
			return -ENOMEM;
		paths->path = more;
		paths->max = max;
	}
	paths->path[paths->nr] = strdup(path);
	if (!paths->path[paths->nr])
		return -ENOMEM;
	paths->nr++;
	return 0;
}

/* The enumerator holds every device it has seen, so it goes before the rest */
static int find_paths(struct host *host, struct paths *paths)
{
	struct udev_enumerate *found = udev_enumerate_new(host->udev);
	struct udev_list_entry *entry;
	int rc = 0;

	if (!found)
		return -ENOMEM;
	udev_enumerate_add_match_subsystem(found, "pci");
	udev_enumerate_add_match_sysattr(found, "cxl_region/state", NULL);
	udev_enumerate_scan_devices(found);
	udev_list_entry_foreach(entry, udev_enumerate_get_list_entry(found)) {
		rc = add_path(paths, udev_list_entry_get_name(entry));
		if (rc)
			break;
	}
	udev_enumerate_unref(found);
	return rc;
}

int devices_each(struct host *host,
		 int (*each)(struct device *dev, void *data), void *data)
{
	struct paths paths = { 0 };
	int rc = find_paths(host, &paths);

	if (!rc && paths.nr)
		qsort(paths.path, paths.nr, sizeof(*paths.path), by_address);
	for (size_t i = 0; !rc && i < paths.nr; i++) {
		struct device dev;

		if (device_open(host, &dev, paths.path[i]))
			continue;
		rc = each(&dev, data);
		device_close(&dev);
	}
	free_paths(&paths);
	return rc;
}

int device_region_read(struct device *dev, const char *attr, char *buf,
		       size_t size)
{
	char dir[SYSFS_PATH];

	snprintf(dir, sizeof(dir), "%s/cxl_region", dev->path);
	return sysfs_read(dir, attr, buf, size);
}

int device_region_u64(struct device *dev, const char *attr, uint64_t *value)
{
	char dir[SYSFS_PATH];

	snprintf(dir, sizeof(dir), "%s/cxl_region", dev->path);
	return sysfs_read_u64(dir, attr, value);
}

void device_driver(struct device *dev, char *buf, size_t size)
{
	sysfs_link(dev->path, "driver", buf, size);
}

struct slot_search {
	const char *bdf;
	char *buf;
	size_t size;
};

/* A slot has no function: 0000:21:00 */
static int is_slot_of(const char *dir, const char *name, void *data)
{
	struct slot_search *search = data;
	char attr[64], address[32];

	snprintf(attr, sizeof(attr), "%s/address", name);
	if (sysfs_read(dir, attr, address, sizeof(address)) <= 0 ||
	    strncmp(search->bdf, address, strlen(address)) ||
	    search->bdf[strlen(address)] != '.')
		return 0;
	snprintf(search->buf, search->size, "%s", name);
	return 1;
}

void device_slot(struct device *dev, char *buf, size_t size)
{
	struct slot_search search = { dev->bdf, buf, size };

	buf[0] = 0;
	sysfs_each(SYSFS_PCI "/slots", "", is_slot_of, &search);
}

struct name_buffer {
	char *buf;
	size_t size;
};

static int take_memdev(const char *dir, const char *name, void *data)
{
	struct name_buffer *found = data;
	size_t digits = strspn(name + 3, "0123456789");

	(void)dir;
	if (!digits || name[3 + digits])
		return 0;
	snprintf(found->buf, found->size, "%s", name);
	return 1;
}

void device_memdev(struct device *dev, char *buf, size_t size)
{
	struct name_buffer found = { buf, size };

	buf[0] = 0;
	sysfs_each(dev->path, "mem", take_memdev, &found);
}

static void look_up(struct host *host, const char *modalias)
{
	struct udev_list_entry *entry;

	host->vendor_name[0] = host->model_name[0] = 0;
	snprintf(host->modalias, sizeof(host->modalias), "%s", modalias);
	if (!host->hwdb)
		host->hwdb = udev_hwdb_new(host->udev);
	if (!host->hwdb)
		return;
	entry = udev_hwdb_get_properties_list_entry(host->hwdb, modalias, 0);
	for (; entry; entry = udev_list_entry_get_next(entry)) {
		const char *name = udev_list_entry_get_name(entry);
		const char *value = udev_list_entry_get_value(entry);

		if (!strcmp(name, "ID_VENDOR_FROM_DATABASE"))
			snprintf(host->vendor_name, sizeof(host->vendor_name),
				 "%s", value);
		else if (!strcmp(name, "ID_MODEL_FROM_DATABASE"))
			snprintf(host->model_name, sizeof(host->model_name),
				 "%s", value);
	}
}

void device_names(struct device *dev, const char **vendor, const char **model)
{
	char modalias[128];

	*vendor = udev_device_get_property_value(dev->udev,
						 "ID_VENDOR_FROM_DATABASE");
	*model = udev_device_get_property_value(dev->udev,
						"ID_MODEL_FROM_DATABASE");
	if (*vendor && *model)
		return;
	sysfs_read(dev->path, "modalias", modalias, sizeof(modalias));
	if (strcmp(modalias, dev->host->modalias))
		look_up(dev->host, modalias);
	if (!*vendor)
		*vendor = dev->host->vendor_name;
	if (!*model)
		*model = dev->host->model_name;
}

static uint16_t read_id(struct device *dev, const char *attr)
{
	uint64_t id;

	return sysfs_read_u64(dev->path, attr, &id) ? 0 : id;
}

void device_ids(struct device *dev, struct device_ids *ids)
{
	ids->vendor = read_id(dev, "vendor");
	ids->device = read_id(dev, "device");
	ids->subvendor = read_id(dev, "subsystem_vendor");
	ids->subdevice = read_id(dev, "subsystem_device");
}

/* 00-00-00-00-00-00-00-01, the highest byte first */
static bool parse_serial(const char *text, uint64_t *serial)
{
	*serial = 0;
	for (int i = 0; i < 8; i++) {
		unsigned int byte;

		if (sscanf(text + 3 * i, "%2x", &byte) != 1)
			return false;
		*serial = *serial << 8 | byte;
	}
	return true;
}

/* Kernels before 6.17 have no such file, but the capability is in config */
bool device_serial(struct device *dev, uint64_t *serial)
{
	char text[32];

	if (sysfs_read(dev->path, "serial_number", text, sizeof(text)) == 23)
		return parse_serial(text, serial);
	return config_serial(dev->path, serial);
}
