/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * sysfs, as the tests need it. Every function that can fail returns a negative
 * errno; what it says of a length does not count the final 0 byte.
 */
#ifndef SYSFS_UTIL_H
#define SYSFS_UTIL_H

#include <stddef.h>
#include <stdint.h>

#define SYSFS_PCI "/sys/bus/pci"
#define BDF_LEN 16
#define SYSFS_LEN 4096

/* The text of a file without its final newline; returns the length */
int sysfs_read(const char *path, char *buf, size_t size);
int sysfs_write(const char *path, const char *text);
/* The last part of where a link points to */
int sysfs_link(const char *path, char *buf, size_t size);

/* The same for a file of a PCI device, such as "cxl_region/size" */
int pci_read(const char *bdf, const char *attr, char *buf, size_t size);
int pci_read_u64(const char *bdf, const char *attr, uint64_t *value);
int pci_write(const char *bdf, const char *attr, const char *text);
int pci_write_u64(const char *bdf, const char *attr, uint64_t value);
int pci_link(const char *bdf, const char *attr, char *buf, size_t size);

/* Configuration space of the device itself, past its driver */
int pci_config_read(const char *bdf, unsigned int reg, void *buf, size_t len);
int pci_config_write(const char *bdf, unsigned int reg, const void *buf,
		     size_t len);

/*
 * Bind a device to a driver and no other, by driver_override; the error is
 * that of the driver's probe(). Unbinding an unbound device is no error, and
 * takes the override back.
 */
int pci_bind(const char *bdf, const char *driver);
int pci_unbind(const char *bdf);

/* The first device with a cxl_region directory, or CXL_BDF's */
int pci_find_cxl(char *bdf, size_t size);

/* How many times longer than usual things may take: VM_SLOW, or 1 */
int slowness(void);

/* By modprobe; no error if it is loaded already */
int module_load(const char *name);

#endif /* SYSFS_UTIL_H */
