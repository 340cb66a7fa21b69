// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: access [ROUNDS]
 *
 * A read of a decoder register, which a guest's CXL core does many of, against
 * a read of configuration space, which goes to the device. In turn.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>

#include "stats.h"
#include "sysfs_util.h"
#include "vfio_util.h"

#define READS 2000

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 21;
	struct samples decoder = { .name = "read of a decoder register" };
	struct samples config = { .name = "read of configuration space" };
	struct vfio_region_info *regs;
	char bdf[BDF_LEN];
	struct vfio_dev dev;
	uint32_t value;
	double begin;

	must(module_load(CXL_VFIO_DRIVER), CXL_VFIO_DRIVER);
	must(pci_find_cxl(bdf, sizeof(bdf)), "a CXL device");
	must(cxl_deliver(bdf, cxl_test_size()), "deliver");
	must(vfio_open(&dev, bdf), "open");
	if (vfio_find_region(&dev, CXL_REGION_TYPE,
			     VFIO_REGION_SUBTYPE_CXL_COMP_REGS, &regs) != 1)
		errx(1, "no decoder registers");
	for (int i = 0; i < rounds; i++) {
		begin = now();
		for (int n = 0; n < READS; n++)
			must(vfio_read32(&dev, regs, HDM_CTRL, &value), "read");
		samples_add(&decoder, (now() - begin) / READS);
		begin = now();
		for (int n = 0; n < READS; n++)
			must(vfio_config_read(&dev, 0, 4, &value), "config");
		samples_add(&config, (now() - begin) / READS);
	}
	samples_print(&decoder, "us", 1e6);
	samples_print(&config, "us", 1e6);
	ratio_print("decoder register / configuration space", &decoder, &config,
		    1.2);
	free(regs);
	vfio_close(&dev);
	must(cxl_withdraw(bdf), "withdraw");
	return 0;
}
