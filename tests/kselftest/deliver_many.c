// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several devices at a time: each has a region of its own, and they are
 * released in any order. Devices that share a port share its decoders, which
 * the CXL core hands out and takes back in order only.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"

static char bdf[MAX_DEVICES][BDF_LEN];
static int devices;

struct extent {
	uint64_t start, size;
};

FIXTURE(many) {
	struct snapshot before;
};

FIXTURE_SETUP(many)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, pci_write_u64(bdf[i], "cxl_region/size",
					   (1 + i % 2) * ALIGN));
	}
}

FIXTURE_TEARDOWN(many)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

static int bind(int i)
{
	int ret = pci_bind(bdf[i], DRIVER);

	if (ret)
		fprintf(stderr, "# %s: %s\n", bdf[i],
			region_attr(bdf[i], "error"));
	return ret;
}

/* Of the decoder in the hardware; size 0 where none is committed */
static struct extent extent_of(int i)
{
	struct hdm_decoder dec = {};

	if (hdm_committed(bdf[i], &dec) != 1)
		return (struct extent){};
	return (struct extent){ dec.base, dec.size };
}

static bool overlap(struct extent a, struct extent b)
{
	return a.start < b.start + b.size && b.start < a.start + a.size;
}

static void check_all(struct __test_metadata *_metadata)
{
	for (int i = 0; i < devices; i++) {
		struct extent this = extent_of(i);

		EXPECT_STREQ("committed", region_attr(bdf[i], "state"));
		EXPECT_EQ((1 + i % 2) * ALIGN, this.size);
		for (int j = 0; j < i; j++) {
			EXPECT_FALSE(overlap(this, extent_of(j))) {
				TH_LOG("%s and %s", bdf[i], bdf[j]);
			}
		}
	}
}

TEST_F(many, all_at_once)
{
	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, bind(i));
	}
	check_all(_metadata);
}

TEST_F_TIMEOUT(many, released_in_reverse, 60)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < devices; i++) {
			ASSERT_EQ(0, bind(i));
		}
		check_all(_metadata);
		for (int i = devices - 1; i >= 0; i--) {
			ASSERT_EQ(0, pci_unbind(bdf[i]));
			EXPECT_EQ(0, extent_of(i).size);
			for (int j = 0; j < i; j++) {
				EXPECT_NE(0, extent_of(j).size);
			}
		}
		EXPECT_TRUE(snapshot_returns(&self->before));
	}
}

TEST_F_TIMEOUT(many, released_in_the_order_they_came, 60)
{
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < devices; i++) {
			ASSERT_EQ(0, bind(i)) {
				TH_LOG("round %d", round);
			}
		}
		for (int i = 0; i < devices; i++) {
			ASSERT_EQ(0, pci_unbind(bdf[i]));
			EXPECT_EQ(0, extent_of(i).size);
			for (int j = i + 1; j < devices; j++) {
				EXPECT_NE(0, extent_of(j).size);
			}
		}
		EXPECT_TRUE(snapshot_returns(&self->before));
	}
}

TEST_F(many, one_does_not_disturb_the_others)
{
	struct extent last;

	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, bind(i));
	}
	last = extent_of(devices - 1);
	ASSERT_EQ(0, pci_unbind(bdf[0]));
	EXPECT_STREQ("committed", region_attr(bdf[devices - 1], "state"));
	EXPECT_EQ(last.start, extent_of(devices - 1).start);
	EXPECT_EQ(last.size, extent_of(devices - 1).size);
}

/* What is behind a bridge of its own comes and goes as it likes */
TEST_F(many, rebind_beside_a_bridge)
{
	if (topology_is("switch"))
		SKIP(return, "the devices share a port here");
	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, bind(i));
	}
	ASSERT_EQ(0, pci_unbind(bdf[0]));
	ASSERT_EQ(0, bind(0));
	check_all(_metadata);
}

/*
 * A port's decoder can be taken only above those in use. Refusing it is the
 * core's, saying it in words is ours.
 */
TEST_F_TIMEOUT(many, rebind_below_a_later_one, 60)
{
	if (!topology_is("switch"))
		SKIP(return, "the devices share no port here");
	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, bind(i));
	}
	ASSERT_EQ(0, pci_unbind(bdf[1]));
	ASSERT_EQ(-EBUSY, pci_bind(bdf[1], DRIVER));
	EXPECT_STREQ("failed", region_attr(bdf[1], "state"));
	EXPECT_TRUE(error_has(bdf[1], "port", "decoders in use", "release",
			      NULL));
	EXPECT_EQ(0, extent_of(1).size);
	for (int i = 2; i < devices; i++) {
		EXPECT_STREQ("committed", region_attr(bdf[i], "state"));
	}

	/* released, and it works again */
	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, pci_unbind(bdf[i]));
	}
	EXPECT_TRUE(snapshot_returns(&self->before));
	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, bind(i));
	}
	check_all(_metadata);
}

int main(int argc, char **argv)
{
	devices = need_devices(bdf);
	if (devices < 2)
		ksft_exit_skip("fewer than two devices\n");
	return test_harness_run(argc, argv);
}
