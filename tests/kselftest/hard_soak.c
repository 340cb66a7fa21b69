// SPDX-License-Identifier: GPL-2.0-only
/*
 * Again and again: a size is requested, a device is bound, opened, touched,
 * closed and unbound; sizes and devices change. What the kernel uses is in the
 * end what it was at the start, and the last cycles take as long as the first.
 */
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hard_util.h"

#define WARM_UP 20

static char devices[MAX_DEVICES][BDF_LEN];
static int n_devices;
static uint64_t seed;

struct usage {
	long slab_kib, workers, cxl_devices;
};

/* What can be given back is, before it is counted */
static void shrink(void)
{
	glob_t found;

	sysfs_write("/proc/sys/vm/drop_caches", "3");
	if (!glob("/sys/kernel/slab/*/shrink", 0, NULL, &found))
		for (size_t i = 0; i < found.gl_pathc; i++)
			sysfs_write(found.gl_pathv[i], "1");
	globfree(&found);
}

static long slab_kib(void)
{
	FILE *file = fopen("/proc/meminfo", "re");
	char line[128];
	long kib = -1;

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SUnreclaim: %ld", &kib) == 1)
			break;
	if (file)
		fclose(file);
	return kib;
}

static long count_paths(const char *pattern)
{
	glob_t found;
	long n = 0;

	if (!glob(pattern, 0, NULL, &found))
		n = found.gl_pathc;
	globfree(&found);
	return n;
}

/* A rescuer is a thread named after its workqueue, there as long as that is */
static long count_rescuers(void)
{
	FILE *list = popen("grep -l '^kworker/R' /proc/[0-9]*/comm | wc -l",
			   "re");
	long n = -1;

	if (!list)
		return -1;
	if (fscanf(list, "%ld", &n) != 1)
		n = -1;
	pclose(list);
	return n;
}

static struct usage usage_now(void)
{
	sleep(1);
	shrink();
	sleep(1);
	return (struct usage) {
		.slab_kib = slab_kib(),
		.workers = count_rescuers(),
		.cxl_devices = count_paths(SYSFS_CXL "/devices/*"),
	};
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

static bool cycle(void)
{
	const char *bdf = devices[hard_random(&seed) % n_devices];
	uint64_t size = ALIGN * (1 + hard_random(&seed) % 3);
	struct hard_memory memory;
	struct vfio_dev dev;
	bool ok;

	if (pci_write_u64(bdf, "cxl_region/size", size) || pci_bind(bdf, DRIVER))
		return hard_wrong("%s: %s", bdf, region_attr(bdf, "error"));
	if (vfio_open(&dev, bdf))
		return hard_wrong("%s cannot be opened", bdf);
	ok = hard_map(&dev, &memory) && memory.size == size &&
	     hard_touch(&memory);
	hard_unmap(&memory);
	vfio_close(&dev);
	return !pci_unbind(bdf) && ok;
}

/*
 * Work that has nothing to do with us, for what else the machine has to do: it
 * takes longer then, as a cycle does
 */
static void work(void)
{
	char buffer[4096];

	for (int i = 0; i < 20; i++) {
		int fd = open("/proc/iomem", O_RDONLY | O_CLOEXEC);

		while (read(fd, buffer, sizeof(buffer)) > 0)
			;
		close(fd);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The median: whatever else the machine does now and then is not meant */
static double median(const double *value, unsigned int n)
{
	double *sorted = malloc(n * sizeof(*sorted)), middle;

	memcpy(sorted, value, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_value);
	middle = sorted[n / 2];
	free(sorted);
	return middle;
}

/* How many times longer the last part of them takes than the first; in ms */
static double growth(const char *what, const double *value, unsigned int n,
		     unsigned int part)
{
	double first = median(value, part), last = median(value + n - part, part);

	ksft_print_msg("%s: median of the first %u %.1f ms, of the last %.1f ms\n",
		       what, part, first * 1000, last * 1000);
	return last / first;
}

FIXTURE(soak) {
	struct snapshot before;
	double *took, *worked;
};

FIXTURE_SETUP(soak)
{
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_reset_all());
	for (int i = 0; i < WARM_UP; i++)
		ASSERT_TRUE(cycle());
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
}

FIXTURE_TEARDOWN(soak)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
	snapshot_free(&self->before);
	free(self->took);
	free(self->worked);
}

TEST_F_TIMEOUT(soak, the_last_cycle_is_like_the_first, 20000)
{
	unsigned int cycles = hard_length(300, 10000), part = cycles / 10;
	struct usage start = usage_now(), end;
	double slower, busier;

	self->took = calloc(cycles, sizeof(*self->took));
	self->worked = calloc(cycles, sizeof(*self->worked));
	for (unsigned int i = 0; i < cycles; i++) {
		double begin = now();

		ASSERT_TRUE(cycle()) {
			TH_LOG("cycle %u", i);
		}
		self->took[i] = now() - begin;
		work();
		self->worked[i] = now() - begin - self->took[i];
	}
	end = usage_now();
	slower = growth("cycles", self->took, cycles, part);
	busier = growth("other work", self->worked, cycles, part);
	TH_LOG("%u cycles: slab %ld, then %ld KiB, workqueue rescuers %ld, %ld, CXL devices %ld, %ld",
	       cycles, start.slab_kib, end.slab_kib, start.workers, end.workers,
	       start.cxl_devices, end.cxl_devices);
	/* 100 bytes a cycle would show in 10,000 of them */
	EXPECT_LE(end.slab_kib, start.slab_kib + 1000);
	EXPECT_EQ(start.workers, end.workers);
	EXPECT_EQ(start.cxl_devices, end.cxl_devices);
	EXPECT_LE(slower, (hard_length(0, 1) ? 1.1 : 1.5) *
			  (busier > 1 ? busier : 1));
}

int main(int argc, char **argv)
{
	n_devices = need_devices(devices);
	seed = hard_seed();
	return test_harness_run(argc, argv);
}
