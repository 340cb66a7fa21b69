// SPDX-License-Identifier: GPL-2.0-only
/*
 * Out of memory, everywhere: for each thing that is done with a device, its
 * first allocation fails, then its second, and so on until it needs no more.
 * After each: what failed has left nothing, what did not fail is whole, and
 * the next attempt succeeds.
 *
 * Every n-th is tried with VM_FULL; otherwise LIMIT of them, taken at random.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "fault_util.h"
#include "hard_util.h"
#include "hdm_util.h"

#define LIMIT 40
#define MANY 1000000
#define SIZE (256 * MIB)

static char devices[MAX_DEVICES][BDF_LEN];
static const char *const bdf = devices[0];
static uint64_t seed;

/* Of a device that is bound, while it is open */
static struct vfio_dev dev;
static struct hard_memory memory;

static struct snapshot idle;

static bool is_bound(void)
{
	char name[NAME_LEN];

	return pci_link(bdf, "driver", name, sizeof(name)) > 0;
}

static bool is_there(void)
{
	return !strcmp(region_attr(bdf, "size_align"), "0x10000000");
}

/* --- write to size */

static int write_size(void)
{
	return pci_write_u64(bdf, "cxl_region/size", SIZE);
}

static bool size_is(uint64_t want)
{
	uint64_t size = ~0ULL;

	pci_read_u64(bdf, "cxl_region/size", &size);
	return size == want ||
	       hard_wrong("size is %#" PRIx64 ", not %#" PRIx64, size, want);
}

static bool size_written(int ret)
{
	return size_is(ret ? 0 : SIZE) && !write_size() && size_is(SIZE);
}

static bool no_size(void)
{
	return !pci_write_u64(bdf, "cxl_region/size", 0);
}

/* --- bind, unbind */

static bool requested(void)
{
	return !write_size();
}

static int bind_it(void)
{
	return pci_bind(bdf, DRIVER);
}

/* A bind that fails may have failed before the driver was asked */
static bool bound_or_not(int ret)
{
	const char *state = region_attr(bdf, "state");

	if (is_bound() != !ret)
		return hard_wrong("returned %d, but %sbound", ret,
				  ret ? "" : "not ");
	if (!ret)
		return hard_is_whole(bdf);
	if (!strcmp(state, "failed") && !*region_attr(bdf, "error"))
		return hard_wrong("failed without a word");
	return (strcmp(state, "committed") && snapshot_returns(&idle)) ||
	       hard_wrong("state %s", state);
}

static bool binds(void)
{
	int ret = is_bound() ? 0 : bind_it();

	return (!ret && hard_is_whole(bdf)) || hard_wrong("bind: %d", ret);
}

static bool bound(int ret)
{
	return bound_or_not(ret) && binds();
}

static bool requested_and_bound(void)
{
	return (is_bound() || requested()) && binds();
}

static int unbind_it(void)
{
	return pci_write(bdf, "driver/unbind", bdf);
}

static bool unbound(void)
{
	int ret = is_bound() ? pci_unbind(bdf) : 0;

	return !ret && snapshot_returns(&idle);
}

static bool unbinds(int ret)
{
	return (ret ? binds() : !is_bound()) && unbound() && binds();
}

/* --- open, close */

static int open_it(void)
{
	return vfio_open(&dev, bdf);
}

static bool usable(void)
{
	bool ok = hard_map(&dev, &memory) && hard_touch(&memory);

	hard_unmap(&memory);
	return (ok && hard_is_whole(bdf)) || hard_wrong("not usable");
}

static bool opens(void)
{
	int ret = open_it();

	return (!ret && usable()) || hard_wrong("open: %d", ret);
}

static bool opened(int ret)
{
	bool ok = ret || usable();

	vfio_close(&dev);
	return ok && hard_is_whole(bdf) && opens();
}

static bool closed(void)
{
	hard_unmap(&memory);
	vfio_close(&dev);
	return true;
}

static bool ready_to_close(void)
{
	return requested_and_bound() && opens();
}

static int close_it(void)
{
	vfio_close(&dev);
	return 0;
}

static bool opens_again(int ret)
{
	return !ret && opens();
}

/* --- mmap and the first touch of it */

static int touch_it(void)
{
	if (!hard_map(&dev, &memory))
		return -ENOMEM;
	return hard_touch(&memory) ? 0 : -EFAULT;
}

static bool touched(int ret)
{
	(void)ret;
	hard_unmap(&memory);
	return usable();
}

/* --- reset, by its user and by the host */

static bool mapped(void)
{
	return ready_to_close() && hard_map(&dev, &memory) &&
	       hard_touch(&memory);
}

static int reset_it(void)
{
	return ioctl(dev.fd, VFIO_DEVICE_RESET) ? -errno : 0;
}

static int reset_by_host(void)
{
	return pci_write(bdf, "reset", "1");
}

/* Whether it was reset or not, the memory is there, by the next at the latest */
static bool was_reset(int ret)
{
	if (!hard_touch(&memory) && !ret)
		return hard_wrong("no memory after a reset");
	return (!reset_it() && hard_touch(&memory) && hard_is_whole(bdf)) ||
	       hard_wrong("no memory after the next reset");
}

/* --- the device goes and comes */

static int remove_it(void)
{
	return pci_write(bdf, "remove", "1");
}

static int rescan(void)
{
	return sysfs_write(SYSFS_PCI "/rescan", "1");
}

/* What was found without all of it is removed, and found again */
static bool comes(void)
{
	if (!is_there()) {
		remove_it();
		rescan();
	}
	return is_there() || hard_wrong("the device does not come back");
}

static bool removed(int ret)
{
	if (ret && remove_it())
		return hard_wrong("not removed");
	return snapshot_returns(&idle) && !rescan() && comes() &&
	       requested_and_bound();
}

static bool gone(void)
{
	return !remove_it();
}

static bool scanned(int ret)
{
	return (!ret || !rescan()) && comes() && requested_and_bound();
}

/* --- the modules */

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

static bool is_loaded(const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "/sys/module/%s", name);
	return !access(path, F_OK);
}

static int unload_both(void)
{
	int ret = is_loaded("cxl_vfio_pci") ? unload("cxl_vfio_pci") : 0;

	return ret ?: is_loaded("cxl_presize") ? unload("cxl_presize") : 0;
}

/* The files are read before anything fails: that is not what is tried here */
struct image {
	void *data;
	size_t size;
};

static struct image images[2];

static bool read_image(struct image *image, const char *name)
{
	struct utsname kernel;
	char path[PATH_MAX];
	struct stat st;
	int fd;

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/%s.ko",
		 kernel.release, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return false;
	image->size = st.st_size;
	image->data = malloc(st.st_size);
	return image->data && read(fd, image->data, st.st_size) == st.st_size &&
	       !close(fd);
}

static bool unloaded(void)
{
	return !unload_both() &&
	       (images[0].data || (read_image(&images[0], "cxl-presize") &&
				   read_image(&images[1], "cxl-vfio-pci")));
}

static int load_both(void)
{
	for (int i = 0; i < 2; i++)
		if (syscall(SYS_init_module, images[i].data, images[i].size,
			    ""))
			return -errno;
	return 0;
}

static bool works(void)
{
	bool ok = !module_load(DRIVER) && comes() && !sysfs_write(CLEAR, "0") &&
		  requested_and_bound() && unbound() && no_size();

	return ok || hard_wrong("does not work after that");
}

static bool loaded(int ret)
{
	(void)ret;
	return works();
}

static bool unloads(int ret)
{
	if (ret && unload_both())
		return hard_wrong("not unloaded");
	return works();
}

FIXTURE(faults) {
};

/*
 * @ready: all that comes before
 * @act: what has to do with less memory
 * @after: is all well, whether it returned 0 or not, and does it work now?
 * @back: as it was before @ready, or near enough for the next round
 */
FIXTURE_VARIANT(faults) {
	bool (*ready)(void);
	int (*act)(void);
	bool (*after)(int ret);
	bool (*back)(void);
};

FIXTURE_VARIANT_ADD(faults, size) {
	no_size, write_size, size_written, no_size,
};

FIXTURE_VARIANT_ADD(faults, bind) {
	requested, bind_it, bound, unbound,
};

FIXTURE_VARIANT_ADD(faults, open) {
	requested_and_bound, open_it, opened, closed,
};

FIXTURE_VARIANT_ADD(faults, touch) {
	ready_to_close, touch_it, touched, closed,
};

FIXTURE_VARIANT_ADD(faults, reset) {
	mapped, reset_it, was_reset, closed,
};

FIXTURE_VARIANT_ADD(faults, reset_by_host) {
	mapped, reset_by_host, was_reset, closed,
};

FIXTURE_VARIANT_ADD(faults, close) {
	ready_to_close, close_it, opens_again, closed,
};

FIXTURE_VARIANT_ADD(faults, unbind) {
	requested_and_bound, unbind_it, unbinds, unbound,
};

FIXTURE_VARIANT_ADD(faults, unplug) {
	requested_and_bound, remove_it, removed, unbound,
};

FIXTURE_VARIANT_ADD(faults, plug) {
	gone, rescan, scanned, unbound,
};

FIXTURE_VARIANT_ADD(faults, load) {
	unloaded, load_both, loaded, unloaded,
};

FIXTURE_VARIANT_ADD(faults, unload) {
	works, unload_both, unloads, works,
};

FIXTURE_SETUP(faults)
{
	ASSERT_EQ(0, module_load(DRIVER));
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&idle);
}

FIXTURE_TEARDOWN(faults)
{
	closed();
	EXPECT_EQ(0, module_load(DRIVER));
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&idle));
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
	snapshot_free(&idle);
}

/* One round; *used is how many allocations there were */
static bool try_nth(const FIXTURE_VARIANT(faults) *variant, unsigned int nth,
		    unsigned int *used, bool *failed)
{
	int ret;

	if (!variant->ready())
		return hard_wrong("round %u does not begin", nth);
	fault_arm(nth);
	ret = variant->act();
	*used = fault_disarm(failed);
	if (!variant->after(ret) || !variant->back())
		return hard_wrong("allocation %u failed, with the result %d",
				  nth, ret);
	return true;
}

TEST_F_TIMEOUT(faults, each_allocation_in_turn, 3600)
{
	unsigned int total, used, tried = 0, hit = 0;
	bool failed, all;

	/* twice: what is allocated once and for all is not counted */
	for (int i = 0; i < 2; i++)
		ASSERT_TRUE(try_nth(variant, MANY, &total, &failed));
	ASSERT_FALSE(failed);
	all = total <= hard_length(LIMIT, MANY);
	for (unsigned int n = 1; tried < (all ? total : LIMIT); n++) {
		unsigned int nth = all ? n : 1 + hard_random(&seed) % total;

		ASSERT_TRUE(try_nth(variant, nth, &used, &failed));
		tried++;
		hit += failed;
	}
	TH_LOG("%u of %u allocations failed in turn", hit, total);
	EXPECT_LE(tried, 2 * hit);
}

int main(int argc, char **argv)
{
	int ret = fault_setup();

	if (ret)
		ksft_exit_fail_msg("no fault injection: %s\n", strerror(-ret));
	need_devices(devices);
	seed = hard_seed();
	return test_harness_run(argc, argv);
}
