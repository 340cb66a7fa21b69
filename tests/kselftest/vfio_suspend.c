// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host does not sleep (S3) while a region is bound: the kernel refuses it
 * where a CXL memdev is active. Only then, as far as the freezer, which is
 * where the second test has it stop.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "vfio_util.h"

#define STATE "/sys/power/state"
#define PM_TEST "/sys/power/pm_test"
#define MEM_SLEEP "/sys/power/mem_sleep"

static char bdf[BDF_LEN];

FIXTURE(region) {
	struct vfio_dev dev;
	struct vfio_region_info *mem;
	uint8_t *map;
};

FIXTURE_SETUP(region)
{
	char modes[64] = "";

	self->dev.fd = -1;
	if (sysfs_read(MEM_SLEEP, modes, sizeof(modes)) < 0 ||
	    !strstr(modes, "deep"))
		SKIP(return, "this host cannot sleep");
	ASSERT_EQ(0, sysfs_write(MEM_SLEEP, "deep"));
	ASSERT_EQ(0, sysfs_write(PM_TEST, "freezer"));
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
	self->map = vfio_open_memory(&self->dev, bdf, &self->mem);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(region)
{
	if (!self->mem)
		return;
	munmap(self->map, self->mem->size);
	sysfs_write(PM_TEST, "none");
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
}

TEST_F(region, sleep_is_refused)
{
	uint8_t byte = 0;

	ASSERT_TRUE(byte_store(self->map, 0x3c));
	EXPECT_EQ(-EPERM, sysfs_write(STATE, "mem"));
	EXPECT_TRUE(byte_load(self->map, &byte));
	EXPECT_EQ(0x3c, byte);
	EXPECT_TRUE(byte_store(self->map, 0x3d));
	EXPECT_STREQ("committed", region_attr(bdf, "state"));
}

TEST_F(region, sleep_is_not_refused_without)
{
	vfio_close(&self->dev);
	munmap(self->map, self->mem->size);
	ASSERT_EQ(0, cxl_withdraw(bdf));
	EXPECT_EQ(0, sysfs_write(STATE, "mem"));
	ASSERT_EQ(0, cxl_deliver(bdf, self->mem->size));
	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
	self->map = vfio_mmap(&self->dev, self->mem, 0, self->mem->size);
	ASSERT_NE(MAP_FAILED, self->map);
	EXPECT_TRUE(byte_store(self->map, 1));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
