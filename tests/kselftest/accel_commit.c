// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that cannot be brought to decode, and some that can: a bind fails
 * with the error that tells which, says why, and leaves nothing. The devices
 * are those of tests/vm/topology/accel-faults.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "accel_util.h"
#include "cxl_util.h"
#include "hdm_util.h"

FIXTURE(bind) {
	struct snapshot before;
	char bdf[BDF_LEN];
};

/* In the order of the topology file */
FIXTURE_VARIANT(bind) {
	int device;
	int error;
	const char *words[3];
};

FIXTURE_VARIANT_ADD(bind, commit_fails) {
	.device = 0,
	.error = -EIO,
	.words = { "decoder", "0x10000000" },
};

FIXTURE_VARIANT_ADD(bind, commit_never_ends) {
	.device = 1,
	.error = -ETIMEDOUT,
	.words = { "decoder", "0x10000000" },
};

FIXTURE_VARIANT_ADD(bind, commit_takes_5_ms) {
	.device = 2,
};

FIXTURE_VARIANT_ADD(bind, no_decoders) {
	.device = 3,
	.error = -EOPNOTSUPP,
	.words = { "no HDM decoder" },
};

FIXTURE_VARIANT_ADD(bind, no_ranges) {
	.device = 4,
	.error = -EOPNOTSUPP,
	.words = { "0 memory ranges", "HDM_Count" },
};

FIXTURE_VARIANT_ADD(bind, memory_never_active) {
	.device = 5,
	.error = -ETIMEDOUT,
	.words = { "memory", "active", "Range 1" },
};

FIXTURE_SETUP(bind)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	snprintf(self->bdf, sizeof(self->bdf), "%s",
		 accel_bdf(variant->device));
	ASSERT_NE(0, self->bdf[0]);
	ASSERT_EQ(0, pci_write(self->bdf, "cxl_region/size", "256M"));
}

FIXTURE_TEARDOWN(bind)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
	EXPECT_EQ(0, accel_faults(self->bdf));
}

TEST_F_TIMEOUT(bind, fails_as_it_should, 60)
{
	char driver[NAME_LEN];

	EXPECT_EQ(variant->error, pci_bind(self->bdf, DRIVER)) {
		TH_LOG("%s", region_attr(self->bdf, "error"));
	}
	if (!variant->error) {
		EXPECT_STREQ("committed", region_attr(self->bdf, "state"));
		EXPECT_EQ(1, hdm_committed(self->bdf, NULL));
		return;
	}
	EXPECT_STREQ("failed", region_attr(self->bdf, "state"));
	EXPECT_TRUE(error_has(self->bdf, self->bdf, NULL));
	for (int i = 0; i < 3 && variant->words[i]; i++)
		EXPECT_TRUE(error_has(self->bdf, variant->words[i], NULL));
	EXPECT_GT(0, pci_link(self->bdf, "driver", driver, sizeof(driver)));
	EXPECT_TRUE(snapshot_returns(&self->before));
}

/* A device that does not work must not keep the next one from working */
TEST_F_TIMEOUT(bind, and_the_next_device_binds, 60)
{
	const char *good = accel_bdf(2);

	pci_bind(self->bdf, DRIVER);
	EXPECT_EQ(0, pci_unbind(self->bdf));
	ASSERT_EQ(0, pci_write(good, "cxl_region/size", "256M"));
	EXPECT_EQ(0, pci_bind(good, DRIVER)) {
		TH_LOG("%s", region_attr(good, "error"));
	}
	EXPECT_EQ(1, hdm_committed(good, NULL));
}

int main(int argc, char **argv)
{
	need_module(DRIVER);
	if (!topology_is("accel-faults"))
		ksft_exit_skip("for the topology accel-faults\n");
	return test_harness_run(argc, argv);
}
