// SPDX-License-Identifier: GPL-2.0-only
/* See describe.h */
#include <inttypes.h>
#include <string.h>

#include "amount.h"
#include "describe.h"
#include "sysfs.h"
#include "table.h"

static const struct column table_columns[] = {
	{ "ADDRESS",	"address",	KIND_TEXT },
	{ "SERIAL",	"serial",	KIND_TEXT },
	{ "VENDOR",	"vendor_name",	KIND_NAME },
	{ "DEVICE",	"device_name",	KIND_NAME },
	{ "DRIVER",	"driver",	KIND_TEXT },
	{ "SIZE",	"size",		KIND_SIZE },
	{ "MAX",	"size_max",	KIND_SIZE },
	{ "FROM",	"size_max_source", KIND_TEXT },
	{ "AVAILABLE",	"available",	KIND_SIZE },
	{ "STATE",	"state",	KIND_STATE },
	{ "REGION",	"region.name",	KIND_TEXT },
	{ }
};

const struct view describe_table = {
	.list = "devices",
	.columns = table_columns,
};

static const struct column record_lines[] = {
	{ "address",	"address" },
	{ "vendor",	"vendor" },
	{ "",		"vendor_name" },
	{ "device",	"device" },
	{ "",		"device_name" },
	{ "subsystem",	"subsystem" },
	{ "serial",	"serial" },
	{ "slot",	"slot" },
	{ "path",	"path" },
	{ "driver",	"driver" },
	{ "override",	"driver_override" },
	{ "memdev",	"memdev" },
	{ "IOMMU group", "iommu_group" },
	{ "NUMA node",	"numa_node" },
	{ "size",	"size",		KIND_SIZE },
	{ "capacity",	"size_max",	KIND_SIZE },
	{ "known from",	"size_max_source" },
	{ "multiple of", "size_align",	KIND_SIZE },
	{ "available",	"available",	KIND_SIZE },
	{ "state",	"state",	KIND_STATE },
	{ "error",	"error" },
	{ "region",	"region.name" },
	{ "at",		"region.start" },
	{ "window",	"region.window" },
	{ }
};

/* A line without a title goes on with the line before it */
static void print_record(struct json_object *item, FILE *to)
{
	for (const struct column *line = record_lines; line->title; line++) {
		const char *colour = "";
		char buf[64];
		const char *text = table_cell(line, item, buf, sizeof(buf));

		if (!*line->title && !strcmp(text, "-"))
			continue;
		if (line->kind == KIND_STATE)
			colour = table_state_colour(text);
		fprintf(to, "%-12s %s%s%s\n", line->title, out_paint(colour),
			text, *colour ? out_paint(OUT_PLAIN) : "");
	}
	fputc('\n', to);
}

const struct view describe_record = {
	.list = "devices",
	.print = print_record,
};

static void add_region_text(struct json_object *item, struct device *dev,
			    const char *attr)
{
	char text[640];

	device_region_read(dev, attr, text, sizeof(text));
	out_add_text(item, attr, text);
}

static void add_region_u64(struct json_object *item, struct device *dev,
			   const char *attr)
{
	uint64_t value;

	device_region_u64(dev, attr, &value);
	out_add_u64(item, attr, value);
}

static void add_serial(struct json_object *item, struct device *dev)
{
	uint64_t serial;
	char text[24] = "";

	if (device_serial(dev, &serial))
		snprintf(text, sizeof(text), "%#" PRIx64, serial);
	out_add_text(item, "serial", text);
}

static void add_ids(struct json_object *item, struct device *dev)
{
	const char *vendor, *model;
	struct device_ids ids;
	char text[16];

	device_ids(dev, &ids);
	device_names(dev, &vendor, &model);
	snprintf(text, sizeof(text), "%04x", ids.vendor);
	out_add_text(item, "vendor", text);
	snprintf(text, sizeof(text), "%04x", ids.device);
	out_add_text(item, "device", text);
	snprintf(text, sizeof(text), "%04x:%04x", ids.subvendor, ids.subdevice);
	out_add_text(item, "subsystem", text);
	out_add_text(item, "vendor_name", vendor);
	out_add_text(item, "device_name", model);
}

/* The address of a region is for root only, and reads as 0 then */
static struct json_object *describe_region(struct device *dev)
{
	struct json_object *region;
	char dir[SYSFS_PATH], name[64], text[24];
	uint64_t start, size;

	snprintf(dir, sizeof(dir), "%s/cxl_region", dev->path);
	if (sysfs_link(dir, "region", name, sizeof(name)))
		return NULL;
	region = json_object_new_object();
	out_add_text(region, "name", name);
	snprintf(dir, sizeof(dir), "%s/cxl_region/region", dev->path);
	sysfs_read_u64(dir, "resource", &start);
	sysfs_read_u64(dir, "size", &size);
	snprintf(text, sizeof(text), "%#" PRIx64, start);
	out_add_text(region, "start", start ? text : "");
	out_add_u64(region, "size", size);
	return region;
}

struct json_object *describe_device(struct device *dev)
{
	struct json_object *item = json_object_new_object();
	char driver[64];

	out_add_text(item, "address", dev->bdf);
	add_serial(item, dev);
	add_ids(item, dev);
	device_driver(dev, driver, sizeof(driver));
	out_add_text(item, "driver", driver);
	add_region_u64(item, dev, "size");
	add_region_u64(item, dev, "size_max");
	add_region_text(item, dev, "size_max_source");
	add_region_u64(item, dev, "size_align");
	add_region_u64(item, dev, "available");
	add_region_text(item, dev, "state");
	add_region_text(item, dev, "error");
	json_object_object_add(item, "region", describe_region(dev));
	return item;
}

static void add_text(struct json_object *item, const char *key,
		     struct device *dev, const char *attr)
{
	char text[SYSFS_PATH];

	sysfs_read(dev->path, attr, text, sizeof(text));
	out_add_text(item, key, strcmp(text, "(null)") ? text : "");
}

/* The window is the folder that the region is in */
static void add_window(struct json_object *item, struct device *dev)
{
	char dir[SYSFS_PATH], window[64] = "";
	struct json_object *region;
	struct udev_device *found;

	if (!json_object_object_get_ex(item, "region", &region) || !region)
		return;
	snprintf(dir, sizeof(dir), SYSFS_CXL "/%s", out_text(region, "name"));
	found = udev_device_new_from_syspath(dev->host->udev, dir);
	if (found && udev_device_get_parent(found))
		snprintf(window, sizeof(window), "%s",
			 udev_device_get_sysname(udev_device_get_parent(found)));
	udev_device_unref(found);
	out_add_text(region, "window", window);
}

struct json_object *describe_device_in_full(struct device *dev)
{
	struct json_object *item = describe_device(dev);
	const char *path = strstr(dev->path, "/devices/");
	char text[64];

	device_slot(dev, text, sizeof(text));
	out_add_text(item, "slot", text);
	device_memdev(dev, text, sizeof(text));
	out_add_text(item, "memdev", text);
	sysfs_link(dev->path, "iommu_group", text, sizeof(text));
	out_add_text(item, "iommu_group", text);
	add_text(item, "numa_node", dev, "numa_node");
	add_text(item, "driver_override", dev, "driver_override");
	out_add_text(item, "path", path ? path + strlen("/devices/") : "");
	add_window(item, dev);
	return item;
}
