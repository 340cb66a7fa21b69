// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the memory of a region goes away under its user, and whether it comes
 * back: resets, power, memory space, another open, and the end of the region.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "sysfs_util.h"
#include "vfio_util.h"

static char bdf[BDF_LEN];

FIXTURE(region) {
	struct vfio_dev dev;
	struct vfio_region_info *mem, *regs;
	uint64_t size;
	uint8_t *map;
};

static void look_up(struct __test_metadata *_metadata,
		    FIXTURE_DATA(region) *self)
{
	free(self->mem);
	free(self->regs);
	self->map = vfio_open_memory(&self->dev, bdf, &self->mem);
	ASSERT_NE(MAP_FAILED, self->map);
	ASSERT_EQ(1, vfio_find_region(&self->dev, CXL_REGION_TYPE,
				      VFIO_REGION_SUBTYPE_CXL_COMP_REGS,
				      &self->regs));
}

FIXTURE_SETUP(region)
{
	self->mem = self->regs = NULL;
	self->dev.fd = -1;
	self->size = cxl_test_size();
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	look_up(_metadata, self);
	ASSERT_TRUE(byte_store(self->map, 0xa5));
}

static void give_back(FIXTURE_DATA(region) *self)
{
	munmap(self->map, self->size);
	vfio_close(&self->dev);
}

FIXTURE_TEARDOWN(region)
{
	give_back(self);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	free(self->mem);
	free(self->regs);
}

static bool works(FIXTURE_DATA(region) *self)
{
	uint64_t last = self->size - 1;
	uint8_t a = 0, b = 0;

	return byte_store(self->map, 0x11) && byte_store(self->map + last, 0x22) &&
	       byte_load(self->map, &a) && byte_load(self->map + last, &b) &&
	       a == 0x11 && b == 0x22;
}

/* Neither through the mapping nor past it */
static bool is_out_of_reach(FIXTURE_DATA(region) *self)
{
	uint8_t byte;

	return !byte_load(self->map, &byte) && !byte_store(self->map, 1) &&
	       !byte_load(self->map + self->size - 1, &byte) &&
	       vfio_pread(&self->dev, self->mem, &byte, 1, 0) == -1 &&
	       errno == EIO &&
	       vfio_pwrite(&self->dev, self->mem, &byte, 1, 0) == -1 &&
	       errno == EIO;
}

static int committed(FIXTURE_DATA(region) *self)
{
	const struct vfio_region_info_cap_cxl_comp_regs *cap;

	cap = vfio_region_cap(self->regs, VFIO_REGION_INFO_CAP_CXL_COMP_REGS);
	return hw_decoder_committed(bdf, cap->bar, cap->offset, self->size);
}

TEST_F(region, hardware_is_committed_while_open)
{
	EXPECT_EQ(1, committed(self));
}

/* The reset of a close has no callback: the decoder has to be seen to */
TEST_F(region, hardware_is_committed_after_close)
{
	give_back(self);
	EXPECT_EQ(1, committed(self));
}

TEST_F(region, reopen)
{
	for (int i = 0; i < 3; i++) {
		give_back(self);
		look_up(_metadata, self);
		EXPECT_EQ(1, committed(self));
		EXPECT_TRUE(works(self));
	}
}

TEST_F(region, nothing_is_left_for_the_next_user)
{
	uint8_t first = 1, last = 1;

	ASSERT_TRUE(works(self));
	give_back(self);
	look_up(_metadata, self);
	ASSERT_TRUE(byte_load(self->map, &first));
	ASSERT_TRUE(byte_load(self->map + self->size - 1, &last));
	EXPECT_EQ(0, first);
	EXPECT_EQ(0, last);
}

TEST_F(region, vfio_reset)
{
	for (int i = 0; i < 2; i++) {
		ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
		EXPECT_EQ(1, committed(self));
		EXPECT_TRUE(works(self));
	}
}

static long faults_of_a_touch(FIXTURE_DATA(region) *self)
{
	struct rusage before, after;
	uint8_t byte;

	getrusage(RUSAGE_THREAD, &before);
	byte_load(self->map, &byte);
	getrusage(RUSAGE_THREAD, &after);
	return after.ru_minflt - before.ru_minflt;
}

/* Memory that still answers does not show whether it was out of reach */
TEST_F(region, a_reset_empties_the_mapping)
{
	ASSERT_EQ(0, faults_of_a_touch(self));
	ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
	EXPECT_EQ(1, faults_of_a_touch(self));
	ASSERT_EQ(0, pci_write(bdf, "reset", "1"));
	EXPECT_EQ(1, faults_of_a_touch(self));
}

TEST_F(region, sysfs_reset)
{
	ASSERT_EQ(0, pci_write(bdf, "reset", "1"));
	EXPECT_EQ(1, committed(self));
	EXPECT_TRUE(works(self));
}

TEST_F(region, hot_reset)
{
	char buf[sizeof(struct vfio_pci_hot_reset) + sizeof(int32_t)] = "";
	struct vfio_pci_hot_reset *reset = (void *)buf;

	reset->argsz = sizeof(buf);
	reset->count = 1;
	reset->group_fds[0] = self->dev.group;
	if (ioctl(self->dev.fd, VFIO_DEVICE_PCI_HOT_RESET, reset))
		SKIP(return, "hot reset: %s", strerror(errno));
	EXPECT_EQ(1, committed(self));
	EXPECT_TRUE(works(self));
}

/* Of the port above, by the host: all that is below it is reset with it */
TEST_F(region, bus_reset_by_the_host)
{
	ASSERT_EQ(0, faults_of_a_touch(self));
	ASSERT_EQ(0, pci_write(bdf, "../reset_subordinate", "1"));
	EXPECT_EQ(1, faults_of_a_touch(self));
	EXPECT_EQ(1, committed(self));
	EXPECT_TRUE(works(self));
}

struct toucher {
	pthread_t thread;
	volatile uint8_t *map;
	uint64_t size;
	volatile unsigned long touched;
	volatile bool stop;
};

static void *touch(void *data)
{
	struct toucher *t = data;

	for (uint64_t at = 0; !t->stop; at = (at + (2UL << 20)) % t->size) {
		t->map[at] = at >> 21;
		t->touched++;
	}
	return NULL;
}

static void await_touches(struct toucher *t)
{
	unsigned long before = t->touched;

	while (t->touched < before + 100)
		usleep(1000);
}

/* A SIGBUS would be the end of this test, as it would be that of a guest */
TEST_F(region, a_user_waits_for_the_end_of_a_reset)
{
	struct toucher t = { .map = self->map, .size = self->size };

	ASSERT_EQ(0, pthread_create(&t.thread, NULL, touch, &t));
	for (int i = 0; i < 3; i++) {
		await_touches(&t);
		EXPECT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
		await_touches(&t);
		EXPECT_EQ(0, pci_write(bdf, "reset", "1"));
	}
	await_touches(&t);
	t.stop = true;
	ASSERT_EQ(0, pthread_join(t.thread, NULL));
}

TEST_F(region, reset_without_memory_space)
{
	uint32_t cmd;

	ASSERT_EQ(0, vfio_config_read(&self->dev, PCI_COMMAND, 2, &cmd));
	ASSERT_EQ(0, vfio_config_write(&self->dev, PCI_COMMAND, 2,
				       cmd & ~PCI_COMMAND_MEMORY));
	ASSERT_EQ(0, ioctl(self->dev.fd, VFIO_DEVICE_RESET));
	EXPECT_TRUE(is_out_of_reach(self));
	ASSERT_EQ(0, vfio_config_write(&self->dev, PCI_COMMAND, 2, cmd));
	EXPECT_EQ(1, committed(self));
	EXPECT_TRUE(works(self));
}

TEST_F(region, memory_space)
{
	uint32_t cmd;

	ASSERT_EQ(0, vfio_config_read(&self->dev, PCI_COMMAND, 2, &cmd));
	ASSERT_EQ(0, vfio_config_write(&self->dev, PCI_COMMAND, 2,
				       cmd & ~PCI_COMMAND_MEMORY));
	EXPECT_TRUE(is_out_of_reach(self));
	ASSERT_EQ(0, vfio_config_write(&self->dev, PCI_COMMAND, 2, cmd));
	EXPECT_TRUE(works(self));
}

TEST_F(region, d3hot)
{
	unsigned int pm = vfio_find_cap(&self->dev, PCI_CAP_ID_PM);
	uint32_t pmcsr;

	if (!pm)
		SKIP(return, "the device has no power management");
	ASSERT_EQ(0, vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 3));
	ASSERT_EQ(0, vfio_config_read(&self->dev, pm + PCI_PM_CTRL, 4, &pmcsr));
	EXPECT_EQ(3, pmcsr & PCI_PM_CTRL_STATE_MASK);
	EXPECT_TRUE(is_out_of_reach(self));
	EXPECT_EQ(1, committed(self));
	ASSERT_EQ(0, vfio_config_write(&self->dev, pm + PCI_PM_CTRL, 2, 0));
	ASSERT_EQ(0, vfio_config_read(&self->dev, pm + PCI_PM_CTRL, 2, &pmcsr));
	EXPECT_EQ(0, pmcsr & PCI_PM_CTRL_STATE_MASK);
	EXPECT_TRUE(works(self));
}

static int feature(struct vfio_dev *dev, uint32_t feature)
{
	struct vfio_device_feature arg = {
		.argsz = sizeof(arg),
		.flags = VFIO_DEVICE_FEATURE_SET | feature,
	};

	return ioctl(dev->fd, VFIO_DEVICE_FEATURE, &arg) ? -errno : 0;
}

TEST_F(region, low_power)
{
	uint8_t byte;

	ASSERT_EQ(0, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_ENTRY));
	EXPECT_FALSE(byte_load(self->map, &byte));
	ASSERT_EQ(0, feature(&self->dev, VFIO_DEVICE_FEATURE_LOW_POWER_EXIT));
	EXPECT_EQ(1, committed(self));
	EXPECT_TRUE(works(self));
}

TEST_F(region, deleted_region)
{
	ASSERT_EQ(0, vfio_delete_region(bdf));
	EXPECT_TRUE(is_out_of_reach(self));

	/* For good: not for a reset, and not for another open */
	ioctl(self->dev.fd, VFIO_DEVICE_RESET);
	EXPECT_TRUE(is_out_of_reach(self));
	give_back(self);
	EXPECT_NE(0, vfio_open(&self->dev, bdf));

	/* But for another binding */
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	look_up(_metadata, self);
	EXPECT_TRUE(works(self));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
