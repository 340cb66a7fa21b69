// SPDX-License-Identifier: GPL-2.0-only
/*
 * The accelerator works: for a VFIO user its engine copies within its memory,
 * out to memory of the user, at an IOVA that the IOMMU translates, and back.
 * Where nothing is mapped for it, it reports an error.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "accel_util.h"
#include "cxl_util.h"
#include "vfio_util.h"

#define LENGTH		(3 * MIB + 40)
#define BUFFER		(4 * MIB)
#define IOVA		0x100000000ull
#define NOWHERE		0x200000000ull
/* Places in the memory of the device */
#define HERE		0x1000ull
#define THERE		(64 * MIB + 8)

static char bdf[BDF_LEN];

FIXTURE(engine) {
	struct vfio_dev dev;
	struct vfio_region_info *mem, *regs;
	volatile uint64_t *engine;
	uint8_t *map, *buffer;
};

static void set_bus_master(const struct vfio_dev *dev, bool on)
{
	uint32_t cmd = 0;

	vfio_config_read(dev, PCI_COMMAND, 2, &cmd);
	cmd = on ? cmd | PCI_COMMAND_MASTER : cmd & ~PCI_COMMAND_MASTER;
	vfio_config_write(dev, PCI_COMMAND, 2, cmd);
}

static int map_dma(const struct vfio_dev *dev, void *buffer)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)buffer,
		.iova = IOVA,
		.size = BUFFER,
	};

	return ioctl(dev->container, VFIO_IOMMU_MAP_DMA, &map) ? -errno : 0;
}

FIXTURE_SETUP(engine)
{
	self->dev.fd = -1;
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
	self->map = vfio_open_memory(&self->dev, bdf, &self->mem);
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_EQ(0, vfio_region(&self->dev, ACCEL_BAR, &self->regs));
	self->engine = vfio_mmap(&self->dev, self->regs, 0, self->regs->size);
	ASSERT_NE(MAP_FAILED, self->engine);
	ASSERT_EQ(ACCEL_MAGIC, self->engine[ACCEL_ID / 8]);
	self->buffer = mmap(NULL, BUFFER, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, self->buffer);
	ASSERT_EQ(0, map_dma(&self->dev, self->buffer));
	set_bus_master(&self->dev, true);
}

FIXTURE_TEARDOWN(engine)
{
	munmap((void *)self->engine, self->regs->size);
	munmap(self->map, self->mem->size);
	vfio_close(&self->dev);
	munmap(self->buffer, BUFFER);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
	free(self->regs);
}

static void fill(uint8_t *p, uint32_t seed)
{
	for (size_t i = 0; i < LENGTH; i++)
		p[i] = seed + i * 7 + (i >> 12);
}

static void start(volatile uint64_t *engine, uint64_t source, uint64_t target,
		  uint64_t flags)
{
	engine[ACCEL_SOURCE / 8] = source;
	engine[ACCEL_TARGET / 8] = target;
	engine[ACCEL_LENGTH / 8] = LENGTH;
	engine[ACCEL_FLAGS / 8] = flags;
	engine[ACCEL_COMMAND / 8] = ACCEL_COPY;
}

static uint64_t copy(volatile uint64_t *engine, uint64_t source,
		     uint64_t target, uint64_t flags)
{
	start(engine, source, target, flags);
	WAIT_FOR(engine[ACCEL_STATUS / 8] & ACCEL_DONE, 10);
	return engine[ACCEL_STATUS / 8];
}

TEST_F(engine, copies_within_its_memory)
{
	fill(self->map + HERE, 1);
	memset(self->map + THERE, 0, LENGTH);
	EXPECT_EQ(ACCEL_DONE, copy(self->engine, HERE, THERE, 0));
	EXPECT_EQ(0, memcmp(self->map + HERE, self->map + THERE, LENGTH));
}

TEST_F(engine, copies_out)
{
	fill(self->map + HERE, 2);
	EXPECT_EQ(ACCEL_DONE, copy(self->engine, HERE, IOVA, ACCEL_TARGET_BUS));
	EXPECT_EQ(0, memcmp(self->map + HERE, self->buffer, LENGTH));
	EXPECT_EQ(0, self->buffer[LENGTH]);
}

TEST_F(engine, copies_in)
{
	fill(self->buffer, 3);
	memset(self->map + THERE, 0, LENGTH);
	EXPECT_EQ(ACCEL_DONE,
		  copy(self->engine, IOVA, THERE, ACCEL_SOURCE_BUS));
	EXPECT_EQ(0, memcmp(self->buffer, self->map + THERE, LENGTH));
}

TEST_F(engine, interrupts_when_it_is_done)
{
	struct pollfd pfd = { .events = POLLIN };

	pfd.fd = vfio_irq_eventfd(&self->dev, VFIO_PCI_MSI_IRQ_INDEX);
	ASSERT_LE(0, pfd.fd);
	start(self->engine, HERE, THERE, ACCEL_INTERRUPT);
	EXPECT_EQ(1, poll(&pfd, 1, 10000));
	EXPECT_EQ(ACCEL_DONE, self->engine[ACCEL_STATUS / 8]);
	close(pfd.fd);
}

/* The IOMMU lets it nowhere else, and without bus mastering nowhere */
TEST_F(engine, is_stopped_where_nothing_is_mapped)
{
	EXPECT_EQ(ACCEL_DONE | ACCEL_ERROR,
		  copy(self->engine, HERE, NOWHERE, ACCEL_TARGET_BUS));
	set_bus_master(&self->dev, false);
	EXPECT_EQ(ACCEL_DONE | ACCEL_ERROR,
		  copy(self->engine, HERE, IOVA, ACCEL_TARGET_BUS));
}

TEST_F(engine, is_reset_with_the_function)
{
	EXPECT_EQ(ACCEL_DONE, copy(self->engine, HERE, THERE, 0));
	EXPECT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
	EXPECT_EQ(0, self->engine[ACCEL_STATUS / 8]);
	EXPECT_EQ(0, self->engine[ACCEL_LENGTH / 8]);
}

int main(int argc, char **argv)
{
	need_device(bdf);
	if (!is_accel(bdf))
		ksft_exit_skip("not the emulated accelerator\n");
	return test_harness_run(argc, argv);
}
