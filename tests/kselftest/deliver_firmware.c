// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region that firmware committed, half of the device: it is used as it is,
 * and stays as it was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"

#define FIRMWARE (512 * MIB)

static char devices[MAX_DEVICES][BDF_LEN];
static const char *const bdf = devices[0];

FIXTURE(firmware) {
	struct hdm_decoder decoder;
	struct snapshot before;
};

FIXTURE_SETUP(firmware)
{
	ASSERT_EQ(0, cxl_reset_all());
	ASSERT_EQ(1, hdm_committed(bdf, &self->decoder));
	ASSERT_EQ(FIRMWARE, self->decoder.size);
	snapshot_take(&self->before);
	/* the bridge's decoder can be seen too: iomem=relaxed */
	ASSERT_NE(NULL, strstr(self->before.text, "host bridge"));
}

FIXTURE_TEARDOWN(firmware)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
	EXPECT_STREQ("firmware", region_attr(bdf, "state"));
}

static bool same(const struct hdm_decoder *want)
{
	struct hdm_decoder now;

	return hdm_committed(bdf, &now) == 1 && now.id == want->id &&
	       now.base == want->base && now.size == want->size &&
	       now.ctrl == want->ctrl;
}

static void check_bound(struct __test_metadata *_metadata,
			const struct hdm_decoder *want)
{
	char region[NAME_LEN];
	uint64_t start, size;

	EXPECT_STREQ("firmware", region_attr(bdf, "state"));
	EXPECT_STREQ("", region_attr(bdf, "error"));
	ASSERT_LT(0, pci_link(bdf, "cxl_region/region", region,
			      sizeof(region)));
	ASSERT_EQ(1, iomem_find(region, &start, &size));
	EXPECT_EQ(want->base, start);
	EXPECT_EQ(FIRMWARE, size);
	EXPECT_TRUE(same(want));
	EXPECT_NE(0, access("/sys/bus/dax/devices/dax0.0", F_OK));
}

TEST_F(firmware, is_seen_without_a_driver)
{
	EXPECT_STREQ("firmware", region_attr(bdf, "state"));
	EXPECT_STREQ("0x0", region_attr(bdf, "size"));
	EXPECT_TRUE(same(&self->decoder));
}

TEST_F(firmware, only_its_own_size_can_be_requested)
{
	int log = log_start();

	EXPECT_EQ(-EOPNOTSUPP, pci_write(bdf, "cxl_region/size", "256M"));
	EXPECT_EQ(-EOPNOTSUPP, pci_write(bdf, "cxl_region/size", "1G"));
	EXPECT_STREQ("0x0", region_attr(bdf, "size"));
	EXPECT_EQ(0, pci_write(bdf, "cxl_region/size", "512M"));
	EXPECT_EQ(-EOPNOTSUPP, pci_write(bdf, "cxl_region/size", "256M"));
	EXPECT_STREQ("0x20000000", region_attr(bdf, "size"));
	EXPECT_STREQ("firmware", region_attr(bdf, "state"));
	/* the text and the capacity come first */
	EXPECT_EQ(-EINVAL, pci_write(bdf, "cxl_region/size", "1M"));
	EXPECT_EQ(-ENOSPC, pci_write(bdf, "cxl_region/size", "2G"));
	EXPECT_EQ(0, pci_write(bdf, "cxl_region/size", "0"));
	EXPECT_STREQ("0x0", region_attr(bdf, "size"));
	EXPECT_TRUE(log_silent(log));
}

TEST_F(firmware, is_used_without_a_request)
{
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	check_bound(_metadata, &self->decoder);
	EXPECT_EQ(-EBUSY, pci_write(bdf, "cxl_region/size", "512M"));
}

TEST_F(firmware, is_used_with_a_request_of_its_size)
{
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "512M"));
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	check_bound(_metadata, &self->decoder);
}

TEST_F_TIMEOUT(firmware, stays_over_many_binds, 60)
{
	for (int i = 0; i < 8; i++) {
		ASSERT_EQ(0, pci_bind(bdf, DRIVER)) {
			TH_LOG("round %d: %s", i, region_attr(bdf, "error"));
		}
		check_bound(_metadata, &self->decoder);
		ASSERT_EQ(0, pci_unbind(bdf));
		ASSERT_TRUE(snapshot_returns(&self->before));
	}
}

TEST_F(firmware, state_is_the_same_all_along)
{
	EXPECT_STREQ("firmware", region_attr(bdf, "state"));
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_STREQ("firmware", region_attr(bdf, "state"));
	ASSERT_EQ(0, pci_unbind(bdf));
	EXPECT_STREQ("firmware", region_attr(bdf, "state"));
}

int main(int argc, char **argv)
{
	need_devices(devices);
	if (strcmp("firmware", region_attr(bdf, "state")))
		ksft_exit_skip("firmware committed no decoder on this host\n");
	return test_harness_run(argc, argv);
}
