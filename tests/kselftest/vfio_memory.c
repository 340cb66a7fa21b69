// SPDX-License-Identifier: GPL-2.0-only
/*
 * The mapping of the memory as a VMM uses it: how many faults it takes, how it
 * follows mremap() and fork(), DMA, read() and write() of odd lengths, and a
 * page that is broken.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "sysfs_util.h"
#include "vfio_util.h"

#define PAGE 4096UL
#define PMD (2 * MIB)
#define HARD_OFFLINE "/sys/devices/system/memory/hard_offline_page"

static char bdf[BDF_LEN];

FIXTURE(region) {
	struct vfio_dev dev;
	struct vfio_region_info *mem;
	uint64_t size;
	char *map;
};

FIXTURE_SETUP(region)
{
	self->dev.fd = -1;
	self->size = cxl_test_size();
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	self->map = vfio_open_memory(&self->dev, bdf, &self->mem);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(region)
{
	munmap(self->map, self->size);
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt;
}

/* A byte of every step; returns how many faults that took */
static long touch(char *map, size_t len, size_t step)
{
	long before = faults();

	for (size_t i = 0; i < len; i += step)
		*(volatile char *)(map + i) = 1;
	return faults() - before;
}

/* Now and then the process has a fault of its own: the least of three counts */
TEST_F(region, faults_are_as_few_as_large_pages)
{
	long least = self->size;

	for (int round = 0; round < 3; round++) {
		long count = touch(self->map, self->size, PAGE);

		if (count < least)
			least = count;
		munmap(self->map, self->size);
		self->map = vfio_mmap(&self->dev, self->mem, 0, self->size);
		ASSERT_NE(MAP_FAILED, self->map);
	}
	EXPECT_GE(self->size / PMD, least);
	EXPECT_LT(0, least);
}

/* The same memory where no large page fits: the count is not a matter of luck */
TEST_F(region, faults_are_small_where_nothing_is_aligned)
{
	char *area, *odd;

	area = mmap(NULL, 8 * PMD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		    0);
	ASSERT_NE(MAP_FAILED, area);
	odd = (char *)(((uintptr_t)area + PMD) / PMD * PMD + PAGE);
	odd = mmap(odd, 4 * PMD, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		   self->dev.fd, self->mem->offset);
	ASSERT_NE(MAP_FAILED, odd);
	EXPECT_EQ(4 * PMD / PAGE, touch(odd, 4 * PMD, PAGE));
	munmap(area, 8 * PMD);
}

/* A part at an offset, aligned alike: large pages except at the ends */
TEST_F(region, faults_of_a_part)
{
	size_t len = 4 * PMD;
	char *part = vfio_mmap(&self->dev, self->mem, PMD - PAGE, len);

	ASSERT_NE(MAP_FAILED, part);
	EXPECT_EQ(3 + 1 + (PMD - PAGE) / PAGE, touch(part, len, PAGE));
	strcpy(part + PAGE, "at 2 MiB");
	EXPECT_STREQ("at 2 MiB", self->map + PMD);
	munmap(part, len);
}

TEST_F(region, mremap_moves_and_shrinks)
{
	char *place, *moved;

	place = mmap(NULL, 4 * PMD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		     0);
	ASSERT_NE(MAP_FAILED, place);
	moved = vfio_mmap(&self->dev, self->mem, 3 * PMD, PMD);
	ASSERT_NE(MAP_FAILED, moved);
	strcpy(moved + PAGE, "moved");
	moved = mremap(moved, PMD, PMD, MREMAP_MAYMOVE | MREMAP_FIXED, place);
	ASSERT_EQ(place, moved);
	EXPECT_STREQ("moved", moved + PAGE);

	ASSERT_EQ(moved, mremap(moved, PMD, 2 * PAGE, 0));
	EXPECT_STREQ("moved", moved + PAGE);
	EXPECT_STREQ("moved", self->map + 3 * PMD + PAGE);
	/* A mapping of a device does not grow into what nobody checked */
	EXPECT_EQ(MAP_FAILED, mremap(moved, 2 * PAGE, PMD, MREMAP_MAYMOVE));
	EXPECT_EQ(EFAULT, errno);
	munmap(place, 4 * PMD);
}

TEST_F(region, mprotect_holds)
{
	uint8_t byte = 0;

	self->map[0] = 0x33;
	ASSERT_EQ(0, mprotect(self->map, PAGE, PROT_READ));
	EXPECT_TRUE(byte_load((uint8_t *)self->map, &byte));
	EXPECT_EQ(0x33, byte);
	ASSERT_EQ(0, mprotect(self->map, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_TRUE(byte_store((uint8_t *)self->map, 0x34));
}

/* No copy on write: parent and child have the same memory */
TEST_F(region, fork_shares)
{
	volatile char *map = self->map;
	int status;
	pid_t pid;

	map[0] = 1;
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		if (map[0] != 1)
			_exit(1);
		map[0] = 2;
		map[PMD] = 3;
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(2, map[0]);
	EXPECT_EQ(3, map[PMD]);
}

/* Every length around a page at every offset around one, up to the end */
TEST_F(region, odd_reads_and_writes)
{
	static const int near[] = { 1, 2, 3, 7, 4095, 4096, 4097, 12289 };
	static char out[12289], in[12289];

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 31 + 7;
	for (size_t l = 0; l < sizeof(near) / sizeof(*near); l++) {
		for (size_t o = 0; o < sizeof(near) / sizeof(*near); o++) {
			uint64_t at = self->size - near[l] - near[o] + 1;

			memset(in, 0, sizeof(in));
			ASSERT_EQ(near[l], vfio_pwrite(&self->dev, self->mem,
						       out, near[l], at));
			ASSERT_EQ(near[l], vfio_pread(&self->dev, self->mem,
						      in, near[l], at));
			ASSERT_EQ(0, memcmp(in, out, near[l]));
			ASSERT_EQ(0, memcmp(self->map + at, out, near[l]));
		}
	}
}

TEST_F(region, a_bad_buffer_is_a_fault)
{
	EXPECT_EQ(-1, vfio_pread(&self->dev, self->mem, (void *)PAGE, 8, 0));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, vfio_pwrite(&self->dev, self->mem, (void *)PAGE, 8, 0));
	EXPECT_EQ(EFAULT, errno);
}

/* Whole, in part and again: pages that are pinned are given back */
TEST_F(region, dma_map_and_unmap)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.iova = 1ULL << 32,
	};

	for (uint64_t offset = 0; offset < 3 * PAGE; offset += PAGE) {
		struct vfio_iommu_type1_dma_unmap unmap = {
			.argsz = sizeof(unmap),
			.iova = map.iova,
			.size = self->size - offset,
		};

		map.vaddr = (uintptr_t)self->map + offset;
		map.size = self->size - offset;
		ASSERT_EQ(0, ioctl(self->dev.container, VFIO_IOMMU_MAP_DMA,
				   &map));
		ASSERT_EQ(0, ioctl(self->dev.container, VFIO_IOMMU_UNMAP_DMA,
				   &unmap));
		EXPECT_EQ(map.size, unmap.size);
	}
}

static sigjmp_buf poisoned;
static volatile void *where;
static volatile int code;

static void on_sigbus(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	where = info->si_addr;
	code = info->si_code;
	siglongjmp(poisoned, 1);
}

/* /proc/self/pagemap has no frame numbers for such a mapping: sysfs has */
static uint64_t first_pfn(void)
{
	uint64_t start = 0;
	char region[32], path[128], text[32];

	if (pci_link(bdf, "cxl_region/region", region, sizeof(region)) < 0)
		return 0;
	snprintf(path, sizeof(path), "/sys/bus/cxl/devices/%s/resource",
		 region);
	if (sysfs_read(path, text, sizeof(text)) > 0)
		start = strtoull(text, NULL, 0);
	return start / PAGE;
}

/*
 * The kernel is told of a broken page, as firmware would tell it. The user of
 * that page hears which of its addresses it is, and the kernel survives.
 */
TEST_F(region, a_broken_page_is_told_to_its_user)
{
	uint64_t offset = 5 * PMD + 3 * PAGE;
	volatile char *page = self->map + offset;
	struct sigaction act = {
		.sa_sigaction = on_sigbus,
		.sa_flags = SA_SIGINFO,
	};
	char text[32];

	if (access(HARD_OFFLINE, W_OK))
		SKIP(return, "a kernel without memory_failure()");
	page[0] = 1;
	page[PMD] = 2;
	snprintf(text, sizeof(text), "%#llx",
		 (unsigned long long)(first_pfn() * PAGE + offset));
	ASSERT_EQ(0, sigaction(SIGBUS, &act, NULL));
	if (!sigsetjmp(poisoned, 1)) {
		EXPECT_EQ(0, sysfs_write(HARD_OFFLINE, text));
		usleep(100000);
	}
	EXPECT_EQ((uintptr_t)page, (uintptr_t)where);
	EXPECT_TRUE(code == BUS_MCEERR_AR || code == BUS_MCEERR_AO);
	EXPECT_EQ(2, page[PMD]);
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
