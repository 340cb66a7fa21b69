// SPDX-License-Identifier: GPL-2.0-only
/* See kcov_util.h */
#include <errno.h>
#include <fcntl.h>
#include <linux/kcov.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kcov_util.h"

#define ENTRIES (64 << 10)
/* A bit a place; two places with one bit are taken for one */
#define BITS (1 << 20)

static unsigned long *cover;
static uint8_t seen[BITS / 8];
static unsigned int count;

int kcov_start(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	void *map;

	if (fd < 0)
		return -errno;
	if (ioctl(fd, KCOV_INIT_TRACE, ENTRIES))
		return -errno;
	map = mmap(NULL, ENTRIES * sizeof(*cover), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	if (map == MAP_FAILED || ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		return -errno;
	cover = map;
	return 0;
}

void kcov_begin(void)
{
	if (cover)
		__atomic_store_n(&cover[0], 0, __ATOMIC_RELAXED);
}

static bool note(unsigned long place)
{
	uint32_t bit = (place * 0x9e3779b97f4a7c15ULL) >> 44;

	if (seen[bit / 8] & 1 << bit % 8)
		return false;
	seen[bit / 8] |= 1 << bit % 8;
	count++;
	return true;
}

bool kcov_is_new(void)
{
	bool is_new = false;
	unsigned long n;

	if (!cover)
		return false;
	n = __atomic_load_n(&cover[0], __ATOMIC_RELAXED);
	for (unsigned long i = 1; i <= n && i < ENTRIES; i++)
		is_new |= note(cover[i]);
	return is_new;
}

unsigned int kcov_count(void)
{
	return count;
}
