// SPDX-License-Identifier: GPL-2.0-only
/*
 * Virtual functions have no region of their own: no cxl_region directory, and
 * the driver takes one as a plain VFIO device (topology sriov).
 */
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "vfio_util.h"

#define COUNT 2

static char physical[BDF_LEN];

/* The first device that can have as many as the tests want */
static int find_physical(void)
{
	uint64_t total;
	glob_t found;

	if (glob(SYSFS_PCI "/devices/*/sriov_totalvfs", 0, NULL, &found))
		return -ENODEV;
	*strrchr(found.gl_pathv[0], '/') = 0;
	snprintf(physical, sizeof(physical), "%s",
		 strrchr(found.gl_pathv[0], '/') + 1);
	globfree(&found);
	return pci_read_u64(physical, "sriov_totalvfs", &total) ||
	       total < COUNT ? -ENODEV : 0;
}

FIXTURE(functions) {
	char bdf[COUNT][BDF_LEN];
};

FIXTURE_SETUP(functions)
{
	char name[16];

	ASSERT_EQ(0, pci_write(physical, "sriov_drivers_autoprobe", "0"));
	ASSERT_EQ(0, pci_write_u64(physical, "sriov_numvfs", COUNT));
	for (int i = 0; i < COUNT; i++) {
		snprintf(name, sizeof(name), "virtfn%d", i);
		ASSERT_LT(0, pci_link(physical, name, self->bdf[i], BDF_LEN));
	}
}

FIXTURE_TEARDOWN(functions)
{
	for (int i = 0; i < COUNT; i++)
		pci_unbind(self->bdf[i]);
	EXPECT_EQ(0, pci_write_u64(physical, "sriov_numvfs", 0));
}

TEST_F(functions, have_no_cxl_region)
{
	char path[128];

	for (int i = 0; i < COUNT; i++) {
		snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region",
			 self->bdf[i]);
		EXPECT_EQ(-1, access(path, F_OK));
	}
}

TEST_F(functions, one_is_a_plain_vfio_device)
{
	struct vfio_device_info info;
	struct vfio_dev dev;

	ASSERT_EQ(0, pci_bind(self->bdf[0], DRIVER));
	ASSERT_EQ(0, vfio_open(&dev, self->bdf[0]));
	ASSERT_EQ(0, vfio_info(&dev, &info));
	EXPECT_NE(0, info.flags & VFIO_DEVICE_FLAGS_PCI);
	EXPECT_EQ(0, info.flags & VFIO_DEVICE_FLAGS_CXL);
	EXPECT_EQ(VFIO_PCI_NUM_REGIONS, info.num_regions);
	vfio_close(&dev);
}

int main(int argc, char **argv)
{
	need_module(DRIVER);
	need_module("nvme");
	if (find_physical())
		ksft_exit_fail_msg("no device with virtual functions\n");
	return test_harness_run(argc, argv);
}
