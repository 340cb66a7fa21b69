// SPDX-License-Identifier: GPL-2.0-only
/*
 * The memory as a dma-buf: what can be exported, that no more than the memory
 * can, and that another device loses it whenever a mapping would, and gets it
 * back.
 *
 * The other device is made up by the module cxl_dmabuf_test, which imports
 * what is written to its file and says whether it has it mapped.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "sysfs_util.h"
#include "vfio_util.h"

#define IMPORTER "/sys/kernel/debug/cxl_dmabuf_test"

static char bdf[BDF_LEN];

FIXTURE(region) {
	struct vfio_dev dev;
	struct vfio_region_info *mem;
	uint64_t size;
};

static void set_up(struct __test_metadata *_metadata,
		   FIXTURE_DATA(region) *self)
{
	self->dev.fd = -1;
	self->size = cxl_test_size();
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
	ASSERT_EQ(1, vfio_find_region(&self->dev, CXL_REGION_TYPE,
				      VFIO_REGION_SUBTYPE_CXL_MEM, &self->mem));
}

static void tear_down(struct __test_metadata *_metadata,
		      FIXTURE_DATA(region) *self)
{
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
}

FIXTURE_SETUP(region)
{
	set_up(_metadata, self);
}

FIXTURE_TEARDOWN(region)
{
	tear_down(_metadata, self);
}

static int export(FIXTURE_DATA(region) *self,
		  const struct vfio_region_dma_range *range, uint32_t nr)
{
	size_t len = sizeof(struct vfio_device_feature) +
		     sizeof(struct vfio_device_feature_dma_buf) +
		     nr * sizeof(*range);
	struct vfio_device_feature *arg = calloc(1, len);
	struct vfio_device_feature_dma_buf *buf = (void *)arg->data;
	int ret;

	arg->argsz = len;
	arg->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF;
	buf->region_index = self->mem->index;
	buf->open_flags = O_CLOEXEC | O_RDWR;
	buf->nr_ranges = nr;
	for (uint32_t i = 0; i < nr; i++)
		buf->dma_ranges[i] = range[i];
	ret = ioctl(self->dev.fd, VFIO_DEVICE_FEATURE, arg);
	ret = ret < 0 ? -errno : ret;
	free(arg);
	return ret;
}

static int export_all(FIXTURE_DATA(region) *self)
{
	struct vfio_region_dma_range all = { 0, self->size };

	return export(self, &all, 1);
}

TEST_F(region, whole)
{
	int fd = export_all(self);

	ASSERT_LE(0, fd);
	EXPECT_EQ(self->size, lseek(fd, 0, SEEK_END));
	close(fd);
}

TEST_F(region, pieces)
{
	struct vfio_region_dma_range pieces[] = {
		{ 64 * MIB, 4096 }, { 0, 2 * MIB }, { self->size - 4096, 4096 },
	};
	int fd = export(self, pieces, 3);

	ASSERT_LE(0, fd);
	EXPECT_EQ(2 * MIB + 8192, lseek(fd, 0, SEEK_END));
	close(fd);
}

TEST_F(region, no_more_than_the_memory)
{
	struct vfio_region_dma_range bad[] = {
		{ 0, self->size + 4096 }, { self->size, 4096 }, { 0, 0 },
		{ 4096, self->size }, { 1, 4096 }, { 0, 4097 },
	};
	struct vfio_region_dma_range wraps = { -4096ULL, 8192 };

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_EQ(-EINVAL, export(self, &bad[i], 1)) {
			TH_LOG("range %zu", i);
		}
	}
	EXPECT_EQ(-EOVERFLOW, export(self, &wraps, 1));
	EXPECT_EQ(-EINVAL, export(self, bad, 0));
}

/* The importer: "1 times N" says that it has it, and for the N-th time */
static int import(int fd)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", fd);
	return sysfs_write(IMPORTER, text);
}

static bool has_it(unsigned int *times)
{
	char text[32] = "";
	unsigned int mapped = 0;

	sysfs_read(IMPORTER, text, sizeof(text));
	return sscanf(text, "%u times %u", &mapped, times) == 2 && mapped;
}

/* It is told a little later, by a worker */
static bool gets_it_back(void)
{
	unsigned int times;

	for (int i = 0; i < 500; i++) {
		if (has_it(&times))
			return true;
		usleep(10000);
	}
	return false;
}

FIXTURE(import) {
	FIXTURE_DATA(region) region;
	int fd;
	unsigned int times;
};

FIXTURE_SETUP(import)
{
	set_up(_metadata, &self->region);
	self->fd = -1;
	if (module_load("cxl_dmabuf_test"))
		SKIP(return, "no module cxl_dmabuf_test");
	self->fd = export_all(&self->region);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, import(self->fd));
	ASSERT_TRUE(has_it(&self->times));
}

FIXTURE_TEARDOWN(import)
{
	import(-1);
	close(self->fd);
	tear_down(_metadata, &self->region);
}

TEST_F(import, memory_space)
{
	struct vfio_dev *dev = &self->region.dev;
	unsigned int times;
	uint32_t cmd;

	ASSERT_EQ(0, vfio_config_read(dev, PCI_COMMAND, 2, &cmd));
	ASSERT_EQ(0, vfio_config_write(dev, PCI_COMMAND, 2,
				       cmd & ~PCI_COMMAND_MEMORY));
	EXPECT_FALSE(has_it(&times));
	ASSERT_EQ(0, vfio_config_write(dev, PCI_COMMAND, 2, cmd));
	EXPECT_TRUE(gets_it_back());
}

/* Taken away and back again meanwhile: the count tells */
TEST_F(import, vfio_reset)
{
	unsigned int times;

	ASSERT_EQ(0, ioctl(self->region.dev.fd, VFIO_DEVICE_RESET));
	EXPECT_TRUE(gets_it_back());
	has_it(&times);
	EXPECT_LT(self->times, times);
}

TEST_F(import, sysfs_reset)
{
	unsigned int times;

	ASSERT_EQ(0, pci_write(bdf, "reset", "1"));
	EXPECT_TRUE(gets_it_back());
	has_it(&times);
	EXPECT_LT(self->times, times);
}

TEST_F(import, close)
{
	unsigned int times;

	vfio_close(&self->region.dev);
	EXPECT_FALSE(has_it(&times));
	ASSERT_EQ(0, vfio_open(&self->region.dev, bdf));
	EXPECT_FALSE(has_it(&times));
	EXPECT_EQ(-ENODEV, import(self->fd));
}

TEST_F(import, region_deleted)
{
	unsigned int times;

	ASSERT_EQ(0, vfio_delete_region(bdf));
	EXPECT_FALSE(has_it(&times));
	pci_write(bdf, "reset", "1");
	EXPECT_FALSE(has_it(&times));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
