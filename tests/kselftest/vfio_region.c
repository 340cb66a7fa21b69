// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a VFIO user sees of a region of a requested size: the flag, the two
 * regions, the memory, the decoder registers.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "hdm_util.h"
#include "sysfs_util.h"
#include "vfio_util.h"

static char bdf[BDF_LEN];

static uint32_t pattern(uint64_t offset)
{
	return 0xc0ffee00u ^ (uint32_t)(offset >> 12);
}

/* First and last word, and one in every 2 MiB */
static bool next_probe(uint64_t *offset, uint64_t size)
{
	if (*offset == size - 4)
		return false;
	*offset += 2 * MIB;
	if (*offset >= size)
		*offset = size - 4;
	return true;
}

FIXTURE(region) {
	struct vfio_dev dev;
	struct vfio_region_info *mem, *regs;
	uint64_t size;
	char *map;
};

FIXTURE_SETUP(region)
{
	self->dev.fd = -1;
	self->size = cxl_test_size();
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
	ASSERT_EQ(1, vfio_find_region(&self->dev, CXL_REGION_TYPE,
				      VFIO_REGION_SUBTYPE_CXL_MEM, &self->mem));
	ASSERT_EQ(1, vfio_find_region(&self->dev, CXL_REGION_TYPE,
				      VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
				      &self->regs));
	self->map = vfio_mmap(&self->dev, self->mem, 0, self->size);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(region)
{
	munmap(self->map, self->size);
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
	free(self->regs);
}

TEST_F(region, flags)
{
	struct vfio_device_info info;

	ASSERT_EQ(0, vfio_info(&self->dev, &info));
	EXPECT_NE(0, info.flags & VFIO_DEVICE_FLAGS_PCI);
	EXPECT_NE(0, info.flags & VFIO_DEVICE_FLAGS_CXL);
	EXPECT_EQ(VFIO_PCI_NUM_REGIONS + 2, info.num_regions);
}

TEST_F(region, memory_has_the_size_asked_for)
{
	EXPECT_EQ(self->size, self->mem->size);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		  VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
		  self->mem->flags);
}

TEST_F(region, registers_say_where_they_are)
{
	const struct vfio_region_info_cap_cxl_comp_regs *cap;
	struct vfio_region_info *bar;

	EXPECT_EQ(HDM_LAST + 4, self->regs->size);
	EXPECT_EQ(VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
		  VFIO_REGION_INFO_FLAG_CAPS, self->regs->flags);

	cap = vfio_region_cap(self->regs, VFIO_REGION_INFO_CAP_CXL_COMP_REGS);
	ASSERT_NE(NULL, cap);
	EXPECT_EQ(0, cap->reserved);
	ASSERT_GE(VFIO_PCI_BAR5_REGION_INDEX, cap->bar);
	ASSERT_EQ(0, vfio_region(&self->dev, cap->bar, &bar));
	EXPECT_LE(cap->offset + self->regs->size, bar->size);
	free(bar);
}

TEST_F(region, every_2mib_holds_what_was_written)
{
	uint64_t offset = 0;
	uint32_t value;

	do {
		*(uint32_t *)(self->map + offset) = pattern(offset);
	} while (next_probe(&offset, self->size));

	offset = 0;
	do {
		ASSERT_EQ(pattern(offset), *(uint32_t *)(self->map + offset));
		ASSERT_EQ(4, vfio_pread(&self->dev, self->mem, &value, 4,
					offset));
		ASSERT_EQ(pattern(offset), value);
	} while (next_probe(&offset, self->size));
}

/* Of a length and at an offset that nothing is aligned to */
TEST_F(region, pwrite_shows_in_the_mapping)
{
	static char out[20011], in[sizeof(out)];
	uint64_t offset = self->size - sizeof(out) - 3;

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + 1;
	ASSERT_EQ(sizeof(out), vfio_pwrite(&self->dev, self->mem, out,
					   sizeof(out), offset));
	EXPECT_EQ(0, memcmp(self->map + offset, out, sizeof(out)));
	ASSERT_EQ(sizeof(in), vfio_pread(&self->dev, self->mem, in, sizeof(in),
					 offset));
	EXPECT_EQ(0, memcmp(in, out, sizeof(out)));
}

/* The buffer of the pread() faults while the region is being read */
TEST_F(region, pread_into_the_mapping)
{
	memset(self->map, 0x5a, 16384);
	ASSERT_EQ(16384, vfio_pread(&self->dev, self->mem, self->map + 16 * MIB,
				    16384, 0));
	EXPECT_EQ(0, memcmp(self->map, self->map + 16 * MIB, 16384));
}

TEST_F(region, access_ends_at_the_end)
{
	char buf[64] = "";

	EXPECT_EQ(10, vfio_pread(&self->dev, self->mem, buf, 64,
				 self->size - 10));
	EXPECT_EQ(10, vfio_pwrite(&self->dev, self->mem, buf, 64,
				  self->size - 10));
	EXPECT_EQ(0, vfio_pread(&self->dev, self->mem, buf, 64, self->size));
	EXPECT_EQ(-1, vfio_pwrite(&self->dev, self->mem, buf, 64, self->size));
	EXPECT_EQ(EINVAL, errno);
}

/* Two large pages and the first page of each would be 2; small ones, 1024 */
TEST_F(region, faults_take_large_pages)
{
	struct rusage before, after;

	ASSERT_EQ(0, getrusage(RUSAGE_SELF, &before));
	for (size_t i = 0; i < 4 * MIB; i += 4096)
		self->map[i] = 1;
	ASSERT_EQ(0, getrusage(RUSAGE_SELF, &after));
	EXPECT_GT(64, after.ru_minflt - before.ru_minflt);
}

static int try_mmap(struct vfio_dev *dev, uint64_t offset, size_t len,
		    int flags)
{
	void *map = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, dev->fd,
			 offset);

	if (map == MAP_FAILED)
		return errno;
	munmap(map, len);
	return 0;
}

TEST_F(region, mmap_bounds)
{
	uint64_t start = self->mem->offset, end = start + self->size;

	EXPECT_EQ(EINVAL, try_mmap(&self->dev, start, 4096, MAP_PRIVATE));
	EXPECT_EQ(0, try_mmap(&self->dev, end - 4096, 4096, MAP_SHARED));
	EXPECT_EQ(EINVAL, try_mmap(&self->dev, end - 4096, 8192, MAP_SHARED));
	EXPECT_EQ(EINVAL, try_mmap(&self->dev, end, 4096, MAP_SHARED));
	EXPECT_EQ(EINVAL, try_mmap(&self->dev, start, self->size + 4096,
				   MAP_SHARED));
	EXPECT_EQ(EINVAL, try_mmap(&self->dev, self->regs->offset, 4096,
				   MAP_SHARED));
}

TEST_F(region, partial_mmap_begins_where_it_says)
{
	uint64_t offset = 3 * MIB + 4096;
	char *part;

	part = vfio_mmap(&self->dev, self->mem, offset, 8192);
	ASSERT_NE(MAP_FAILED, part);
	strcpy(part, "here");
	EXPECT_STREQ("here", self->map + offset);
	munmap(part, 8192);
}

TEST_F(region, decoder_is_committed_and_locked)
{
	uint32_t cap, global, ctrl, low, high;

	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_CAP, &cap));
	EXPECT_EQ(0, cap & HDM_CAP_COUNT);
	EXPECT_EQ(0, cap & HDM_CAP_INTERLEAVE);
	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_GLOBAL, &global));
	EXPECT_EQ(HDM_GLOBAL_ENABLE, global);

	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_CTRL, &ctrl));
	EXPECT_NE(0, ctrl & HDM_CTRL_COMMITTED);
	EXPECT_NE(0, ctrl & HDM_CTRL_COMMIT);
	EXPECT_NE(0, ctrl & HDM_CTRL_LOCK);
	EXPECT_EQ(0, ctrl & (HDM_CTRL_ERROR | HDM_CTRL_INTERLEAVE));
	EXPECT_EQ(!pci_has_cxl_cache(bdf), !!(ctrl & HDM_CTRL_HOST_ONLY));

	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_SIZE_LOW, &low));
	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_SIZE_HIGH, &high));
	EXPECT_EQ(self->size, (uint64_t)high << 32 | low);
}

TEST_F(region, decoder_base_is_for_the_privileged)
{
	uint32_t low, high;

	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_BASE_LOW, &low));
	ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, HDM_BASE_HIGH, &high));
	EXPECT_NE(0, (uint64_t)high << 32 | low);
	EXPECT_EQ(0, low & 0x0fffffff);
}

TEST_F(region, decoder_absorbs_writes)
{
	uint32_t before, after;

	for (unsigned int reg = 0; reg <= HDM_LAST; reg += 4) {
		ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, reg, &before));
		EXPECT_EQ(0, vfio_write32(&self->dev, self->regs, reg, ~before));
		ASSERT_EQ(0, vfio_read32(&self->dev, self->regs, reg, &after));
		EXPECT_EQ(before, after) {
			TH_LOG("register %#x", reg);
		}
	}
	self->map[0] = 1;
}

TEST_F(region, decoder_wants_aligned_dwords)
{
	static const struct { uint64_t offset; size_t len; } bad[] = {
		{ 0, 1 }, { 0, 2 }, { 0, 3 }, { 1, 4 }, { 2, 4 }, { 3, 1 },
		{ 0, 8 }, { HDM_LAST + 4, 4 }, { HDM_LAST + 2, 4 }, { 4096, 4 },
	};
	char buf[8] = "";

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		EXPECT_EQ(-1, vfio_pread(&self->dev, self->regs, buf,
					 bad[i].len, bad[i].offset));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, vfio_pwrite(&self->dev, self->regs, buf,
					  bad[i].len, bad[i].offset));
		EXPECT_EQ(EINVAL, errno);
	}
}

TEST_F(region, mapping_is_good_for_dma)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)self->map,
		.iova = 1ULL << 32,
		.size = self->size,
	};
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = map.iova,
		.size = map.size,
	};

	ASSERT_EQ(0, ioctl(self->dev.container, VFIO_IOMMU_MAP_DMA, &map));
	EXPECT_EQ(0, ioctl(self->dev.container, VFIO_IOMMU_UNMAP_DMA, &unmap));
	EXPECT_EQ(self->size, unmap.size);
}

TEST_F(region, a_bound_device_keeps_the_module)
{
	EXPECT_EQ(-1, syscall(SYS_delete_module, "cxl_vfio_pci", O_NONBLOCK));
	EXPECT_EQ(EWOULDBLOCK, errno);
}

FIXTURE(plain) {
	struct vfio_dev dev;
};

FIXTURE_SETUP(plain)
{
	self->dev.fd = -1;
	ASSERT_EQ(0, cxl_deliver(bdf, 0));
	ASSERT_EQ(0, vfio_open(&self->dev, bdf));
}

FIXTURE_TEARDOWN(plain)
{
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
}

TEST_F(plain, is_a_vfio_pci_device)
{
	struct vfio_region_info *info;
	struct vfio_device_info device;

	ASSERT_EQ(0, vfio_info(&self->dev, &device));
	EXPECT_NE(0, device.flags & VFIO_DEVICE_FLAGS_PCI);
	EXPECT_EQ(0, device.flags & VFIO_DEVICE_FLAGS_CXL);
	EXPECT_EQ(VFIO_PCI_NUM_REGIONS, device.num_regions);
	for (uint32_t subtype = 0; subtype < 4; subtype++)
		EXPECT_EQ(0, vfio_find_region(&self->dev, CXL_REGION_TYPE,
					      subtype, &info));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
