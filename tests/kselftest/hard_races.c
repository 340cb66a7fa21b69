// SPDX-License-Identifier: GPL-2.0-only
/*
 * All at once, on all devices: sizes are written, drivers bound and unbound,
 * regions deleted behind their backs, devices reset, removed and found again,
 * the CXL root unbound, memory mapped, touched and closed. Whatever comes of
 * it: no two sizes, no memory of another user, no region that overlaps another
 * or is outside a window; and in the end all works, and nothing is left.
 *
 * Each of those is a process; VM_SEED is where their dice begin.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hard_util.h"
#include "hdm_util.h"

#define ACPI_DRIVER "/sys/bus/platform/drivers/cxl_acpi"
#define ACPI_DEVICE "ACPI0017:00"
#define PAGES 16

static char devices[MAX_DEVICES][BDF_LEN];
static int n_devices;
static int rescans;
static uint64_t seed;

/* What the processes share; a count for each errno is what they have seen */
static struct shared {
	atomic_bool stop;
	atomic_int wrong;
	atomic_int done, refused;
	atomic_int used, lost;
	atomic_int looks;
} *shared;

static uint64_t dice(void)
{
	return hard_random(&seed);
}

/* At most so many milliseconds, which are chosen for regions to live a while */
static void pause_a_little(unsigned int ms)
{
	for (ms = dice() % ms; ms > 10 && !shared->stop; ms -= 10)
		usleep(10000);
	usleep(1000 * (ms % 10));
}

static const char *any_device(void)
{
	return devices[dice() % n_devices];
}

static void complain(const char *what, const char *bdf, long value)
{
	hard_wrong("%s of %s: %ld", what, bdf, value);
	shared->wrong++;
}

/*
 * What there is to lose a race for: the device or its driver is not there, is
 * busy, is being built on; no room, no path. All else is wrong.
 */
static void count(const char *what, const char *bdf, int ret)
{
	static const int possible[] = {
		EBUSY, ENODEV, ENOENT, ENXIO, ERANGE, EAGAIN, EINTR, ENOTTY,
	};

	if (!ret) {
		shared->done++;
		return;
	}
	for (size_t i = 0; i < sizeof(possible) / sizeof(*possible); i++)
		if (ret == -possible[i]) {
			shared->refused++;
			return;
		}
	complain(what, bdf, ret);
}

static bool is_size(uint64_t size)
{
	return size && size <= 768 * MIB && !(size % ALIGN);
}

static void write_sizes(const char *bdf)
{
	count("write to size", bdf, pci_write_u64(bdf, "cxl_region/size",
						  dice() % 4 * ALIGN));
	pause_a_little(100);
}

static void bind_and_unbind(const char *bdf)
{
	char driver[NAME_LEN];

	pci_write(bdf, "driver_override", DRIVER);
	if (pci_link(bdf, "driver", driver, sizeof(driver)) < 0) {
		count("bind", bdf,
		      sysfs_write(SYSFS_PCI "/drivers/" DRIVER "/bind", bdf));
		pause_a_little(1000);
	} else if (!(dice() % 8)) {
		count("unbind", bdf,
		      sysfs_write(SYSFS_PCI "/drivers/" DRIVER "/unbind", bdf));
	}
	pause_a_little(500);
}

/*
 * Who resets shares the lock, a rescan has it alone: the PCI core does not keep
 * the one out of the other, and BARs are lost for good, see
 * docs/kernel-findings/reset-before-bars.md.
 */
static void lock_rescans(short type)
{
	struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

	fcntl(rescans, F_SETLKW, &lock);
}

static int write_locked(short type, const char *path)
{
	int ret;

	lock_rescans(type);
	ret = sysfs_write(path, "1");
	lock_rescans(F_UNLCK);
	return ret;
}

static void reset(const char *bdf)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/reset", bdf);
	count("reset", bdf, write_locked(F_RDLCK, path));
	pause_a_little(4000);
}

/*
 * A page of each of some places has to be empty, or what this user wrote; it
 * may be lost at any time, and then it is for good.
 */
static bool use_page(uint8_t *page, uint8_t stamp, bool first)
{
	uint8_t value = 0;

	if (!byte_load(page, &value))
		return false;
	if (value != (first ? 0 : stamp))
		complain("memory of another user", "a region", value);
	return byte_store(page, stamp);
}

static bool use_memory(const struct hard_memory *memory, uint8_t stamp,
		       bool first)
{
	for (uint64_t i = 0; i < PAGES; i++)
		if (!use_page(memory->map + memory->size / PAGES * i, stamp,
			      first))
			return false;
	return true;
}

/* VFIO resets the device as it opens and closes it */
static int open_locked(struct vfio_dev *dev, const char *bdf)
{
	int ret;

	lock_rescans(F_RDLCK);
	ret = vfio_open(dev, bdf);
	lock_rescans(F_UNLCK);
	return ret;
}

static void close_locked(struct vfio_dev *dev)
{
	lock_rescans(F_RDLCK);
	vfio_close(dev);
	lock_rescans(F_UNLCK);
}

static void use(const char *bdf)
{
	uint8_t stamp = 1 + dice() % 255;
	struct hard_memory memory;
	struct vfio_dev dev;
	bool there = true;

	if (!open_locked(&dev, bdf)) {
		if (hard_map(&dev, &memory)) {
			if (!is_size(memory.size))
				complain("size of the memory", bdf,
					 memory.size);
			for (int i = 0; there && i < 8; i++) {
				there = use_memory(&memory, stamp, !i);
				pause_a_little(20);
			}
			atomic_fetch_add(there ? &shared->used : &shared->lost,
					 1);
		}
		hard_unmap(&memory);
		close_locked(&dev);
	}
	pause_a_little(50);
}

static void delete_region(const char *bdf)
{
	(void)bdf;
	pause_a_little(5000);
	vfio_delete_region(any_device());
}

static void unbind_root(const char *bdf)
{
	(void)bdf;
	pause_a_little(20000);
	sysfs_write(ACPI_DRIVER "/unbind", ACPI_DEVICE);
	pause_a_little(100);
	sysfs_write(ACPI_DRIVER "/bind", ACPI_DEVICE);
}

static void remove_and_rescan(const char *bdf)
{
	(void)bdf;
	pause_a_little(20000);
	pci_write(any_device(), "remove", "1");
	pause_a_little(100);
	write_locked(F_WRLCK, SYSFS_PCI "/rescan");
}

struct span {
	uint64_t start, end;
};

/* Windows, and the regions in them */
struct map {
	struct span window[MAX_DEVICES], region[2 * MAX_DEVICES];
	int windows, regions;
};

static bool is_inside(const struct span *inner, const struct map *map)
{
	for (int i = 0; i < map->windows; i++)
		if (inner->start >= map->window[i].start &&
		    inner->end <= map->window[i].end)
			return true;
	return false;
}

static void read_map(struct map *map)
{
	FILE *file = fopen("/proc/iomem", "re");
	char line[256], name[NAME_LEN];
	struct span this;

	memset(map, 0, sizeof(*map));
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, " %" SCNx64 "-%" SCNx64 " : %63[^\n]",
			   &this.start, &this.end, name) != 3)
			continue;
		if (!strncmp(name, "CXL Window", 10) &&
		    map->windows < MAX_DEVICES)
			map->window[map->windows++] = this;
		if (!strncmp(name, "region", 6) &&
		    map->regions < 2 * MAX_DEVICES)
			map->region[map->regions++] = this;
	}
	if (file)
		fclose(file);
}

/*
 * The file comes in pieces, by line number: what comes or goes between two of
 * them makes lines appear twice or not at all. So it counts when it is the same
 * twice.
 */
static bool same_map_twice(struct map *map)
{
	struct map again;

	read_map(map);
	read_map(&again);
	return !memcmp(map, &again, sizeof(again));
}

/* A region of no size yet is not in the map */
static void check_map(const char *bdf)
{
	struct map map;

	usleep(10000);
	if (!same_map_twice(&map))
		return;
	for (int i = 0; i < map.regions; i++) {
		const struct span *this = &map.region[i];

		if (!is_size(this->end - this->start + 1))
			complain("size of a region", bdf,
				 this->end - this->start + 1);
		if (!is_inside(this, &map))
			complain("region outside of a window", bdf,
				 this->start);
		for (int j = 0; j < i; j++)
			if (this->start <= map.region[j].end &&
			    map.region[j].start <= this->end)
				complain("region in another", bdf, this->start);
		shared->looks++;
	}
}

/* Once for each device, or once */
static const struct actor {
	void (*act)(const char *bdf);
	bool each;
} actors[] = {
	{ write_sizes, true },
	{ bind_and_unbind, true },
	{ use, true },
	{ reset, true },
	{ delete_region, false },
	{ unbind_root, false },
	{ remove_and_rescan, false },
	{ check_map, false },
};

#define MAX_ACTORS (4 * MAX_DEVICES + 4)

static pid_t start(const struct actor *actor, const char *bdf, int n)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	seed = seed * 1000003 + n;
	while (!shared->stop)
		actor->act(bdf);
	_exit(0);
}

static int start_all(pid_t *pid)
{
	int n = 0;

	for (size_t a = 0; a < sizeof(actors) / sizeof(*actors); a++)
		for (int i = 0; i < (actors[a].each ? n_devices : 1); i++, n++)
			pid[n] = start(&actors[a], devices[i], n);
	return n;
}

static bool all_ended(pid_t *pid, int n)
{
	bool ended = true;
	int status;

	for (int i = 0; i < n; i++) {
		if (!pid[i])
			continue;
		if (waitpid(pid[i], &status, WNOHANG) != pid[i]) {
			ended = false;
			continue;
		}
		if (status)
			complain("end", "an actor", status);
		pid[i] = 0;
	}
	return ended;
}

FIXTURE(races) {
	struct snapshot before;
	pid_t pid[MAX_ACTORS];
	int actors;
};

FIXTURE_SETUP(races)
{
	ASSERT_EQ(0, cxl_reset_all());
}

FIXTURE_TEARDOWN(races)
{
	for (int i = 0; i < self->actors; i++)
		if (self->pid[i])
			kill(self->pid[i], SIGKILL);
	snapshot_free(&self->before);
}

/*
 * The names of what the root brings count on with each of its lives, so it is
 * not the map of before that comes back: no device has anything.
 */
static bool all_is_idle(void)
{
	struct snapshot now;
	bool idle;

	snapshot_take(&now);
	idle = !strstr(now.text, "region") && !strstr(now.text, "cxl: mem") &&
	       !strstr(now.text, "endpoint");
	snapshot_free(&now);
	for (int i = 0; i < n_devices; i++)
		idle = idle && !hdm_committed(devices[i], NULL);
	return idle;
}

static void tell_what_is_there(void)
{
	struct snapshot now;

	snapshot_take(&now);
	for (char *line = strtok(now.text, "\n"); line; line = strtok(NULL, "\n"))
		hard_wrong("%s", line);
	snapshot_free(&now);
}

static void bring_back(void)
{
	sysfs_write(ACPI_DRIVER "/bind", ACPI_DEVICE);
	sysfs_write(SYSFS_PCI "/rescan", "1");
}

TEST_F_TIMEOUT(races, nothing_is_lost, 3600)
{
	unsigned int seconds = hard_length(60, 600);
	char now[MAX_DEVICES][BDF_LEN];

	self->actors = start_all(self->pid);
	for (unsigned int i = 0; i < seconds; i++) {
		sleep(1);
		all_ended(self->pid, self->actors);
	}
	shared->stop = true;
	ASSERT_TRUE(WAIT_FOR(all_ended(self->pid, self->actors), 120));
	bring_back();
	ASSERT_TRUE(WAIT_FOR(cxl_devices(now) == n_devices, 10));
	EXPECT_EQ(0, shared->wrong);
	TH_LOG("%d acts, %d lost a race; %d uses of memory, %d lost it meanwhile; %d looks at a region in the map",
	       shared->done, shared->refused, shared->used, shared->lost,
	       shared->looks);
	EXPECT_LT(0, shared->used);
	EXPECT_LT(0, shared->looks);

	EXPECT_TRUE(WAIT_FOR(!cxl_reset_all(), 10));
	EXPECT_TRUE(WAIT_FOR(all_is_idle(), 5)) {
		tell_what_is_there();
	}
	snapshot_take(&self->before);
	for (int i = 0; i < n_devices; i++) {
		EXPECT_EQ(0, cxl_deliver(devices[i], ALIGN)) {
			TH_LOG("%s", region_attr(devices[i], "error"));
		}
		EXPECT_TRUE(hard_is_whole(devices[i]));
	}
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
}

int main(int argc, char **argv)
{
	n_devices = need_devices(devices);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	rescans = fileno(tmpfile());
	seed = hard_seed();
	return test_harness_run(argc, argv);
}
