// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device reports an error that it cannot correct: its user is told, and
 * has the memory as before.
 *
 * Needs QEMU's monitor (tests/vm/run --monitor) and a device d0.
 */
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "monitor_util.h"
#include "vfio_util.h"

#define ERROR "pcie_aer_inject_error d0 COMP_TIME"

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
}

FIXTURE_TEARDOWN(region)
{
	munmap(self->map, self->mem->size);
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
}

TEST_F(region, error_reaches_the_user)
{
	struct pollfd error = { .events = POLLIN };
	uint8_t byte = 0;

	ASSERT_TRUE(byte_store(self->map, 0x66));
	error.fd = vfio_irq_eventfd(&self->dev, VFIO_PCI_ERR_IRQ_INDEX);
	ASSERT_LE(0, error.fd);
	ASSERT_EQ(0, monitor_say(ERROR));
	EXPECT_EQ(1, poll(&error, 1, 10000 * slowness())) {
		TH_LOG("%s", monitor_answer());
	}
	EXPECT_TRUE(byte_load(self->map, &byte));
	EXPECT_EQ(0x66, byte);
	EXPECT_STREQ("committed", region_attr(bdf, "state"));
	close(error.fd);
}

int main(int argc, char **argv)
{
	if (!monitor_is_there())
		ksft_exit_skip("no monitor of the emulator\n");
	need_device(bdf);
	return test_harness_run(argc, argv);
}
