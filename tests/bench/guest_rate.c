// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: guest_rate DAX MIB [ROUNDS]	(in the guest)
 *
 * Write to the region of a CXL device and to main memory, in turn, both in pages
 * of 2 MiB, which are reserved first, for main memory. Before and after each
 * first touch, and after the rounds, it waits for the host to count faults:
 * /out/PHASE is the guest's word, /out/PHASE.seen the answer.
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "stats.h"

#define HUGE	(2UL << 20)

static void reserve(size_t len)
{
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "we");

	if (!file)
		err(1, "huge pages");
	fprintf(file, "%zu\n", len / HUGE);
	fclose(file);
}

static void tell(const char *phase)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/out/%s", phase);
	fd = creat(path, 0644);
	if (fd < 0)
		err(1, "%s", path);
	close(fd);
	snprintf(path, sizeof(path), "/out/%s.seen", phase);
	while (access(path, F_OK))
		usleep(100000);
}

static volatile uint64_t *map(const char *path, size_t len)
{
	int fd = path ? open(path, O_RDWR) : -1;
	int flags = path ? MAP_SHARED :
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_HUGETLB;
	void *area;

	if (path && fd < 0)
		err(1, "%s", path);
	area = mmap(NULL, len, PROT_READ | PROT_WRITE, flags, fd, 0);
	if (area == MAP_FAILED)
		err(1, "mmap of %s", path ? path : "main memory");
	return area;
}

static double write_all(volatile uint64_t *area, size_t len)
{
	double begin = now();

	for (size_t i = 0; i < len / sizeof(*area); i++)
		area[i] = i;
	return now() - begin;
}

int main(int argc, char **argv)
{
	struct samples cxl = { .name = "write to the region" };
	struct samples ram = { .name = "write to main memory" };
	volatile uint64_t *region, *memory;
	int rounds;
	size_t len;

	if (argc < 3)
		errx(2, "usage: guest_rate DAX MIB [ROUNDS]");
	len = strtoul(argv[2], NULL, 0) << 20;
	rounds = argc > 3 ? atoi(argv[3]) : 11;
	reserve(len);
	region = map(argv[1], len);
	memory = map(NULL, len);

	tell("begin");
	write_all(region, len);
	tell("region");
	write_all(memory, len);
	tell("memory");
	for (int i = 0; i < rounds; i++) {
		samples_add(&cxl, write_all(region, len));
		samples_add(&ram, write_all(memory, len));
	}
	tell("rounds");
	samples_print(&cxl, "ms", 1e3);
	samples_print(&ram, "ms", 1e3);
	ratio_print("write: region / main memory", &cxl, &ram, 1.1);
	return 0;
}
