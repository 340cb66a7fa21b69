// SPDX-License-Identifier: GPL-2.0-only
/*
 * The way to a VFIO device without group and container: its own character
 * device, and an address space of iommufd. Debian's kernel has neither, so this
 * is for one of our own (tests/vm/config).
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <linux/iommufd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hard_util.h"

static char bdf[BDF_LEN];

/* .fd is the character device, .container the iommufd */
FIXTURE(cdev) {
	struct vfio_dev dev;
	uint32_t ioas;
};

/* Its name is that of the only entry of vfio-dev/ */
static int open_cdev(void)
{
	char path[PATH_MAX];
	int fd = -ENOENT;
	glob_t found;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/vfio-dev/vfio*",
		 bdf);
	if (!glob(path, 0, NULL, &found)) {
		snprintf(path, sizeof(path), "/dev/vfio/devices%s",
			 strrchr(found.gl_pathv[0], '/'));
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	globfree(&found);
	return fd;
}

static int bind_iommufd(struct vfio_dev *dev)
{
	struct vfio_device_bind_iommufd bind = {
		.argsz = sizeof(bind), .iommufd = dev->container,
	};

	return ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind) ? -errno : 0;
}

static int attach(struct vfio_dev *dev, uint32_t *ioas)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	struct vfio_device_attach_iommufd_pt to = { .argsz = sizeof(to) };

	if (ioctl(dev->container, IOMMU_IOAS_ALLOC, &alloc))
		return -errno;
	*ioas = alloc.out_ioas_id;
	to.pt_id = alloc.out_ioas_id;
	return ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &to) ? -errno : 0;
}

FIXTURE_SETUP(cdev)
{
	self->dev = (struct vfio_dev){ -1, -1, -1 };
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
	self->dev.container = open("/dev/iommu", O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, self->dev.container);
	self->dev.fd = open_cdev();
	ASSERT_LE(0, self->dev.fd);
	ASSERT_EQ(0, bind_iommufd(&self->dev));
	ASSERT_EQ(0, attach(&self->dev, &self->ioas));
}

FIXTURE_TEARDOWN(cdev)
{
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
}

TEST_F(cdev, memory_as_by_a_group)
{
	struct vfio_device_info info;
	struct hard_memory memory;

	ASSERT_EQ(0, vfio_info(&self->dev, &info));
	EXPECT_TRUE(info.flags & VFIO_DEVICE_FLAGS_CXL);
	ASSERT_TRUE(hard_map(&self->dev, &memory));
	EXPECT_EQ(cxl_test_size(), memory.size);
	EXPECT_TRUE(hard_touch(&memory));
	EXPECT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
	EXPECT_TRUE(hard_touch(&memory));
	EXPECT_TRUE(hard_is_whole(bdf));
	hard_unmap(&memory);
}

/* What is open by one way is not open by the other */
TEST_F(cdev, group_is_refused_meanwhile)
{
	struct vfio_dev other;

	EXPECT_GT(0, vfio_open(&other, bdf));
	vfio_close(&self->dev);
	EXPECT_EQ(0, vfio_open(&other, bdf));
	vfio_close(&other);
}

TEST_F(cdev, memory_is_empty_for_the_next_user)
{
	struct hard_memory memory;
	uint8_t byte = 0;

	ASSERT_TRUE(hard_map(&self->dev, &memory));
	ASSERT_TRUE(byte_store(memory.map, 0x5a));
	hard_unmap(&memory);
	vfio_close(&self->dev);

	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
	ASSERT_TRUE(hard_map(&self->dev, &memory));
	ASSERT_TRUE(byte_load(memory.map, &byte));
	EXPECT_EQ(0, byte);
	hard_unmap(&memory);
}

int main(int argc, char **argv)
{
	need_device(bdf);
	module_load("iommufd");
	if (access("/dev/iommu", R_OK))
		ksft_exit_skip("this kernel has no iommufd\n");
	return test_harness_run(argc, argv);
}
