/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A /sys with CXL devices, made of files, that libudev and all else in this
 * process and its children see: run it by umockdev-wrapper.
 */
#ifndef UNIT_MOCK_H
#define UNIT_MOCK_H

#include <stddef.h>

void mock_begin(void);
void mock_end(void);

/* Paths begin with sys/ */
__attribute__((format(printf, 2, 3)))
void mock_file(const char *text, const char *path, ...);
__attribute__((format(printf, 2, 3)))
void mock_link(const char *target, const char *path, ...);
void mock_read(const char *path, char *buf, size_t size);

/*
 * Device @nr, of 1 GiB, without a driver, serial number @nr + 1, at an address
 * that mock_address() tells; each below a host bridge of its own
 */
void mock_device(unsigned int nr);
const char *mock_address(unsigned int nr);

/* Window @nr, of 4 GiB, whose target is the bridge of device @nr */
void mock_window(unsigned int nr);

/* A region of @size MiB at @start MiB of window @nr; a device's, or nobody's */
void mock_region(unsigned int nr, unsigned int start, unsigned int size,
		 const char *address);

#endif /* UNIT_MOCK_H */
