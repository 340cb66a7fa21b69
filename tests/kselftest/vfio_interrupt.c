// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who waits for the memory to be cleared is killed: it ends at once, and
 * whoever is next still finds nothing.
 *
 * CXL_BDF chooses the device. All of the memory that the topology "one" has is
 * taken, so that clearing takes long enough to be met.
 */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "vfio_util.h"

#define PAGE 4096UL
#define SIZE GIB

static char bdf[BDF_LEN];

FIXTURE(region) {
	struct vfio_dev dev;
	uint64_t *map;
};

static void look_up(struct __test_metadata *_metadata,
		    FIXTURE_DATA(region) *self)
{
	self->map = vfio_open_memory(&self->dev, bdf, NULL);
	ASSERT_NE(MAP_FAILED, self->map);
}

static void give_back(FIXTURE_DATA(region) *self)
{
	munmap(self->map, SIZE);
	vfio_close(&self->dev);
}

/* A word in every page, of which none is 0 */
static void leave_marks(FIXTURE_DATA(region) *self)
{
	for (uint64_t page = 0; page < SIZE / PAGE; page++)
		self->map[page * PAGE / 8 + page % 512] = ~page;
}

/* A word at the same place, as that is what was written */
static uint64_t count_marks(FIXTURE_DATA(region) *self)
{
	uint64_t marks = 0;

	for (uint64_t page = 0; page < SIZE / PAGE; page++)
		marks += !!self->map[page * PAGE / 8 + page % 512];
	return marks;
}

FIXTURE_SETUP(region)
{
	self->dev.fd = -1;
	ASSERT_EQ(0, cxl_deliver(bdf, SIZE));
	look_up(_metadata, self);
	leave_marks(self);
	ASSERT_EQ(SIZE / PAGE, count_marks(self));
	give_back(self);
}

FIXTURE_TEARDOWN(region)
{
	give_back(self);
	EXPECT_EQ(0, cxl_withdraw(bdf));
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* How long it took to end, or -1 if it had ended by itself */
static double kill_it(pid_t pid)
{
	double begin = now();
	int status;

	kill(pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid || !WIFSIGNALED(status))
		return -1;
	return now() - begin;
}

/* Opens the device, closes it and begins again, until it is killed */
static pid_t start_opening(void)
{
	struct vfio_dev dev;
	pid_t pid = fork();

	while (!pid)
		if (!vfio_open(&dev, bdf))
			vfio_close(&dev);
	return pid;
}

TEST_F_TIMEOUT(region, opening_is_killed, 120)
{
	for (int i = 0; i < 6; i++) {
		pid_t pid = start_opening();

		ASSERT_LE(0, pid);
		usleep(60000 * i);
		EXPECT_LE(0, kill_it(pid));
	}
	look_up(_metadata, self);
	EXPECT_EQ(0, count_marks(self));
}

TEST_F_TIMEOUT(region, unbinding_is_killed, 120)
{
	pid_t pid = fork();
	double took;

	ASSERT_LE(0, pid);
	if (!pid) {
		pci_unbind(bdf);
		_exit(0);
	}
	usleep(30000);
	took = kill_it(pid);
	if (took < 0)
		TH_LOG("had ended before it was killed");
	EXPECT_GT(5, took);
	ASSERT_EQ(0, cxl_deliver(bdf, SIZE));
	look_up(_metadata, self);
	EXPECT_EQ(0, count_marks(self));
}

int main(int argc, char **argv)
{
	need_device(bdf);
	return test_harness_run(argc, argv);
}
