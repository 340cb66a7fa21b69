/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host as a test sees it before and after: CXL devices, memory map, HDM
 * decoders, the kernel's log. Every function that can fail returns a negative
 * errno, unless it says otherwise.
 */
#ifndef CXL_UTIL_H
#define CXL_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sysfs_util.h"

#define SYSFS_CXL "/sys/bus/cxl"
#define DRIVER "cxl-vfio-pci"
#define MAX_DEVICES 8
#define NAME_LEN 64

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)
#define ALIGN (256 * MIB)

/* All devices that have a cxl_region directory, in order; returns how many */
int cxl_devices(char bdf[MAX_DEVICES][BDF_LEN]);

/* All of them without driver, override and request */
int cxl_reset_all(void);

/* tests/vm/run says which topology this is; false on another machine too */
bool topology_is(const char *name);

/* An attribute of a device of the CXL bus */
int cxl_read(const char *device, const char *attr, char *buf, size_t size);
int cxl_read_u64(const char *device, const char *attr, uint64_t *value);
int cxl_write(const char *device, const char *attr, const char *text);
bool cxl_exists(const char *device);

/* The n-th device whose name begins with this ("region", "endpoint") */
int cxl_find(const char *prefix, unsigned int n, char *name, size_t size);

/* The text of cxl_region/state and the like; "?" where it cannot be read */
const char *region_attr(const char *bdf, const char *attr);
/*
 * cxl_region/state as poll(2) sees it: a file, its text, which arms the next
 * poll, and the events within a time, or a negative errno.
 */
int state_open(const char *bdf);
const char *state_read(int fd);
int state_events(int fd, int ms);

#define EXPECT_WOKEN(fd, state) do {					\
	EXPECT_EQ(POLLPRI | POLLERR, state_events(fd, 2000));		\
	EXPECT_STREQ(state, state_read(fd));				\
	EXPECT_STREQ(state, region_attr(bdf, "state"));			\
	EXPECT_EQ(0, state_events(fd, 50));				\
} while (0)

#define EXPECT_ASLEEP(fd) EXPECT_EQ(0, state_events(fd, 100))

/* Whether cxl_region/error is there, and has each of these, up to NULL */
bool error_has(const char *bdf, ...);

/* The line of a name in /proc/iomem: how many there are, and the last */
int iomem_find(const char *name, uint64_t *start, uint64_t *size);

/* All that a delivery may change, as text */
struct snapshot {
	char *text;
};

/*
 * What is compared: the memory map, all decoders that are committed, and the
 * devices of the CXL bus, of which ports and their decoders may stay behind.
 */
void snapshot_take(struct snapshot *snap);
void snapshot_free(struct snapshot *snap);
/* The CXL core clears up a little later: wait; complains on stderr if it fails */
bool snapshot_returns(const struct snapshot *before);

/* From now on; then whether anything was logged above debug level */
int log_start(void);
bool log_silent(int fd);

/* Wait for a condition, seconds at most */
#define WAIT_FOR(condition, seconds) ({					\
	int waits_ = (seconds) * 50 * slowness();					\
	while (!(condition) && waits_--)				\
		usleep(20000);						\
	(condition);							\
})

#endif /* CXL_UTIL_H */
