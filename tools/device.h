/* SPDX-License-Identifier: GPL-2.0-only */
/* PCI devices with CXL memory, as sysfs and udev know them */
#ifndef TOOLS_DEVICE_H
#define TOOLS_DEVICE_H

#include <libudev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What all devices share; a model's names are looked up once */
struct host {
	struct udev *udev;
	struct udev_hwdb *hwdb;
	char modalias[128];
	char vendor_name[128];
	char model_name[128];
};

/* @path is the folder in /sys, @bdf its last part */
struct device {
	struct host *host;
	struct udev_device *udev;
	const char *path;
	const char *bdf;
};

struct device_ids {
	uint16_t vendor, device, subvendor, subdevice;
};

/* 0, or -1 where udev cannot be used */
int host_open(struct host *host);
void host_close(struct host *host);

/* 0, or -ENODEV where @path is no device in /sys */
int device_open(struct host *host, struct device *dev, const char *path);
void device_close(struct device *dev);

/*
 * All that have the folder cxl_region/, in the order of their addresses, until
 * @each returns not 0. A device that goes meanwhile is left out.
 */
int devices_each(struct host *host,
		 int (*each)(struct device *dev, void *data), void *data);

/* A file of cxl_region/; a negative errno on failure */
int device_region_read(struct device *dev, const char *attr, char *buf,
		       size_t size);
int device_region_u64(struct device *dev, const char *attr, uint64_t *value);

/* Empty where there is none */
void device_driver(struct device *dev, char *buf, size_t size);
void device_slot(struct device *dev, char *buf, size_t size);
void device_memdev(struct device *dev, char *buf, size_t size);

/* From udev's database, else from the hwdb itself; empty if neither knows */
void device_names(struct device *dev, const char **vendor, const char **model);
void device_ids(struct device *dev, struct device_ids *ids);

/* False where the device has none, or only root may know */
bool device_serial(struct device *dev, uint64_t *serial);

#endif /* TOOLS_DEVICE_H */
