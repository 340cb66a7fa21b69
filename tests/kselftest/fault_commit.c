// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decoders that do not commit. QEMU's devices never refuse by themselves (one
 * of ours does, see accel_commit.c), so the registers are taken away: those of
 * a switch by moving its BAR while a device below it binds; those of an
 * endpoint by writing COMMIT back to 0 as fast as can be.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"

#define ATTEMPTS 40

static char bdf[MAX_DEVICES][BDF_LEN];
static int devices;

FIXTURE(commit) {
	struct snapshot before;
};

FIXTURE_SETUP(commit)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	for (int i = 0; i < devices; i++) {
		ASSERT_EQ(0, pci_write(bdf[i], "cxl_region/size", "256M"));
	}
}

FIXTURE_TEARDOWN(commit)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

/* .../upstream port/downstream port/device in the path of the device */
static int upstream_port(const char *device, char *name, size_t size)
{
	char path[PATH_MAX], place[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/../..", device);
	if (!realpath(path, place))
		return -errno;
	snprintf(name, size, "%s", strrchr(place, '/') + 1);
	return 0;
}

static uint32_t swap_bar0(const char *device, uint32_t value)
{
	char path[PATH_MAX];
	uint32_t was = 0;
	int fd;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/config", device);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (pread(fd, &was, 4, PCI_BASE_ADDRESS_0) != 4 ||
	    pwrite(fd, &value, 4, PCI_BASE_ADDRESS_0) != 4)
		was = 0;
	close(fd);
	return was;
}

static bool is_failure(int error)
{
	return error == -ETIMEDOUT || error == -EIO;
}

/* The first device keeps the port of the switch there */
TEST_F_TIMEOUT(commit, a_switch_that_does_not, 60)
{
	struct hdm_decoder first, now;
	char port[NAME_LEN];
	uint32_t bar;

	if (!topology_is("switch"))
		SKIP(return, "no switch here");
	ASSERT_EQ(0, upstream_port(bdf[0], port, sizeof(port)));
	ASSERT_EQ(0, pci_bind(bdf[0], DRIVER));
	ASSERT_EQ(1, hdm_committed(bdf[0], &first));
	ASSERT_EQ(1, hdm_committed(port, NULL));

	bar = swap_bar0(port, 0xfff00000);
	ASSERT_NE(0, bar);
	EXPECT_TRUE(is_failure(pci_bind(bdf[1], DRIVER)));
	swap_bar0(port, bar);
	EXPECT_STREQ("failed", region_attr(bdf[1], "state"));
	EXPECT_TRUE(error_has(bdf[1], "decoder", "a port above it",
			      "0x10000000", NULL));

	/* nothing of it is left, and nothing else is gone */
	EXPECT_EQ(0, hdm_committed(bdf[1], NULL));
	EXPECT_EQ(1, hdm_committed(port, NULL));
	ASSERT_EQ(1, hdm_committed(bdf[0], &now));
	EXPECT_EQ(first.base, now.base);
	EXPECT_EQ(first.size, now.size);
	EXPECT_STREQ("committed", region_attr(bdf[0], "state"));

	ASSERT_EQ(0, pci_bind(bdf[1], DRIVER)) {
		TH_LOG("%s", region_attr(bdf[1], "error"));
	}
	EXPECT_EQ(2, hdm_committed(port, NULL));
	EXPECT_STREQ("committed", region_attr(bdf[1], "state"));
}

/* Before it all: the registers of the device answer nothing */
TEST_F(commit, a_device_that_does_not_answer)
{
	uint32_t bar = swap_bar0(bdf[0], 0xfff00000);
	char driver[NAME_LEN];
	int ret;

	ASSERT_NE(0, bar);
	ret = pci_bind(bdf[0], DRIVER);
	swap_bar0(bdf[0], bar);
	EXPECT_EQ(-EIO, ret);
	EXPECT_GT(0, pci_link(bdf[0], "driver", driver, sizeof(driver)));
	EXPECT_STREQ("failed", region_attr(bdf[0], "state"));
	EXPECT_TRUE(error_has(bdf[0], "BAR 0", bdf[0], "rescan", NULL));
	EXPECT_TRUE(snapshot_returns(&self->before));
	EXPECT_EQ(0, pci_bind(bdf[0], DRIVER));
}

static atomic_bool stop;

static void *undo_commits(void *block)
{
	volatile uint32_t *ctrl = hdm_ctrl(block, 0);

	while (!stop)
		*ctrl = 0;
	return NULL;
}

/*
 * The core reads the register once right after it wrote it, so some attempts
 * get through. What counts is what those leave behind that do not.
 */
TEST_F_TIMEOUT(commit, a_device_that_drops_it, 90)
{
	struct hdm_block block;
	pthread_t thread;
	int failed = 0;

	/* enabled by this, so that its registers can be mapped */
	ASSERT_EQ(0, pci_bind(bdf[0], DRIVER));
	ASSERT_EQ(0, pci_unbind(bdf[0]));
	ASSERT_EQ(0, hdm_map(bdf[0], true, &block));
	for (int i = 0; i < ATTEMPTS && failed < 3; i++) {
		int ret;

		stop = false;
		ASSERT_EQ(0, pthread_create(&thread, NULL, undo_commits,
					    &block));
		ret = pci_bind(bdf[0], DRIVER);
		stop = true;
		pthread_join(thread, NULL);
		if (ret) {
			failed++;
			EXPECT_TRUE(is_failure(ret)) {
				TH_LOG("bind returned %d", ret);
			}
			EXPECT_STREQ("failed", region_attr(bdf[0], "state"));
			EXPECT_TRUE(error_has(bdf[0], "decode", NULL));
		}
		ASSERT_EQ(0, pci_unbind(bdf[0]));
		EXPECT_EQ(0, hdm_committed(bdf[0], NULL));
		ASSERT_TRUE(snapshot_returns(&self->before));
	}
	hdm_unmap(&block);
	EXPECT_LT(0, failed);
	EXPECT_EQ(0, pci_bind(bdf[0], DRIVER));
	EXPECT_EQ(1, hdm_committed(bdf[0], NULL));
}

int main(int argc, char **argv)
{
	devices = need_devices(bdf);
	return test_harness_run(argc, argv);
}
