// SPDX-License-Identifier: GPL-2.0-only
/*
 * See config_space.h
 *
 * A user who is not root sees the first 64 bytes only, and a broken device
 * answers anything: no offset is believed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config_space.h"
#include "sysfs.h"

/* PCIe 6.0 7.6.3: each header has an id and the offset of the next */
#define EXT_FIRST	0x100
#define EXT_ID(header)	((header) & 0xffff)
#define EXT_NEXT(header) ((header) >> 20 & 0xffc)
#define EXT_SERIAL	0x0003
#define EXT_DVSEC	0x0023

#define CXL_VENDOR	0x1e98
#define CXL_DEVICE	0

int config_read(const char *path, uint8_t config[CONFIG_SPACE])
{
	char file[SYSFS_PATH];
	ssize_t len;
	int fd;

	snprintf(file, sizeof(file), "%s/config", path);
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, config, CONFIG_SPACE);
	if (len < 0)
		len = -errno;
	close(fd);
	return len;
}

/* All ones where that is not in what was read, as the bus would answer */
static uint32_t dword(const uint8_t *config, size_t len, size_t offset)
{
	if (offset + 4 > len)
		return UINT32_MAX;
	return config[offset] | config[offset + 1] << 8 |
	       config[offset + 2] << 16 | (uint32_t)config[offset + 3] << 24;
}

/* The next capability @id after @offset, or the first one if that is 0 */
static size_t find_ext(const uint8_t *config, size_t len, size_t offset,
		       unsigned int id)
{
	/* no more than fit, for a list may be a circle */
	int left = (CONFIG_SPACE - EXT_FIRST) / 8;

	offset = offset ? EXT_NEXT(dword(config, len, offset)) : EXT_FIRST;
	while (left-- && offset >= EXT_FIRST) {
		uint32_t header = dword(config, len, offset);

		if (!header || header == UINT32_MAX)
			return 0;
		if (EXT_ID(header) == id)
			return offset;
		offset = EXT_NEXT(header);
	}
	return 0;
}

size_t config_find_dvsec(const uint8_t *config, size_t len)
{
	int left = (CONFIG_SPACE - EXT_FIRST) / 8;
	size_t offset = 0;

	while (left-- && (offset = find_ext(config, len, offset, EXT_DVSEC))) {
		if ((dword(config, len, offset + 4) & 0xffff) == CXL_VENDOR &&
		    (dword(config, len, offset + 8) & 0xffff) == CXL_DEVICE)
			return offset;
	}
	return 0;
}

/* The second half of the dword that begins with the DVSEC's own id */
uint16_t config_cxl_capability(const uint8_t *config, size_t len, size_t dvsec)
{
	return dword(config, len, dvsec + 8) >> 16;
}

bool config_find_serial(const uint8_t *config, size_t len, uint64_t *serial)
{
	size_t offset = find_ext(config, len, 0, EXT_SERIAL);

	if (!offset)
		return false;
	*serial = dword(config, len, offset + 4) |
		  (uint64_t)dword(config, len, offset + 8) << 32;
	return true;
}

bool config_serial(const char *path, uint64_t *serial)
{
	uint8_t config[CONFIG_SPACE] = {};
	int len = config_read(path, config);

	return len > 0 && config_find_serial(config, len, serial);
}
