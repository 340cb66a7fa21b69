/* SPDX-License-Identifier: GPL-2.0-only */
/* Files of sysfs; every function returns a negative errno on failure */
#ifndef TOOLS_SYSFS_H
#define TOOLS_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SYSFS_PCI	"/sys/bus/pci"
#define SYSFS_CXL	"/sys/bus/cxl/devices"

/* Room for a path; what does not fit is cut, and then names no file */
#define SYSFS_PATH	512

/* The text without the newline at its end; returns its length */
int sysfs_read(const char *dir, const char *attr, char *buf, size_t size);
int sysfs_read_u64(const char *dir, const char *attr, uint64_t *value);
int sysfs_write(const char *dir, const char *attr, const char *text);

/* The last part of what a link leads to */
int sysfs_link(const char *dir, const char *attr, char *buf, size_t size);

bool sysfs_exists(const char *dir, const char *attr);

/* Entries of a folder that begin with @prefix, until @each returns not 0 */
int sysfs_each(const char *dir, const char *prefix,
	       int (*each)(const char *dir, const char *name, void *data),
	       void *data);

#endif /* TOOLS_SYSFS_H */
