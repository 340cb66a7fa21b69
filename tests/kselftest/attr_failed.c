// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxl_region/state and error after a bind that failed: how long they stay, and
 * what makes them go. For a host that has no room for 512 MiB.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"

static char devices[MAX_DEVICES][BDF_LEN];
static const char *const bdf = devices[0];

static int request(const char *size)
{
	return pci_write(bdf, "cxl_region/size", size);
}

FIXTURE(failing) {
	int fd;
};

FIXTURE_SETUP(failing)
{
	ASSERT_EQ(0, cxl_reset_all());
	ASSERT_EQ(0, request("512M"));
	self->fd = state_open(bdf);
	ASSERT_STREQ("requested", state_read(self->fd));
	EXPECT_GT(0, pci_bind(bdf, DRIVER));
	EXPECT_WOKEN(self->fd, "failed");
	EXPECT_TRUE(error_has(bdf, " ", NULL));
	EXPECT_STREQ("0x20000000", region_attr(bdf, "size"));
}

FIXTURE_TEARDOWN(failing)
{
	EXPECT_EQ(0, cxl_reset_all());
	close(self->fd);
}

TEST_F(failing, stays_until_the_next_attempt)
{
	EXPECT_EQ(0, pci_unbind(bdf));
	EXPECT_ASLEEP(self->fd);
	EXPECT_STREQ("failed", region_attr(bdf, "state"));
	EXPECT_EQ(-EINVAL, request("1M"));
	EXPECT_STREQ("failed", region_attr(bdf, "state"));
	EXPECT_TRUE(error_has(bdf, " ", NULL));
}

TEST_F(failing, a_new_request_forgets_it)
{
	ASSERT_EQ(0, request("256M"));
	EXPECT_WOKEN(self->fd, "requested");
	EXPECT_STREQ("", region_attr(bdf, "error"));
}

TEST_F(failing, no_request_forgets_it)
{
	ASSERT_EQ(0, request("0"));
	EXPECT_WOKEN(self->fd, "idle");
	EXPECT_STREQ("", region_attr(bdf, "error"));
}

TEST_F(failing, a_bind_that_works_forgets_it)
{
	if (topology_is("no-window"))
		SKIP(return, "no region can be had here");
	ASSERT_EQ(0, request("256M"));
	EXPECT_WOKEN(self->fd, "requested");
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_WOKEN(self->fd, "committed");
	EXPECT_STREQ("", region_attr(bdf, "error"));
}

int main(int argc, char **argv)
{
	uint64_t available;

	need_devices(devices);
	if (pci_read_u64(bdf, "cxl_region/available", &available))
		ksft_exit_fail_msg("%s does not tell what is available\n", bdf);
	if (available >= 512 * MIB)
		ksft_exit_skip("the windows of this host have room\n");
	return test_harness_run(argc, argv);
}
