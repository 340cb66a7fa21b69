// SPDX-License-Identifier: GPL-2.0-only
/*
 * What devices say of their memory, true or not: size_max is the first that is
 * said, a request counts where nothing is, and what a device does not have it
 * does not commit. And of which coherence the region is. The devices, all of
 * 1 GiB, are those of tests/vm/topology/accel-sizes.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "accel_util.h"
#include "cxl_util.h"
#include "hdm_util.h"

FIXTURE(size) {
	struct snapshot before;
	char bdf[BDF_LEN];
};

/* In the order of the topology file */
FIXTURE_VARIANT(size) {
	int device;
	const char *max, *source;
	/* errors of a write of 2 GiB, and of a bind after it */
	int write, bind;
	bool host_only;
};

FIXTURE_VARIANT_ADD(size, says_nothing) {
	.device = 0, .max = "0x0", .source = "none", .bind = -EIO,
};

FIXTURE_VARIANT_ADD(size, has_a_range_alone) {
	.device = 1, .max = "0x40000000", .source = "range", .write = -ENOSPC,
};

FIXTURE_VARIANT_ADD(size, promises_too_much) {
	.device = 2, .max = "0x80000000", .source = "range", .bind = -EIO,
};

FIXTURE_VARIANT_ADD(size, hides_half) {
	.device = 3, .max = "0x20000000", .source = "cdat", .write = -ENOSPC,
};

FIXTURE_VARIANT_ADD(size, has_no_cache) {
	.device = 4, .max = "0x40000000", .source = "cdat", .write = -ENOSPC,
	.host_only = true,
};

FIXTURE_VARIANT_ADD(size, is_coherent_by_its_decoders) {
	.device = 5, .max = "0x40000000", .source = "cdat", .write = -ENOSPC,
};

FIXTURE_SETUP(size)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	snprintf(self->bdf, sizeof(self->bdf), "%s",
		 accel_bdf(variant->device));
	ASSERT_NE(0, self->bdf[0]);
}

FIXTURE_TEARDOWN(size)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

TEST_F(size, is_what_it_says)
{
	EXPECT_STREQ(variant->max, region_attr(self->bdf, "size_max"));
	EXPECT_STREQ(variant->source,
		     region_attr(self->bdf, "size_max_source"));
}

/* 512 MiB they all have, and admit to */
TEST_F(size, is_delivered_in_its_coherence)
{
	struct hdm_decoder dec;

	ASSERT_EQ(0, pci_write(self->bdf, "cxl_region/size", "512M"));
	ASSERT_EQ(0, pci_bind(self->bdf, DRIVER)) {
		TH_LOG("%s", region_attr(self->bdf, "error"));
	}
	ASSERT_EQ(1, hdm_committed(self->bdf, &dec));
	EXPECT_EQ(512 * MIB, dec.size);
	EXPECT_EQ(variant->host_only, !!(dec.ctrl & HDM_DEC_HOST_ONLY));
}

/* Of what nobody denies, the device has the last word */
TEST_F(size, is_not_more_than_there_is)
{
	EXPECT_EQ(variant->write, pci_write(self->bdf, "cxl_region/size", "2G"));
	if (variant->write)
		return;
	EXPECT_EQ(variant->bind, pci_bind(self->bdf, DRIVER));
	EXPECT_STREQ("failed", region_attr(self->bdf, "state"));
	EXPECT_TRUE(error_has(self->bdf, "0x80000000", NULL));
	EXPECT_EQ(0, hdm_committed(self->bdf, NULL));
}

int main(int argc, char **argv)
{
	need_module(DRIVER);
	if (!topology_is("accel-sizes"))
		ksft_exit_skip("for the topology accel-sizes\n");
	return test_harness_run(argc, argv);
}
