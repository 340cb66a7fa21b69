// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each step of a delivery fails in turn: of our own steps, of what is written
 * to the CXL core and read from it. The bind says why, nothing is left, and the
 * next one succeeds. The same for the decoder after a reset.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "fault_util.h"
#include "hard_util.h"
#include "hdm_util.h"

#define FUNCTION(name) "cxl_presize:" name

static char devices[MAX_DEVICES][BDF_LEN];
static const char *const bdf = devices[0];

FIXTURE(steps) {
	struct snapshot before;
};

FIXTURE_SETUP(steps)
{
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	ASSERT_EQ(0, pci_write_u64(bdf, "cxl_region/size", 256 * MIB));
}

FIXTURE_TEARDOWN(steps)
{
	fault_function_end();
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
	snapshot_free(&self->before);
}

/*
 * @steps: how often a delivery calls it at least, or it is not what fails
 * @said: a word of what cxl_region/error has to say; NULL for any
 */
FIXTURE_VARIANT(steps) {
	const char *function;
	int error;
	int steps;
	const char *said;
};

FIXTURE_VARIANT_ADD(steps, own) {
	.function = FUNCTION("take_step"),
	.error = -EIO,
	.steps = 10,
};

FIXTURE_VARIANT_ADD(steps, own_out_of_memory) {
	.function = FUNCTION("take_step"),
	.error = -ENOMEM,
	.steps = 10,
};

FIXTURE_VARIANT_ADD(steps, core_written) {
	.function = FUNCTION("cxl_core_write"),
	.error = -EBUSY,
	.steps = 8,
};

FIXTURE_VARIANT_ADD(steps, core_written_no_device) {
	.function = FUNCTION("cxl_core_write"),
	.error = -ENXIO,
	.steps = 8,
};

FIXTURE_VARIANT_ADD(steps, core_read) {
	.function = FUNCTION("cxl_core_show"),
	.error = -EIO,
	.steps = 8,
	.said = "-EIO",
};

FIXTURE_VARIANT_ADD(steps, memdev_owned) {
	.function = FUNCTION("cxl_core_claim_memdev"),
	.error = -EPROTO,
	.steps = 1,
};

FIXTURE_VARIANT_ADD(steps, region_locked) {
	.function = FUNCTION("cxl_core_lock_region"),
	.error = -EPROTO,
	.steps = 1,
};

FIXTURE_VARIANT_ADD(steps, decoders_found) {
	.function = FUNCTION("presize_hdm_find"),
	.error = -ENODEV,
	.steps = 1,
};

/* Some failures are made good by another try: then all has to be there */
static bool failed_or_whole(struct snapshot *before, int ret, const char *said)
{
	char driver[NAME_LEN];
	bool is_bound = pci_link(bdf, "driver", driver, sizeof(driver)) > 0;

	if (!ret)
		return is_bound && hard_is_whole(bdf);
	if (is_bound || strcmp(region_attr(bdf, "state"), "failed"))
		return hard_wrong("bind: %d, state %s", ret,
				  region_attr(bdf, "state"));
	printf("#     %d: %s\n", ret, region_attr(bdf, "error"));
	return strlen(region_attr(bdf, "error")) > 20 &&
	       error_has(bdf, said, NULL) && snapshot_returns(before);
}

static bool bind_once_more(void)
{
	int ret = pci_bind(bdf, DRIVER);
	bool whole = !ret && hard_is_whole(bdf);

	return (!pci_unbind(bdf) && whole) ||
	       hard_wrong("the next bind: %d, %s", ret,
			  region_attr(bdf, "error"));
}

TEST_F_TIMEOUT(steps, each_fails_in_turn, 300)
{
	int n = 0, ret;
	bool failed;

	do {
		ASSERT_EQ(0, fault_function(variant->function, n + 1,
					    variant->error));
		ret = pci_bind(bdf, DRIVER);
		failed = fault_function_end();
		ASSERT_TRUE(failed_or_whole(&self->before, ret,
					    variant->said)) {
			TH_LOG("%s, call %d", variant->function, n + 1);
		}
		ASSERT_EQ(0, pci_unbind(bdf));
		ASSERT_TRUE(bind_once_more());
		n += failed;
	} while (failed);
	EXPECT_LE(variant->steps, n);
	TH_LOG("%d calls of %s failed in turn", n, variant->function);
}

FIXTURE(after_reset) {
	struct vfio_dev dev;
	struct hard_memory memory;
};

FIXTURE_SETUP(after_reset)
{
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_deliver(bdf, 256 * MIB));
	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
	ASSERT_TRUE(hard_map(&self->dev, &self->memory));
	ASSERT_TRUE(hard_touch(&self->memory));
}

FIXTURE_TEARDOWN(after_reset)
{
	fault_function_end();
	hard_unmap(&self->memory);
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
}

/* Nobody gets at memory whose decoder is not known to be good */
TEST_F(after_reset, decoder_is_not_restored)
{
	ASSERT_EQ(0, fault_function(FUNCTION("presize_hdm_commit"), 1, -EBUSY));
	ioctl(self->dev.fd, VFIO_DEVICE_RESET);
	EXPECT_TRUE(fault_function_end());
	EXPECT_FALSE(hard_touch(&self->memory));
	EXPECT_STREQ("failed", region_attr(bdf, "state"));
	EXPECT_TRUE(error_has(bdf, "cannot be restored", NULL));

	EXPECT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
	EXPECT_TRUE(hard_touch(&self->memory));
	EXPECT_TRUE(hard_is_whole(bdf));
}

int main(int argc, char **argv)
{
	int ret = fault_setup();

	if (ret)
		ksft_exit_fail_msg("no fault injection: %s\n", strerror(-ret));
	need_devices(devices);
	return test_harness_run(argc, argv);
}
