// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device and its user part in every order: the user first, the device first,
 * the endpoint first, the user killed. While a user keeps a device that is to
 * go, another CXL device comes and goes (topology two-bridges).
 *
 * Clearing is off, as no test here is about it: in the topology two-bridges it
 * takes longer than a test may.
 *
 * CXL_BDF and CXL_SIZE choose the device and the size.
 */
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "vfio_util.h"

#define PAGE 4096UL
#define UNBIND SYSFS_CXL "/drivers/cxl_port/unbind"

static char bdf[BDF_LEN];

FIXTURE(region) {
	struct vfio_dev dev;
	uint64_t size;
	uint8_t *map;
};

static void look_up(struct __test_metadata *_metadata,
		    FIXTURE_DATA(region) *self)
{
	self->map = vfio_open_memory(&self->dev, bdf, NULL);
	ASSERT_NE(MAP_FAILED, self->map);
}

static void give_back(FIXTURE_DATA(region) *self)
{
	munmap(self->map, self->size);
	vfio_close(&self->dev);
}

FIXTURE_SETUP(region)
{
	self->dev.fd = -1;
	self->size = cxl_test_size();
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	look_up(_metadata, self);
}

FIXTURE_TEARDOWN(region)
{
	give_back(self);
	EXPECT_EQ(0, cxl_withdraw(bdf));
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
}

TEST_F(region, two_users_of_one_group)
{
	int second = ioctl(self->dev.group, VFIO_GROUP_GET_DEVICE_FD, bdf);
	uint8_t byte = 0;

	ASSERT_LE(0, second);
	ASSERT_TRUE(byte_store(self->map, 0x77));
	close(second);
	ASSERT_TRUE(byte_load(self->map, &byte));
	EXPECT_EQ(0x77, byte);
}

/* The mapping is a user too: neither gone nor cleared before it */
TEST_F(region, mapping_outlives_the_file)
{
	uint8_t byte = 0;

	ASSERT_TRUE(byte_store(self->map, 0x78));
	close(self->dev.fd);
	self->dev.fd = -1;
	ASSERT_TRUE(byte_load(self->map, &byte));
	EXPECT_EQ(0x78, byte);
}

static void touch_forever(uint8_t *map, uint64_t size)
{
	for (uint64_t i = 0;; i = (i + PAGE) % size)
		*(volatile uint8_t *)(map + i) = 1;
}

/* Also while a reset makes the faults wait */
TEST_F(region, killed_in_the_midst_of_faults)
{
	for (int i = 0; i < 8; i++) {
		pid_t pid;
		int status;

		give_back(self);
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			look_up(_metadata, self);
			touch_forever(self->map, self->size);
		}
		usleep(100000 * i);
		if (i & 1)
			pci_write(bdf, "reset", "1");
		kill(pid, SIGKILL);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		EXPECT_TRUE(WIFSIGNALED(status));
		look_up(_metadata, self);
		EXPECT_TRUE(byte_store(self->map, 1));
	}
}

static bool asked_within(int fd, int seconds)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, seconds * 1000) == 1;
}

/* A process of its own program: it must not have the device itself */
static pid_t write_in_background(const char *path, const char *text)
{
	char *argv[] = {
		"sh", "-c", "echo \"$1\" >\"$0\"",
		(char *)path, (char *)text, NULL
	};
	pid_t pid;

	return posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ) ? -1 : pid;
}

/* May be asked again when it has: *pid is 0 from then on */
static bool ended(pid_t *pid, int *status)
{
	if (*pid && waitpid(*pid, status, WNOHANG) == *pid)
		*pid = 0;
	return !*pid;
}

/* Another device, if there is one: a region is built, used and given back */
static bool another_comes_and_goes(const char *held)
{
	char all[MAX_DEVICES][BDF_LEN];
	int n = cxl_devices(all);

	for (int i = 0; i < n; i++)
		if (strcmp(all[i], held))
			return !cxl_deliver(all[i], ALIGN) &&
			       !strcmp("committed", region_attr(all[i], "state")) &&
			       !cxl_withdraw(all[i]);
	return true;
}

TEST_F(region, unbind_asks_the_user_and_waits)
{
	int request, status;
	pid_t unbind;
	uint8_t byte;

	request = vfio_irq_eventfd(&self->dev, VFIO_PCI_REQ_IRQ_INDEX);
	ASSERT_LE(0, request);
	unbind = write_in_background(SYSFS_PCI "/drivers/" DRIVER "/unbind",
				     bdf);
	EXPECT_TRUE(asked_within(request, 10));
	EXPECT_FALSE(ended(&unbind, &status));
	/* Nothing is taken from a user that has not let go */
	EXPECT_TRUE(byte_store(self->map, 5) && byte_load(self->map, &byte));
	EXPECT_TRUE(another_comes_and_goes(bdf));
	EXPECT_FALSE(ended(&unbind, &status));

	give_back(self);
	EXPECT_TRUE(WAIT_FOR(ended(&unbind, &status), 30));
	EXPECT_EQ(0, status);
	EXPECT_STREQ("requested", region_attr(bdf, "state"));
	ASSERT_EQ(0, cxl_deliver(bdf, self->size));
	look_up(_metadata, self);
}

/* The endpoint that belongs to the memdev of the device */
static int find_endpoint(char *name, size_t size)
{
	for (unsigned int n = 0; !cxl_find("endpoint", n, name, size); n++) {
		char path[256], link[PATH_MAX] = "";

		snprintf(path, sizeof(path), SYSFS_CXL "/devices/%s/uport",
			 name);
		if (realpath(path, link) && strstr(link, bdf))
			return 0;
	}
	return -ENOENT;
}

TEST_F(region, endpoint_goes_while_the_device_is_held)
{
	char endpoint[NAME_LEN];
	pid_t unbind;
	uint8_t byte;
	int status;

	if (access(UNBIND, F_OK))
		SKIP(return, "nobody can unbind an endpoint here");
	ASSERT_EQ(0, find_endpoint(endpoint, sizeof(endpoint)));
	unbind = write_in_background(UNBIND, endpoint);
	EXPECT_TRUE(WAIT_FOR(!byte_load(self->map, &byte), 10));
	EXPECT_FALSE(byte_store(self->map, 1));
	EXPECT_TRUE(another_comes_and_goes(bdf));

	give_back(self);
	EXPECT_TRUE(WAIT_FOR(ended(&unbind, &status), 30));
	/* Whether the core has unbound the device by now or not */
	EXPECT_TRUE(WAIT_FOR(!cxl_deliver(bdf, self->size), 10));
	look_up(_metadata, self);
	EXPECT_TRUE(byte_store(self->map, 1));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
