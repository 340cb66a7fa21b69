// SPDX-License-Identifier: GPL-2.0-only
/* Whatever a broken device answers, the walk ends, and within what was read */
#include "config_space.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	size_t dvsec;
	uint64_t serial;
	uint8_t *config;

	if (len > CONFIG_SPACE)
		return 0;
	config = malloc(len ? len : 1);
	if (!config)
		abort();
	memcpy(config, data, len);
	dvsec = config_find_dvsec(config, len);
	if (dvsec && (dvsec < 0x100 || dvsec + 12 > len))
		abort();
	if (dvsec)
		config_cxl_capability(config, len, dvsec);
	config_find_serial(config, len, &serial);
	free(config);
	return 0;
}
