// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the emulator has seen: no access, in all that was run on this host so
 * far, to an address that no decoder decodes. And that it sees one.
 *
 * To be run last. CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "accel_util.h"
#include "cxl_util.h"
#include "hdm_util.h"
#include "vfio_util.h"

static char bdf[BDF_LEN];

FIXTURE(region) {
	struct vfio_dev dev;
	struct vfio_region_info *mem;
	uint8_t *map;
};

FIXTURE_SETUP(region)
{
	self->dev.fd = -1;
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
	self->map = vfio_open_memory(&self->dev, bdf, &self->mem);
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_TRUE(byte_store(self->map, 0x5a));
}

FIXTURE_TEARDOWN(region)
{
	munmap(self->map, self->mem->size);
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
}

TEST(no_wrong_access_so_far)
{
	EXPECT_EQ(0, accel_faults(bdf)) {
		TH_LOG("the last at %#lx", accel_read(bdf, ACCEL_FAULT_LAST));
	}
}

/* All of it, and not what was touched alone */
TEST_F(region, is_mapped_directly)
{
	EXPECT_EQ(self->mem->size, accel_read(bdf, ACCEL_MAPPED));
}

/* Behind the back of everybody: this is what must not happen otherwise */
TEST_F(region, a_wrong_access_is_seen)
{
	uint64_t reads = accel_read(bdf, ACCEL_FAULT_READS);
	uint64_t writes = accel_read(bdf, ACCEL_FAULT_WRITES);
	struct hdm_decoder dec;
	struct hdm_block block;
	uint8_t byte = 0;

	ASSERT_EQ(1, hdm_committed(bdf, &dec));
	if (dec.ctrl & HDM_DEC_LOCK)
		SKIP(return, "the decoder is locked");
	ASSERT_EQ(0, hdm_map(bdf, true, &block));
	*hdm_ctrl(&block, dec.id) = 0;
	EXPECT_EQ(0, accel_read(bdf, ACCEL_MAPPED));
	EXPECT_TRUE(byte_load(self->map + 8, &byte));
	EXPECT_EQ(0xff, byte);
	EXPECT_EQ(reads + 1, accel_read(bdf, ACCEL_FAULT_READS));
	EXPECT_EQ(dec.base + 8, accel_read(bdf, ACCEL_FAULT_LAST));
	EXPECT_TRUE(byte_store(self->map, 0xa5));
	EXPECT_EQ(writes + 1, accel_read(bdf, ACCEL_FAULT_WRITES));

	*hdm_ctrl(&block, dec.id) = dec.ctrl & ~HDM_DEC_COMMITTED;
	EXPECT_TRUE(byte_load(self->map, &byte));
	EXPECT_EQ(0x5a, byte);
	EXPECT_EQ(reads + writes + 2, accel_faults(bdf));
	hdm_unmap(&block);
}

int main(int argc, char **argv)
{
	need_device(bdf);
	if (!is_accel(bdf))
		ksft_exit_skip("not the emulated accelerator\n");
	return test_harness_run(argc, argv);
}
