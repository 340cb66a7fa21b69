// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device is pulled out without a word while a user has its memory mapped:
 * the user gets SIGBUS, the host goes on, and nothing is left of the region.
 * The other device on this host is not concerned.
 *
 * Needs QEMU's monitor (tests/vm/run --monitor) and the topology accel-two.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "accel_util.h"
#include "cxl_util.h"
#include "hdm_util.h"
#include "monitor_util.h"
#include "vfio_util.h"

#define PULL "qom-set /machine/peripheral/d0 pulled true"

static char bdf[MAX_DEVICES][BDF_LEN];

static bool is_there(const char *device)
{
	char path[128];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s", device);
	return !access(path, F_OK);
}

FIXTURE(host) {
};

FIXTURE_SETUP(host)
{
}

FIXTURE_TEARDOWN(host)
{
}

TEST_F_TIMEOUT(host, pulled_while_mapped, 90)
{
	struct vfio_region_info *mem;
	struct vfio_dev dev;
	uint64_t start, size;
	uint8_t *map, byte;

	ASSERT_EQ(0, cxl_deliver(bdf[1], ALIGN));
	ASSERT_EQ(0, cxl_deliver(bdf[0], ALIGN));
	map = vfio_open_memory(&dev, bdf[0], &mem);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_TRUE(byte_store(map, 1));

	ASSERT_EQ(0, monitor_say(PULL));
	EXPECT_TRUE(WAIT_FOR(!byte_load(map, &byte), 20)) {
		TH_LOG("still mapped: %s", monitor_answer());
	}
	EXPECT_FALSE(byte_load(map + mem->size - 1, &byte));
	EXPECT_EQ(-1, vfio_pread(&dev, mem, &byte, 1, 0));
	munmap(map, mem->size);
	vfio_close(&dev);
	EXPECT_TRUE(WAIT_FOR(!is_there(bdf[0]), 10));

	EXPECT_EQ(1, hdm_committed(bdf[1], NULL));
	EXPECT_STREQ("committed", region_attr(bdf[1], "state"));
	EXPECT_EQ(1, iomem_find("region0", &start, &size) +
		     iomem_find("region1", &start, &size));
	EXPECT_EQ(0, cxl_withdraw(bdf[1]));
	free(mem);
}

int main(int argc, char **argv)
{
	if (!monitor_is_there())
		ksft_exit_skip("no monitor of the emulator\n");
	if (need_devices(bdf) != 2 || !is_accel(bdf[0]))
		ksft_exit_fail_msg("not two accelerators\n");
	return test_harness_run(argc, argv);
}
