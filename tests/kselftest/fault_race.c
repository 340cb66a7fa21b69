// SPDX-License-Identifier: GPL-2.0-only
/*
 * Several at a time on one device: writers of size, binds and unbinds against
 * them, signals to who binds. Whatever the order, the result is one of those
 * that are possible one after the other.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"
#include "vfio_util.h"

#define SECONDS 2
#define SIGNALS 16
#define ROUNDS 80

static char devices[MAX_DEVICES][BDF_LEN];
static const char *const bdf = devices[0];

/* What the threads count, all together */
static atomic_bool stop;
static atomic_int done, busy, wrong;

FIXTURE(race) {
	struct snapshot before;
};

FIXTURE_SETUP(race)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	stop = false;
	done = busy = wrong = 0;
}

FIXTURE_TEARDOWN(race)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

static bool is_possible(uint64_t size)
{
	return size == 256 * MIB || size == 512 * MIB;
}

static void *write_sizes(void *first)
{
	uint64_t size = *(uint64_t *)first;

	while (!stop) {
		int ret = pci_write_u64(bdf, "cxl_region/size", size);

		if (!ret)
			done++;
		else if (ret == -EBUSY)
			busy++;
		else
			wrong++;
		size = 768 * MIB - size;
	}
	return NULL;
}

static uint64_t sizes[] = { 256 * MIB, 512 * MIB };

static void start_writers(pthread_t thread[2])
{
	pci_write_u64(bdf, "cxl_region/size", sizes[0]);
	for (int i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, write_sizes, &sizes[i]);
}

static void stop_threads(pthread_t *thread, int n)
{
	stop = true;
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
}

TEST_F(race, a_reader_never_sees_half_a_write)
{
	time_t end = time(NULL) + SECONDS * slowness();
	pthread_t writers[2];
	uint64_t size;
	int reads = 0;

	start_writers(writers);
	for (; time(NULL) < end; reads++) {
		if (pci_read_u64(bdf, "cxl_region/size", &size) ||
		    !is_possible(size))
			wrong++;
		if (strcmp("requested", region_attr(bdf, "state")))
			wrong++;
	}
	stop_threads(writers, 2);
	EXPECT_EQ(0, wrong);
	EXPECT_EQ(0, busy);
	EXPECT_LT(100, done);
	EXPECT_LT(100, reads);
}

/* While bound no write is taken, so three looks see one size */
static void check_one_size(struct __test_metadata *_metadata)
{
	struct hdm_decoder dec;
	uint64_t request, size;
	char region[NAME_LEN];

	ASSERT_EQ(0, pci_read_u64(bdf, "cxl_region/size", &request));
	EXPECT_TRUE(is_possible(request));
	EXPECT_STREQ("committed", region_attr(bdf, "state"));
	ASSERT_LT(0, pci_link(bdf, "cxl_region/region", region,
			      sizeof(region)));
	EXPECT_EQ(0, cxl_read_u64(region, "size", &size));
	EXPECT_EQ(request, size);
	ASSERT_EQ(1, hdm_committed(bdf, &dec));
	EXPECT_EQ(request, dec.size);
}

TEST_F_TIMEOUT(race, a_write_is_before_the_bind_or_refused, 60)
{
	pthread_t writers[2];
	bool both[2] = {};
	uint64_t size;

	start_writers(writers);
	for (int i = 0; i < 12; i++) {
		ASSERT_EQ(0, pci_bind(bdf, DRIVER)) {
			TH_LOG("%s", region_attr(bdf, "error"));
			stop_threads(writers, 2);
		}
		check_one_size(_metadata);
		pci_read_u64(bdf, "cxl_region/size", &size);
		both[size == 512 * MIB] = true;
		ASSERT_EQ(0, pci_unbind(bdf)) {
			stop_threads(writers, 2);
		}
		usleep(i * 1000);
	}
	stop_threads(writers, 2);
	EXPECT_EQ(0, wrong);
	EXPECT_LT(0, done);
	EXPECT_LT(0, busy);
	EXPECT_TRUE(both[0] && both[1]) {
		TH_LOG("the binds met one size only, so no race was run");
	}
}

/* Reading is free for all, whatever goes on */
static void *read_all(void *unused)
{
	static const char *const name[] = {
		"size", "size_max", "size_max_source", "size_align",
		"available", "state", "error",
	};
	char text[512], path[NAME_LEN];

	while (!stop) {
		for (size_t i = 0; i < sizeof(name) / sizeof(*name); i++) {
			snprintf(path, sizeof(path), "cxl_region/%s", name[i]);
			if (pci_read(bdf, path, text, sizeof(text)) < 0)
				wrong++;
			done++;
		}
	}
	return unused;
}

TEST_F_TIMEOUT(race, readers_during_binds, 60)
{
	pthread_t readers[2];

	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "256M"));
	for (int i = 0; i < 2; i++)
		pthread_create(&readers[i], NULL, read_all, NULL);
	for (int i = 0; i < 8; i++) {
		EXPECT_EQ(0, pci_bind(bdf, DRIVER));
		EXPECT_EQ(0, pci_unbind(bdf));
	}
	stop_threads(readers, 2);
	EXPECT_EQ(0, wrong);
	EXPECT_LT(100, done);
}

static int try_all(const char *path, const char *text)
{
	int ret = sysfs_write(path, text);

	/* a probe that gave up; a device that has its driver already */
	return ret == -EBUSY || ret == -ENODEV ? 0 : ret;
}

static void *bind_and_unbind(void *unused)
{
	while (!stop) {
		if (try_all(SYSFS_PCI "/drivers/" DRIVER "/bind", bdf) ||
		    try_all(SYSFS_PCI "/drivers/" DRIVER "/unbind", bdf))
			wrong++;
		done++;
	}
	return unused;
}

TEST_F_TIMEOUT(race, two_who_bind_and_unbind, 60)
{
	pthread_t binders[2];

	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "256M"));
	ASSERT_EQ(0, pci_write(bdf, "driver_override", DRIVER));
	for (int i = 0; i < 2; i++)
		pthread_create(&binders[i], NULL, bind_and_unbind, NULL);
	sleep(SECONDS * slowness());
	stop_threads(binders, 2);
	EXPECT_EQ(0, wrong);
	EXPECT_LT(4, done);
	EXPECT_STREQ("requested", region_attr(bdf, "state"));
}

static void *reset_over_and_over(void *unused)
{
	while (!stop) {
		if (pci_write(bdf, "reset", "1"))
			wrong++;
		done++;
		usleep(5000 * (done % 16));
	}
	return unused;
}

static bool has_bar(void)
{
	uint32_t bar = 0;

	return !pci_config_read(bdf, PCI_BASE_ADDRESS_0, &bar, sizeof(bar)) &&
	       bar & (uint32_t)PCI_BASE_ADDRESS_MEM_MASK && bar != ~0U;
}

FIXTURE(reset) {
};

FIXTURE_VARIANT(reset) {
	uint64_t size;
};

FIXTURE_VARIANT_ADD(reset, of_a_region) {
	.size = 256 * MIB,
};

FIXTURE_VARIANT_ADD(reset, of_a_device_without) {
	.size = 0,
};

FIXTURE_SETUP(reset)
{
	ASSERT_EQ(0, cxl_reset_all());
	ASSERT_EQ(0, sysfs_write(CLEAR, "N"));
	stop = false;
	done = wrong = 0;
}

FIXTURE_TEARDOWN(reset)
{
	EXPECT_EQ(0, sysfs_write(CLEAR, "Y"));
	EXPECT_EQ(0, cxl_reset_all());
}

/*
 * Both save and restore the configuration space, see
 * docs/kernel-findings/reset-and-vfio.md. An open that finds the device locked
 * is refused. In the end no BAR is lost, and no decoder.
 */
TEST_F_TIMEOUT(reset, while_it_is_opened_and_closed, 60)
{
	time_t end = time(NULL) + 20 * slowness();
	struct vfio_dev dev;
	pthread_t resets;
	int opened = 0;

	ASSERT_EQ(0, cxl_deliver(bdf, variant->size));
	pthread_create(&resets, NULL, reset_over_and_over, NULL);
	while ((opened < ROUNDS || done < ROUNDS) && time(NULL) < end) {
		if (vfio_open(&dev, bdf))
			continue;
		vfio_close(&dev);
		opened++;
	}
	stop_threads(&resets, 1);
	EXPECT_EQ(0, wrong);
	EXPECT_LE(ROUNDS, opened);
	EXPECT_LE(ROUNDS, done);
	TH_LOG("%d times opened, %d resets", opened, done);
	EXPECT_TRUE(has_bar());
	EXPECT_EQ(!!variant->size, hdm_committed(bdf, NULL));
}

static void *bind_over_and_over(void *unused)
{
	while (!stop) {
		pci_write(bdf, "driver_override", DRIVER);
		if (!sysfs_write(SYSFS_PCI "/drivers/" DRIVER "/bind", bdf))
			done++;
	}
	return unused;
}

static bool is_there(void)
{
	char now[MAX_DEVICES][BDF_LEN];

	return cxl_devices(now) > 0;
}

/*
 * A bind that waits for the lock of the device gets it when the old driver is
 * gone, and the device is not yet.
 */
TEST_F_TIMEOUT(race, binds_while_it_is_removed, 120)
{
	pthread_t binder;

	for (int i = 0; i < 12; i++) {
		stop = false;
		ASSERT_TRUE(WAIT_FOR(is_there(), 5));
		ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "256M"));
		ASSERT_EQ(0, pci_bind(bdf, DRIVER));
		pthread_create(&binder, NULL, bind_over_and_over, NULL);
		usleep(1000 * i);
		EXPECT_EQ(0, pci_write(bdf, "remove", "1"));
		stop_threads(&binder, 1);
		EXPECT_EQ(0, sysfs_write(SYSFS_PCI "/rescan", "1"));
	}
	ASSERT_TRUE(WAIT_FOR(is_there(), 5));
	TH_LOG("%d times bound once more", done);
	EXPECT_EQ(0, hdm_committed(bdf, NULL));
}

FIXTURE(signalled) {
	struct snapshot before;
};

FIXTURE_SETUP(signalled)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "256M"));
}

FIXTURE_TEARDOWN(signalled)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

FIXTURE_VARIANT(signalled) {
	int signal;
};

FIXTURE_VARIANT_ADD(signalled, sigint) {
	.signal = SIGINT,
};

FIXTURE_VARIANT_ADD(signalled, sigkill) {
	.signal = SIGKILL,
};

/*
 * Of a task that binds, after so many microseconds; the first time before it
 * begins, as it waits to be told to go on.
 */
static void interrupt_bind(int signal, unsigned int us)
{
	pid_t pid = fork();

	if (!pid) {
		raise(SIGSTOP);
		pci_bind(bdf, DRIVER);
		_exit(0);
	}
	waitpid(pid, NULL, WUNTRACED);
	if (!us)
		kill(pid, signal);
	kill(pid, SIGCONT);
	usleep(us);
	kill(pid, signal);
	waitpid(pid, NULL, 0);
}

TEST_F_TIMEOUT(signalled, bound_or_cleanly_not, 60)
{
	int bound = 0, broken_off = 0;
	char driver[NAME_LEN];

	for (int i = 0; i < SIGNALS; i++) {
		interrupt_bind(variant->signal, 700 * i * i);
		if (pci_link(bdf, "driver", driver, sizeof(driver)) > 0) {
			EXPECT_STREQ("committed", region_attr(bdf, "state"));
			EXPECT_EQ(1, hdm_committed(bdf, NULL));
			bound++;
		} else {
			EXPECT_STRNE("committed", region_attr(bdf, "state"));
			EXPECT_EQ(0, hdm_committed(bdf, NULL));
			broken_off++;
		}
		ASSERT_EQ(0, pci_unbind(bdf));
		ASSERT_TRUE(snapshot_returns(&self->before)) {
			TH_LOG("round %d", i);
		}
	}
	EXPECT_LT(0, broken_off);
	TH_LOG("%d bound, %d broken off", bound, broken_off);
	EXPECT_EQ(0, pci_bind(bdf, DRIVER));
}

int main(int argc, char **argv)
{
	need_devices(devices);
	return test_harness_run(argc, argv);
}
