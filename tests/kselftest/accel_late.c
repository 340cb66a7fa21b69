// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that is there only some time after a reset: who touches it, through a
 * mapping or with read(), waits and gets what was there. The emulator takes an
 * access that comes too early for the fault that it is.
 *
 * For the topology accel-late.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "accel_util.h"
#include "cxl_util.h"
#include "hdm_util.h"
#include "vfio_util.h"

/* The topology says 1500, of which some pass until the clock is read */
#define LEAST_MS 1000

static char bdf[BDF_LEN];

FIXTURE(late) {
	struct vfio_dev dev;
	struct vfio_region_info *mem;
	uint8_t *map;
};

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ull + now.tv_nsec / 1000000;
}

FIXTURE_SETUP(late)
{
	self->dev.fd = -1;
	ASSERT_EQ(0, cxl_deliver(bdf, ALIGN));
	self->map = vfio_open_memory(&self->dev, bdf, &self->mem);
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_TRUE(byte_store(self->map, 0x5a));
	ASSERT_EQ(0, pci_write(bdf, "reset_method", "cxl_bus"));
}

FIXTURE_TEARDOWN(late)
{
	EXPECT_EQ(0, accel_faults(bdf));
	munmap(self->map, self->mem->size);
	vfio_close(&self->dev);
	EXPECT_EQ(0, pci_write(bdf, "reset_method", "default"));
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
}

/* The reset itself does not wait: its caller may hold locks of the PCI core */
static uint64_t reset(struct __test_metadata *_metadata)
{
	uint64_t buses = accel_read(bdf, ACCEL_RESETS_BUS), begin = now_ms();

	EXPECT_EQ(0, pci_write(bdf, "reset", "1"));
	EXPECT_EQ(buses + 1, accel_read(bdf, ACCEL_RESETS_BUS));
	EXPECT_EQ(1, hdm_committed(bdf, NULL));
	return begin;
}

TEST_F_TIMEOUT(late, a_touch_waits, 60)
{
	uint64_t begin = reset(_metadata);
	uint8_t byte = 0;

	EXPECT_TRUE(byte_load(self->map, &byte));
	EXPECT_EQ(0x5a, byte);
	EXPECT_LE(LEAST_MS, now_ms() - begin);
}

TEST_F_TIMEOUT(late, a_read_waits, 60)
{
	uint64_t begin = reset(_metadata);
	uint8_t byte = 0;

	EXPECT_EQ(1, vfio_pread(&self->dev, self->mem, &byte, 1, 0));
	EXPECT_EQ(0x5a, byte);
	EXPECT_LE(LEAST_MS, now_ms() - begin);
}

/* A function level reset takes nothing away, and so nothing waits */
TEST_F_TIMEOUT(late, not_after_a_function_level_reset, 60)
{
	uint64_t begin;
	uint8_t byte = 0;

	ASSERT_EQ(0, pci_write(bdf, "reset_method", "flr"));
	EXPECT_EQ(0, pci_write(bdf, "reset", "1"));
	begin = now_ms();
	EXPECT_TRUE(byte_load(self->map, &byte));
	EXPECT_EQ(0x5a, byte);
	EXPECT_GT(LEAST_MS, now_ms() - begin);
}

int main(int argc, char **argv)
{
	need_device(bdf);
	if (!topology_is("accel-late"))
		ksft_exit_skip("for the topology accel-late\n");
	return test_harness_run(argc, argv);
}
