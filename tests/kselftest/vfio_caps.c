// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where the memory is on the host is told to who had CAP_SYS_ADMIN when the
 * device was opened, and nothing else depends on it. No bit of the decoder
 * registers can be changed, one by one.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "vfio_util.h"

#define REGS (HDM_LAST / 4 + 1)

static char bdf[BDF_LEN];

/* Of this thread, and only what is in force: it can be had back */
static int set_admin(bool on)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &head, data))
		return -errno;
	if (on)
		data[0].effective |= 1U << CAP_SYS_ADMIN;
	else
		data[0].effective &= ~(1U << CAP_SYS_ADMIN);
	return syscall(SYS_capset, &head, data) ? -errno : 0;
}

FIXTURE(region) {
	struct vfio_dev dev;
	struct vfio_region_info *regs;
};

FIXTURE_VARIANT(region) {
	bool admin;
};

FIXTURE_VARIANT_ADD(region, admin) {
	.admin = true,
};

FIXTURE_VARIANT_ADD(region, user) {
	.admin = false,
};

/* Read with the capability: what counts is the open */
FIXTURE_SETUP(region)
{
	int opened;

	self->dev.fd = -1;
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
	ASSERT_EQ(0, set_admin(variant->admin));
	opened = vfio_open(&self->dev, bdf);
	ASSERT_EQ(0, set_admin(true));
	ASSERT_EQ(0, opened);
	ASSERT_EQ(1, vfio_find_region(&self->dev, CXL_REGION_TYPE,
				      VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
				      &self->regs));
}

FIXTURE_TEARDOWN(region)
{
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->regs);
}

static uint64_t host_address(void)
{
	char name[NAME_LEN];
	uint64_t hpa;

	if (pci_link(bdf, "cxl_region/region", name, sizeof(name)) < 0 ||
	    cxl_read_u64(name, "resource", &hpa))
		return 0;
	return hpa;
}

/* Where the type of the target is the device's own, it is in no mask */
static const struct { uint32_t value, mask; } fixed[REGS] = {
	[HDM_CAP / 4]		= { 0x10, ~0U },
	[HDM_GLOBAL / 4]	= { HDM_GLOBAL_ENABLE, ~0U },
	[HDM_CTRL / 4]		= { HDM_CTRL_LOCK | HDM_CTRL_COMMIT |
				    HDM_CTRL_COMMITTED, ~0x1000U },
	[0x08 / 4] = { 0, ~0U }, [0x0c / 4] = { 0, ~0U },
	[0x24 / 4] = { 0, ~0U }, [0x28 / 4] = { 0, ~0U },
	[0x2c / 4] = { 0, ~0U },
};

TEST_F(region, base_is_the_host_address_or_nothing)
{
	uint64_t hpa = host_address();
	uint32_t low, high;

	ASSERT_NE(0, hpa);
	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_BASE_LOW, &low));
	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_BASE_HIGH, &high));
	EXPECT_EQ(variant->admin ? hpa : 0, (uint64_t)high << 32 | low);
}

TEST_F(region, the_rest_is_the_same_for_all)
{
	uint32_t value, low, high;

	for (unsigned int i = 0; i < REGS; i++) {
		ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, 4 * i, &value));
		EXPECT_EQ(fixed[i].value, value & fixed[i].mask) {
			TH_LOG("register %#x", 4 * i);
		}
	}
	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_SIZE_LOW, &low));
	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_SIZE_HIGH, &high));
	EXPECT_EQ(cxl_test_size(), (uint64_t)high << 32 | low);
}

TEST_F(region, every_bit_stays)
{
	uint32_t before, after;

	for (unsigned int bit = 0; bit < 32 * REGS; bit++) {
		unsigned int reg = bit / 32 * 4;

		ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, reg, &before));
		EXPECT_EQ(0, vfio_write32(&self->dev, self->regs, reg,
					  before ^ 1U << bit % 32));
		ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, reg, &after));
		EXPECT_EQ(before, after) {
			TH_LOG("register %#x bit %u", reg, bit % 32);
		}
	}
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
