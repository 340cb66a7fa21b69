// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device is closed and opened again while a thread touches its memory.
 *
 * Clearing is off: what one opening wrote shows that the next has the same
 * memory.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "vfio_util.h"

#define PAGE 4096UL
#define ROUNDS 24

static char bdf[BDF_LEN];
static atomic_bool stop;
static atomic_ulong touches;

FIXTURE(region) {
	struct vfio_dev dev;
	struct vfio_region_info *mem;
	uint8_t *map;
};

FIXTURE_SETUP(region)
{
	self->dev.fd = -1;
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
	self->map = vfio_open_memory(&self->dev, bdf, &self->mem);
	ASSERT_NE(MAP_FAILED, self->map);
}

FIXTURE_TEARDOWN(region)
{
	munmap(self->map, self->mem->size);
	vfio_close(&self->dev);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
	free(self->mem);
}

/*
 * Every page but the first, again and again. Only this thread may use
 * byte_store(), whose handler of SIGBUS is that of the process.
 */
static void *touch(void *data)
{
	FIXTURE_DATA(region) *self = data;
	uint64_t pos = PAGE;

	while (!stop) {
		byte_store(self->map + pos, 0xa5);
		touches++;
		pos += PAGE;
		if (pos >= self->mem->size)
			pos = PAGE;
	}
	return NULL;
}

/* In the place of what is there: at no time is there nothing to touch */
static bool map_over(FIXTURE_DATA(region) *self, bool device)
{
	int flags = device ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;

	return mmap(self->map, self->mem->size, PROT_READ | PROT_WRITE,
		    flags | MAP_FIXED, device ? self->dev.fd : -1,
		    device ? self->mem->offset : 0) == self->map;
}

/* The last of file and mapping to go is what closes the device */
static bool close_it(FIXTURE_DATA(region) *self, bool file_first)
{
	bool good = true;

	if (file_first)
		close(self->dev.fd);
	usleep(10000);
	good = map_over(self, false);
	if (!file_first)
		close(self->dev.fd);
	return good;
}

static bool open_it(FIXTURE_DATA(region) *self)
{
	self->dev.fd = ioctl(self->dev.group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	return self->dev.fd >= 0 && map_over(self, true);
}

TEST_F_TIMEOUT(region, closed_while_touched, 120)
{
	pthread_t toucher;
	volatile uint8_t *mine = self->map;
	uint8_t byte = 0;

	ASSERT_EQ(0, pthread_create(&toucher, NULL, touch, self));
	for (int i = 1; i <= ROUNDS; i++) {
		unsigned long before = touches;

		*mine = i;
		ASSERT_TRUE(WAIT_FOR(touches > before + 10, 10));
		ASSERT_TRUE(close_it(self, i & 1));
		ASSERT_TRUE(open_it(self));
		EXPECT_EQ(i, *mine);
	}
	stop = true;
	pthread_join(toucher, NULL);
	ASSERT_TRUE(byte_store(self->map + PAGE, 0x5a));
	ASSERT_EQ(1, vfio_pread(&self->dev, self->mem, &byte, 1, PAGE));
	EXPECT_EQ(0x5a, byte);
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
