// SPDX-License-Identifier: GPL-2.0-only
/*
 * A region that goes away under its driver: by the CXL's own files root can
 * delete it, or unbind what it hangs on. The state says so, no decoder is left
 * behind, and after unbind and rebind all is well again.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"

#define CXL_DRIVERS SYSFS_CXL "/drivers"
#define MEMDEV_UNBIND CXL_DRIVERS "/cxl_mem/unbind"
#define CXL_ACPI "/sys/bus/platform/drivers/cxl_acpi"

static char devices[MAX_DEVICES][BDF_LEN];
static const char *const bdf = devices[0];

FIXTURE(loss) {
	struct snapshot before;
	char region[NAME_LEN], object[NAME_LEN];
	int fd;
};

FIXTURE_VARIANT(loss) {
	/* the object is the n-th on the bus with this name, or a fixed one */
	const char *prefix, *fixed;
	const char *file;
	/* where it has to be written for all to be as before */
	const char *undo;
	const char *word;
	/* the region is still there, but nobody's to use */
	bool stays;
};

FIXTURE_VARIANT_ADD(loss, region_deleted) {
	.prefix = "region",
	.word = "deleted",
};

FIXTURE_VARIANT_ADD(loss, region_unbound) {
	.prefix = "region",
	.file = CXL_DRIVERS "/cxl_region/unbind",
	.word = "disabled",
	.stays = true,
};

FIXTURE_VARIANT_ADD(loss, memdev_unbound) {
	.prefix = "mem",
	.file = MEMDEV_UNBIND,
	.word = "disabled",
};

FIXTURE_VARIANT_ADD(loss, endpoint_unbound) {
	.prefix = "endpoint",
	.file = CXL_DRIVERS "/cxl_port/unbind",
	.word = "disabled",
};

FIXTURE_VARIANT_ADD(loss, bridge_port_unbound) {
	.prefix = "port",
	.file = CXL_DRIVERS "/cxl_port/unbind",
	.undo = CXL_DRIVERS "/cxl_port/bind",
	.word = "disabled",
};

FIXTURE_VARIANT_ADD(loss, cxl_acpi_unbound) {
	.fixed = "ACPI0017:00",
	.file = CXL_ACPI "/unbind",
	.undo = CXL_ACPI "/bind",
	.word = "d",
};

static int open_state(void)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region/state",
		 bdf);
	return open(path, O_RDONLY | O_CLOEXEC);
}

FIXTURE_SETUP(loss)
{
	char state[NAME_LEN];

	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "512M"));
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	ASSERT_LT(0, pci_link(bdf, "cxl_region/region", self->region,
			      sizeof(self->region)));
	if (variant->fixed) {
		strcpy(self->object, variant->fixed);
	} else {
		ASSERT_EQ(0, cxl_find(variant->prefix, 0, self->object,
				      sizeof(self->object)));
	}
	self->fd = open_state();
	ASSERT_LT(0, read(self->fd, state, sizeof(state)));
}

FIXTURE_TEARDOWN(loss)
{
	close(self->fd);
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

static int delete_region(const char *region)
{
	char window[PATH_MAX], path[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS_CXL "/devices/%s/..", region);
	if (!realpath(path, window))
		return -errno;
	snprintf(path, sizeof(path), "%.4000s/delete_region", window);
	return sysfs_write(path, region);
}

static int lose(const char *file, const char *object)
{
	return file ? sysfs_write(file, object) : delete_region(object);
}

static bool is_woken(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLPRI };

	return poll(&poll_fd, 1, 3000 * slowness()) == 1;
}

static bool has_driver(void)
{
	char driver[NAME_LEN];

	return pci_link(bdf, "driver", driver, sizeof(driver)) > 0;
}

TEST_F(loss, is_said_and_undone)
{
	if (variant->file && access(variant->file, F_OK))
		SKIP(return, "nobody can unbind it here");
	ASSERT_EQ(0, lose(variant->file, self->object));
	EXPECT_TRUE(is_woken(self->fd));
	EXPECT_TRUE(WAIT_FOR(!strcmp("failed", region_attr(bdf, "state")), 3));
	EXPECT_TRUE(error_has(bdf, "was", variant->word, "while a driver",
			      NULL));
	EXPECT_TRUE(WAIT_FOR(hdm_committed(bdf, NULL) == variant->stays, 3));
	/* who uses the device keeps it, without the memory */
	EXPECT_TRUE(has_driver());
	EXPECT_EQ(-EBUSY, pci_write(bdf, "cxl_region/size", "256M"));

	ASSERT_EQ(0, pci_unbind(bdf));
	if (variant->undo) {
		ASSERT_EQ(0, sysfs_write(variant->undo, self->object));
	}
	EXPECT_TRUE(snapshot_returns(&self->before));
	EXPECT_STREQ("0x20000000", region_attr(bdf, "size"));

	ASSERT_EQ(0, pci_bind(bdf, DRIVER)) {
		TH_LOG("%s", region_attr(bdf, "error"));
	}
	EXPECT_STREQ("committed", region_attr(bdf, "state"));
	EXPECT_STREQ("", region_attr(bdf, "error"));
	EXPECT_EQ(1, hdm_committed(bdf, NULL));
}

TEST_F(loss, of_what_is_unused_is_no_loss)
{
	ASSERT_EQ(0, pci_unbind(bdf));
	EXPECT_TRUE(snapshot_returns(&self->before));
	EXPECT_GT(0, delete_region(self->region));
	EXPECT_STREQ("requested", region_attr(bdf, "state"));
}

/*
 * Neither the core's write to the decoder gets through then, nor a look at it:
 * what is left behind would count as firmware's.
 */
TEST(region_deleted_while_memory_space_is_off)
{
	char region[NAME_LEN];

	ASSERT_EQ(0, cxl_reset_all());
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "512M"));
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	ASSERT_LT(0, pci_link(bdf, "cxl_region/region", region,
			      sizeof(region)));
	pci_memory_space(bdf, false);
	EXPECT_EQ(0, delete_region(region));
	pci_memory_space(bdf, true);
	EXPECT_EQ(1, hdm_committed(bdf, NULL));

	pci_memory_space(bdf, false);
	EXPECT_EQ(0, pci_unbind(bdf));
	EXPECT_FALSE(pci_memory_space(bdf, true));
	EXPECT_EQ(0, hdm_committed(bdf, NULL));
	EXPECT_EQ(0, pci_write(bdf, "cxl_region/size", "256M"));
	EXPECT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_EQ(0, cxl_reset_all());
}

/*
 * As when the function is in reset while the core lets go of its endpoint, see
 * docs/kernel-findings/mem-enable-lost.md: Mem_Enable would count as firmware's.
 */
TEST(mem_enable_left_behind)
{
	char memdev[NAME_LEN];

	ASSERT_EQ(0, cxl_reset_all());
	EXPECT_FALSE(pci_mem_enable(bdf, false));
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "512M"));
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_TRUE(pci_mem_enable(bdf, true));
	ASSERT_EQ(0, cxl_find("mem", 0, memdev, sizeof(memdev)));
	if (access(MEMDEV_UNBIND, F_OK)) {
		EXPECT_EQ(0, cxl_reset_all());
		SKIP(return, "nobody can unbind a memdev here");
	}
	ASSERT_EQ(0, sysfs_write(MEMDEV_UNBIND, memdev));
	EXPECT_FALSE(pci_mem_enable(bdf, true));

	EXPECT_EQ(0, pci_unbind(bdf));
	EXPECT_FALSE(pci_mem_enable(bdf, false));
	EXPECT_EQ(0, pci_bind(bdf, DRIVER)) {
		TH_LOG("%s", region_attr(bdf, "error"));
	}
	EXPECT_EQ(0, cxl_reset_all());
}

TEST(no_windows_without_cxl_acpi)
{
	ASSERT_EQ(0, cxl_reset_all());
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "512M"));
	ASSERT_EQ(0, sysfs_write(CXL_ACPI "/unbind", "ACPI0017:00"));
	EXPECT_STREQ("0x0", region_attr(bdf, "available"));
	EXPECT_EQ(-ENXIO, pci_bind(bdf, DRIVER));
	EXPECT_TRUE(error_has(bdf, "ACPI0017:00", "cxl_acpi", NULL));
	ASSERT_EQ(0, sysfs_write(CXL_ACPI "/bind", "ACPI0017:00"));
	EXPECT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_EQ(0, cxl_reset_all());
}

int main(int argc, char **argv)
{
	need_devices(devices);
	return test_harness_run(argc, argv);
}
