/* SPDX-License-Identifier: GPL-2.0-only */
/* What is looked up in the configuration space of a PCI device */
#ifndef TOOLS_CONFIG_SPACE_H
#define TOOLS_CONFIG_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_SPACE 4096

/* As much of it as the caller may see; a negative errno, or the length */
int config_read(const char *path, uint8_t config[CONFIG_SPACE]);

/* The CXL Device DVSEC (CXL 3.1 8.1.3), 0 where there is none */
size_t config_find_dvsec(const uint8_t *config, size_t len);

/* The capabilities of the DVSEC at @dvsec */
#define CXL_CACHE_CAPABLE	0x1
#define CXL_MEM_CAPABLE		0x4
uint16_t config_cxl_capability(const uint8_t *config, size_t len, size_t dvsec);

/* The Device Serial Number capability (PCIe 6.0 7.9.3) */
bool config_find_serial(const uint8_t *config, size_t len, uint64_t *serial);
bool config_serial(const char *path, uint64_t *serial);

#endif /* TOOLS_CONFIG_SPACE_H */
