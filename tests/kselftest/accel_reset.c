// SPDX-License-Identifier: GPL-2.0-only
/*
 * Resets of a device that knows more than one: a function level reset leaves
 * its decoder alone, a bus reset and a CXL reset wipe it. The device counts
 * them, and the accesses that come while nothing is decoded; there must be none.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <endian.h>
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "accel_util.h"
#include "cxl_util.h"
#include "hdm_util.h"
#include "vfio_util.h"

/* CXL 3.1 8.1.3.4, 8.1.3.5 */
#define DVSEC_CTRL2	0x10
#define   CXL_RESET	0x0004
#define DVSEC_STATUS2	0x12
#define   RESET_COMPLETE	0x0002

static char bdf[BDF_LEN];

FIXTURE(reset) {
	struct vfio_dev dev;
	struct vfio_region_info *mem;
	struct hdm_decoder decoder;
	uint64_t function, bus, cxl, faults;
	uint8_t *map;
};

FIXTURE_SETUP(reset)
{
	self->dev.fd = -1;
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
	self->map = vfio_open_memory(&self->dev, bdf, &self->mem);
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_TRUE(byte_store(self->map, 0x5a));
	ASSERT_EQ(1, hdm_committed(bdf, &self->decoder));
	self->function = accel_read(bdf, ACCEL_RESETS_FUNCTION);
	self->bus = accel_read(bdf, ACCEL_RESETS_BUS);
	self->cxl = accel_read(bdf, ACCEL_RESETS_CXL);
	self->faults = accel_faults(bdf);
}

static bool decoder_is_back(FIXTURE_DATA(reset) *self)
{
	struct hdm_decoder now;

	return hdm_committed(bdf, &now) == 1 &&
	       now.base == self->decoder.base &&
	       now.size == self->decoder.size &&
	       now.ctrl == self->decoder.ctrl;
}

/* The memory of the device itself outlives every reset */
FIXTURE_TEARDOWN(reset)
{
	uint8_t byte = 0;

	EXPECT_TRUE(byte_load(self->map, &byte));
	EXPECT_EQ(0x5a, byte);
	EXPECT_TRUE(decoder_is_back(self));
	EXPECT_EQ(self->faults, accel_faults(bdf));
	munmap(self->map, self->mem->size);
	vfio_close(&self->dev);
	EXPECT_EQ(0, pci_write(bdf, "reset_method", "default"));
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
}

static void check_counts(struct __test_metadata *_metadata,
			 FIXTURE_DATA(reset) *self, int function, int bus,
			 int cxl)
{
	EXPECT_EQ(self->function + function,
		  accel_read(bdf, ACCEL_RESETS_FUNCTION));
	EXPECT_EQ(self->bus + bus, accel_read(bdf, ACCEL_RESETS_BUS));
	EXPECT_EQ(self->cxl + cxl, accel_read(bdf, ACCEL_RESETS_CXL));
}

TEST_F(reset, the_kernel_prefers_a_function_level_reset)
{
	char methods[NAME_LEN];

	ASSERT_LT(0, pci_read(bdf, "reset_method", methods, sizeof(methods)));
	EXPECT_EQ(0, strncmp(methods, "flr", 3)) {
		TH_LOG("%s", methods);
	}
	EXPECT_NE(NULL, strstr(methods, "bus"));
}

/* A write to any decoder register would have taken the memory's mapping away */
TEST_F(reset, of_the_function_by_the_user)
{
	EXPECT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
	check_counts(_metadata, self, 1, 0, 0);
	EXPECT_EQ(self->mem->size, accel_read(bdf, ACCEL_MAPPED));
}

TEST_F(reset, of_the_function_by_root)
{
	EXPECT_EQ(0, pci_write(bdf, "reset_method", "flr"));
	EXPECT_EQ(0, pci_write(bdf, "reset", "1"));
	check_counts(_metadata, self, 1, 0, 0);
	EXPECT_EQ(self->mem->size, accel_read(bdf, ACCEL_MAPPED));
}

/* Wiped, and restored before anybody gets at the memory */
TEST_F(reset, of_the_bus_by_root)
{
	EXPECT_EQ(0, pci_write(bdf, "reset_method", "cxl_bus"));
	EXPECT_EQ(0, pci_write(bdf, "reset", "1"));
	check_counts(_metadata, self, 0, 1, 0);
	EXPECT_EQ(0, accel_read(bdf, ACCEL_MAPPED));
	EXPECT_TRUE(decoder_is_back(self));
}

/* The doorbell is answered, and rings nowhere */
TEST_F(reset, of_cxl_by_the_user)
{
	unsigned int pos = vfio_find_dvsec(&self->dev, DVSEC_CXL_DEVICE);
	uint32_t status2 = 0;

	ASSERT_NE(0, pos);
	EXPECT_EQ(0, vfio_config_write(&self->dev, pos + DVSEC_CTRL2, 2,
				       CXL_RESET));
	EXPECT_EQ(0, vfio_config_read(&self->dev, pos + DVSEC_STATUS2, 2,
				      &status2));
	EXPECT_EQ(RESET_COMPLETE, status2 & RESET_COMPLETE);
	check_counts(_metadata, self, 0, 0, 0);
	EXPECT_EQ(self->mem->size, accel_read(bdf, ACCEL_MAPPED));
}

/* Past every driver; the next reset that is not, finds and restores it */
TEST_F(reset, of_cxl_by_root)
{
	unsigned int pos = vfio_find_dvsec(&self->dev, DVSEC_CXL_DEVICE);
	uint16_t ctrl2 = htole16(CXL_RESET), status2 = 0;

	ASSERT_NE(0, pos);
	ASSERT_EQ(0, pci_config_write(bdf, pos + DVSEC_CTRL2, &ctrl2, 2));
	EXPECT_EQ(0, pci_config_read(bdf, pos + DVSEC_STATUS2, &status2, 2));
	EXPECT_EQ(RESET_COMPLETE, le16toh(status2) & RESET_COMPLETE);
	check_counts(_metadata, self, 0, 0, 1);
	EXPECT_EQ(0, hdm_committed(bdf, NULL));
	EXPECT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
	EXPECT_TRUE(decoder_is_back(self));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	if (!is_accel(bdf))
		ksft_exit_skip("not the emulated accelerator\n");
	return test_harness_run(argc, argv);
}
