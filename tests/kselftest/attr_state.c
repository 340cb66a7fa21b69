// SPDX-License-Identifier: GPL-2.0-only
/*
 * cxl_region/state: what it says when, that poll(2) wakes on every change and
 * on nothing else, and the error and the link that go with it.
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

FIXTURE(state) {
	int fd;
};

FIXTURE_SETUP(state)
{
	ASSERT_EQ(0, cxl_reset_all());
	self->fd = state_open(bdf);
	ASSERT_LE(0, self->fd);
	ASSERT_STREQ("idle", state_read(self->fd));
}

FIXTURE_TEARDOWN(state)
{
	close(self->fd);
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_STREQ("idle", region_attr(bdf, "state"));
}

TEST_F(state, from_idle_to_committed_and_back)
{
	EXPECT_ASLEEP(self->fd);
	ASSERT_EQ(0, request("256M"));
	EXPECT_WOKEN(self->fd, "requested");
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_WOKEN(self->fd, "committed");
	EXPECT_STREQ("", region_attr(bdf, "error"));
	ASSERT_EQ(0, pci_unbind(bdf));
	EXPECT_WOKEN(self->fd, "requested");
	ASSERT_EQ(0, request("0"));
	EXPECT_WOKEN(self->fd, "idle");
}

TEST_F(state, another_reader_is_woken_too)
{
	char path[PATH_MAX];
	int other;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", self->fd);
	other = open(path, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, other);
	state_read(other);
	ASSERT_EQ(0, request("256M"));
	EXPECT_WOKEN(self->fd, "requested");
	EXPECT_WOKEN(other, "requested");
	close(other);
}

TEST_F(state, sleeps_when_nothing_changes)
{
	char text[NAME_LEN];

	EXPECT_EQ(-EINVAL, request("1M"));
	EXPECT_EQ(-ENOSPC, request("1T"));
	EXPECT_ASLEEP(self->fd);
	pci_read(bdf, "cxl_region/available", text, sizeof(text));
	pci_read(bdf, "cxl_region/size_max", text, sizeof(text));
	EXPECT_ASLEEP(self->fd);
}

TEST_F(state, a_bind_without_request_gives_no_region)
{
	char region[NAME_LEN];

	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_STREQ("idle", region_attr(bdf, "state"));
	EXPECT_STREQ("", region_attr(bdf, "error"));
	EXPECT_EQ(-ENOENT, pci_link(bdf, "cxl_region/region", region,
				    sizeof(region)));
	EXPECT_NE(0, cxl_find("mem", 0, region, sizeof(region)));
	EXPECT_EQ(-EBUSY, request("256M"));
}

TEST_F(state, the_link_is_there_with_the_region)
{
	char region[NAME_LEN];

	ASSERT_EQ(0, request("256M"));
	EXPECT_EQ(-ENOENT, pci_link(bdf, "cxl_region/region", region,
				    sizeof(region)));
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	ASSERT_LT(0, pci_link(bdf, "cxl_region/region", region,
			      sizeof(region)));
	EXPECT_EQ(0, strncmp(region, "region", 6));
	EXPECT_TRUE(cxl_exists(region));
	ASSERT_EQ(0, pci_unbind(bdf));
	EXPECT_EQ(-ENOENT, pci_link(bdf, "cxl_region/region", region,
				    sizeof(region)));
}

int main(int argc, char **argv)
{
	need_devices(devices);
	return test_harness_run(argc, argv);
}
