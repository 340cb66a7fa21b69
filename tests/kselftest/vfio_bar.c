// SPDX-License-Identifier: GPL-2.0-only
/*
 * The BAR with the component registers: the HDM decoders in it are out of
 * reach whichever way, and all else in it is within reach.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "sysfs_util.h"
#include "vfio_util.h"

/* CXL.cache and CXL.mem registers, CXL 3.1 8.2.4: they begin with a header */
#define CM_SIZE		0x1000
#define CM_CAP_HEADER	0x1000
#define CM_CAP_HDM	5

/* Register locator DVSEC, CXL 3.1 8.1.9: its blocks, and the one wanted here */
#define DVSEC_LOCATOR		8
#define LOCATOR_BLOCKS		0x0c
#define LOCATOR_COMPONENT	1

static char bdf[BDF_LEN];

FIXTURE(bar) {
	struct vfio_dev dev;
	struct vfio_region_info *regs, *bar;
	const struct vfio_region_info_cap_cxl_comp_regs *place;
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	uint64_t page;
};

FIXTURE_SETUP(bar)
{
	self->regs = self->bar = NULL;
	self->dev.fd = -1;
	self->page = sysconf(_SC_PAGESIZE);
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
	ASSERT_EQ(1, vfio_find_region(&self->dev, CXL_REGION_TYPE,
				      VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
				      &self->regs));
	self->place = vfio_region_cap(self->regs,
				      VFIO_REGION_INFO_CAP_CXL_COMP_REGS);
	ASSERT_NE(NULL, self->place);
	ASSERT_EQ(0, vfio_region(&self->dev, self->place->bar, &self->bar));
	self->sparse = vfio_region_cap(self->bar,
				       VFIO_REGION_INFO_CAP_SPARSE_MMAP);
}

FIXTURE_TEARDOWN(bar)
{
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->regs);
	free(self->bar);
}

static int try_mmap(FIXTURE_DATA(bar) *self, uint64_t offset, size_t len)
{
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED,
			 self->dev.fd, self->bar->offset + offset);

	if (map == MAP_FAILED)
		return errno;
	munmap(map, len);
	return 0;
}

static bool is_advertised(FIXTURE_DATA(bar) *self, uint64_t offset)
{
	for (unsigned int i = 0; i < self->sparse->nr_areas; i++)
		if (offset >= self->sparse->areas[i].offset &&
		    offset - self->sparse->areas[i].offset <
		    self->sparse->areas[i].size)
			return true;
	return false;
}

/* Every page of the BAR is either advertised and maps, or neither */
TEST_F(bar, each_page_maps_as_advertised)
{
	uint64_t first, last;

	if (!self->sparse) {
		EXPECT_EQ(0, self->bar->flags & VFIO_REGION_INFO_FLAG_MMAP);
		SKIP(return, "the decoders are all over the BAR");
	}
	EXPECT_NE(0, self->bar->flags & VFIO_REGION_INFO_FLAG_MMAP);

	for (uint64_t at = 0; at < self->bar->size; at += self->page) {
		EXPECT_EQ(is_advertised(self, at) ? 0 : EINVAL,
			  try_mmap(self, at, self->page)) {
			TH_LOG("offset %#lx", (unsigned long)at);
		}
	}

	first = self->place->offset;
	last = first + self->regs->size - 1;
	EXPECT_FALSE(is_advertised(self, first));
	EXPECT_FALSE(is_advertised(self, last));
}

TEST_F(bar, each_area_maps_whole)
{
	volatile uint32_t *map;

	for (unsigned int i = 0; self->sparse && i < self->sparse->nr_areas; i++) {
		map = mmap(NULL, self->sparse->areas[i].size, PROT_READ,
			   MAP_SHARED, self->dev.fd,
			   self->bar->offset + self->sparse->areas[i].offset);
		ASSERT_NE(MAP_FAILED, map);
		(void)*map;
		munmap((void *)map, self->sparse->areas[i].size);
	}
}

TEST_F(bar, no_mapping_reaches_the_decoders)
{
	uint64_t page = self->place->offset / self->page * self->page;

	EXPECT_EQ(EINVAL, try_mmap(self, 0, self->bar->size));
	EXPECT_EQ(EINVAL, try_mmap(self, page, self->page));
	EXPECT_EQ(EINVAL, try_mmap(self, page, self->bar->size - page));
	EXPECT_EQ(EINVAL, try_mmap(self, 0, page + self->page));
	EXPECT_EQ(EINVAL, try_mmap(self, self->bar->size, self->page));
}

static uint32_t config32(FIXTURE_DATA(bar) *self, unsigned int reg)
{
	uint32_t value = 0;

	vfio_config_read(&self->dev, reg, 4, &value);
	return value;
}

/* Where the locator that the guest sees has the component registers */
static bool locate_component(FIXTURE_DATA(bar) *self, unsigned int *bar,
			     uint64_t *offset)
{
	unsigned int dvsec = vfio_find_dvsec(&self->dev, DVSEC_LOCATOR);
	unsigned int end = dvsec + (config32(self, dvsec + 4) >> 20);

	for (unsigned int at = dvsec + LOCATOR_BLOCKS; at + 8 <= end; at += 8) {
		uint32_t low = config32(self, at);

		if ((low >> 8 & 0xff) != LOCATOR_COMPONENT)
			continue;
		*bar = low & 7;
		*offset = (uint64_t)config32(self, at + 4) << 32 |
			  (low & 0xffff0000);
		return dvsec;
	}
	return false;
}

/* The HDM decoder capability in a component block of the BAR, or 0 */
static uint64_t locate_hdm(FIXTURE_DATA(bar) *self, uint64_t component)
{
	uint64_t array = component + CM_CAP_HEADER;
	uint32_t head = 0, cap;

	vfio_read32(&self->dev, self->bar, array, &head);
	for (unsigned int i = 1; i <= head >> 24; i++)
		if (!vfio_read32(&self->dev, self->bar, array + 4 * i, &cap) &&
		    (cap & 0xffff) == CM_CAP_HDM)
			return array + (cap >> 20);
	return 0;
}

/* The way of a guest's CXL core: locator, capability array, decoders */
TEST_F(bar, the_locator_leads_to_the_registers)
{
	uint64_t component = 0, hdm;
	unsigned int bar = -1;
	uint32_t ctrl = 0;

	ASSERT_TRUE(locate_component(self, &bar, &component));
	ASSERT_EQ(self->place->bar, bar);
	hdm = locate_hdm(self, component);
	EXPECT_EQ(self->place->offset, hdm);
	ASSERT_EQ(0, vfio_read32(&self->dev, self->bar, hdm + HDM_CTRL, &ctrl));
	EXPECT_EQ(HDM_CTRL_LOCK | HDM_CTRL_COMMITTED,
		  ctrl & (HDM_CTRL_LOCK | HDM_CTRL_COMMITTED));
}

TEST_F(bar, same_registers_as_the_region)
{
	uint32_t here, there;

	for (unsigned int reg = 0; reg <= HDM_LAST; reg += 4) {
		ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, reg, &there));
		ASSERT_EQ(0, vfio_read32(&self->dev, self->bar,
					 self->place->offset + reg, &here));
		EXPECT_EQ(there, here) {
			TH_LOG("register %#x", reg);
		}
	}
}

/* Also of 8 bytes, and from outside into the decoders */
TEST_F(bar, longer_accesses_are_dwords)
{
	uint64_t offset = self->place->offset;
	uint32_t one[6], all[6];

	for (int i = 0; i < 6; i++)
		ASSERT_EQ(0, vfio_read32(&self->dev, self->bar,
					 offset - 8 + 4 * i, &one[i]));
	ASSERT_EQ(24, vfio_pread(&self->dev, self->bar, all, 24, offset - 8));
	EXPECT_EQ(0, memcmp(one, all, 24));
	ASSERT_EQ(8, vfio_pread(&self->dev, self->bar, all, 8, offset));
	EXPECT_EQ(0, memcmp(one + 2, all, 8));
	ASSERT_EQ(8, vfio_pread(&self->dev, self->bar, all, 8, offset + 4));
	EXPECT_EQ(0, memcmp(one + 3, all, 8));
}

TEST_F(bar, odd_accesses_are_refused)
{
	static const struct { unsigned int reg; size_t len; } bad[] = {
		{ 0, 1 }, { 0, 2 }, { 2, 2 }, { 1, 4 }, { 2, 4 }, { 4, 6 },
		{ HDM_CTRL + 1, 1 },
	};
	char buf[8] = "";

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		uint64_t at = self->place->offset + bad[i].reg;

		EXPECT_EQ(-1, vfio_pread(&self->dev, self->bar, buf,
					 bad[i].len, at));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, vfio_pwrite(&self->dev, self->bar, buf,
					  bad[i].len, at));
		EXPECT_EQ(EINVAL, errno);
	}
}

TEST_F(bar, writes_do_not_reach_the_device)
{
	uint32_t zero[12] = { 0 }, before, after;
	uint64_t ctrl = self->place->offset + HDM_CTRL;

	ASSERT_EQ(0, vfio_read32(&self->dev, self->bar, ctrl, &before));
	EXPECT_EQ(0, vfio_write32(&self->dev, self->bar, ctrl, 0));
	EXPECT_EQ(sizeof(zero), vfio_pwrite(&self->dev, self->bar, zero,
					    sizeof(zero),
					    self->place->offset));
	ASSERT_EQ(0, vfio_read32(&self->dev, self->bar, ctrl, &after));
	EXPECT_EQ(before, after);
	EXPECT_EQ(1, hw_decoder_committed(bdf, self->place->bar,
					  self->place->offset, cxl_test_size()));
}

/* Id 1 is that of the header, which goes before the decoders in their page */
static int read_header(FIXTURE_DATA(bar) *self, uint32_t *header)
{
	return vfio_read32(&self->dev, self->bar,
			   self->place->offset / CM_SIZE * CM_SIZE, header);
}

TEST_F(bar, the_rest_is_the_device)
{
	uint32_t header;

	ASSERT_EQ(0, read_header(self, &header));
	EXPECT_EQ(1, header & 0xffff);
}

TEST_F(bar, access_ends_at_the_end)
{
	char buf[16];

	EXPECT_EQ(4, vfio_pread(&self->dev, self->bar, buf, 16,
				self->bar->size - 4));
	EXPECT_EQ(-1, vfio_pread(&self->dev, self->bar, buf, 4,
				 self->bar->size));
	EXPECT_EQ(EINVAL, errno);
}

TEST_F(bar, memory_space)
{
	uint32_t cmd, header;

	ASSERT_EQ(0, vfio_config_read(&self->dev, PCI_COMMAND, 2, &cmd));
	ASSERT_EQ(0, vfio_config_write(&self->dev, PCI_COMMAND, 2,
				       cmd & ~PCI_COMMAND_MEMORY));
	EXPECT_EQ(-EIO, read_header(self, &header));
	ASSERT_EQ(0, vfio_config_write(&self->dev, PCI_COMMAND, 2, cmd));
	EXPECT_EQ(0, read_header(self, &header));
}

TEST_F(bar, no_ioeventfd_on_the_decoders)
{
	struct vfio_device_ioeventfd arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_IOEVENTFD_32,
		.offset = self->bar->offset + self->place->offset + HDM_CTRL,
		.fd = eventfd(0, EFD_CLOEXEC),
	};

	ASSERT_LE(0, arg.fd);
	EXPECT_NE(0, ioctl(self->dev.fd, VFIO_DEVICE_IOEVENTFD, &arg));
	close(arg.fd);
}

/* Headers older than Linux 6.19 do not know of it */
#ifdef VFIO_DEVICE_FEATURE_DMA_BUF
TEST_F(bar, no_dmabuf_of_the_decoders)
{
	char buf[sizeof(struct vfio_device_feature) +
		 sizeof(struct vfio_device_feature_dma_buf) +
		 sizeof(struct vfio_region_dma_range)] = "";
	struct vfio_device_feature *feature = (void *)buf;
	struct vfio_device_feature_dma_buf *dma = (void *)feature->data;

	feature->argsz = sizeof(buf);
	feature->flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_DMA_BUF;
	dma->region_index = self->place->bar;
	dma->nr_ranges = 1;
	dma->dma_ranges[0].offset =
		self->place->offset / self->page * self->page;
	dma->dma_ranges[0].length = self->page;
	EXPECT_EQ(-1, ioctl(self->dev.fd, VFIO_DEVICE_FEATURE, feature));
}
#endif

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
