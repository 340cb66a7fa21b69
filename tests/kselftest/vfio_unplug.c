// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device is pulled while a user has it, and put back.
 *
 * Needs QEMU's monitor (tests/vm/run --monitor) and a device d0 in a port p0.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "monitor_util.h"
#include "vfio_util.h"

/* QEMU does not let go of the memory of the old device: this has its own */
#define MEMORY "object_add memory-backend-ram,id=d0-again,size=1G"
#define ADD "device_add cxl-type3,id=d0,bus=p0,volatile-memdev=d0-again,sn=1"

static char bdf[BDF_LEN];

static bool is_there(void)
{
	char path[128];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region", bdf);
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

TEST_F_TIMEOUT(host, pulled_while_mapped_and_put_back, 90)
{
	struct vfio_region_info *mem;
	struct pollfd request = { .events = POLLIN };
	struct vfio_dev dev;
	uint64_t size;
	uint8_t *map;

	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_deliver(bdf, ALIGN));
	map = vfio_open_memory(&dev, bdf, &mem);
	ASSERT_NE(MAP_FAILED, map);
	EXPECT_TRUE(byte_store(map, 1));
	request.fd = vfio_irq_eventfd(&dev, VFIO_PCI_REQ_IRQ_INDEX);
	ASSERT_LE(0, request.fd);

	ASSERT_EQ(0, monitor_say("device_del d0"));
	EXPECT_EQ(1, poll(&request, 1, 15000 * slowness())) {
		TH_LOG("the user is not asked to let go");
	}
	munmap(map, mem->size);
	vfio_close(&dev);
	ASSERT_TRUE(WAIT_FOR(!is_there(), 10));

	ASSERT_EQ(0, monitor_say(MEMORY));
	/* The slot takes a second to let go of the old one, and 5 for a new */
	for (int i = 0; i < 4 && !is_there(); i++) {
		ASSERT_EQ(0, monitor_say(ADD));
		WAIT_FOR(is_there(), 7);
	}
	ASSERT_TRUE(is_there()) {
		TH_LOG("%s", monitor_answer());
	}
	EXPECT_EQ(0, pci_read_u64(bdf, "cxl_region/size", &size));
	EXPECT_EQ(0, size);
	EXPECT_STREQ("idle", region_attr(bdf, "state"));
	EXPECT_EQ(0, cxl_deliver(bdf, ALIGN));
	EXPECT_EQ(0, cxl_withdraw(bdf));
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
	free(mem);
}

int main(int argc, char **argv)
{
	if (!monitor_is_there())
		ksft_exit_skip("no monitor of the emulator\n");
	need_device(bdf);
	return test_harness_run(argc, argv);
}
