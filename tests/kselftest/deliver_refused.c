// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests that no window can hold: the error of the bind, a sentence that
 * names what is in the way, and nothing left behind.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"

static char devices[MAX_DEVICES][BDF_LEN];
static const char *const bdf = devices[0];

static const struct refusal {
	const char *topology;
	int error;
	const char *words[3];
} refusals[] = {
	/* the host bridge of the device, and no window to name */
	{ "no-window", -ENXIO, { "no fixed memory window", "host bridge",
				 "pci0000:20" } },
	/* the window, what it has, what is needed */
	{ "small-window", -ERANGE, { "window decoder0.", "0x10000000",
				     "0x20000000" } },
};

static const struct refusal *refusal;

static bool find_refusal(void)
{
	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++)
		if (topology_is(refusals[i].topology))
			refusal = &refusals[i];
	return refusal;
}

FIXTURE(refused) {
	struct snapshot before;
};

FIXTURE_SETUP(refused)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
}

FIXTURE_TEARDOWN(refused)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

static bool has_driver(void)
{
	char driver[NAME_LEN];

	return pci_link(bdf, "driver", driver, sizeof(driver)) > 0;
}

TEST_F(refused, says_why_and_leaves_nothing)
{
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "512M"));
	for (int i = 0; i < 3; i++) {
		int log = log_start();

		EXPECT_EQ(refusal->error, pci_bind(bdf, DRIVER));
		EXPECT_FALSE(has_driver());
		EXPECT_STREQ("failed", region_attr(bdf, "state"));
		EXPECT_TRUE(error_has(bdf, refusal->words[0], refusal->words[1],
				      refusal->words[2], NULL));
		EXPECT_STREQ("0x20000000", region_attr(bdf, "size"));
		EXPECT_EQ(0, hdm_committed(bdf, NULL));
		EXPECT_TRUE(snapshot_returns(&self->before));
		/* a request that cannot be met is no fault of the host's */
		EXPECT_TRUE(log_silent(log));
	}
}

TEST_F(refused, what_fits_is_delivered)
{
	struct hdm_decoder dec;

	if (!topology_is("small-window"))
		SKIP(return, "nothing fits here");
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "512M"));
	EXPECT_EQ(-ERANGE, pci_bind(bdf, DRIVER));
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "256M"));
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_STREQ("committed", region_attr(bdf, "state"));
	EXPECT_STREQ("0x0", region_attr(bdf, "available"));
	ASSERT_EQ(1, hdm_committed(bdf, &dec));
	EXPECT_EQ(256 * MIB, dec.size);
	ASSERT_EQ(0, pci_unbind(bdf));
	EXPECT_STREQ("0x10000000", region_attr(bdf, "available"));
}

TEST_F(refused, without_a_request_the_driver_binds)
{
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_TRUE(has_driver());
	EXPECT_STREQ("idle", region_attr(bdf, "state"));
}

int main(int argc, char **argv)
{
	need_devices(devices);
	if (!find_refusal())
		ksft_exit_skip("for topologies no-window and small-window\n");
	return test_harness_run(argc, argv);
}
