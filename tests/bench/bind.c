// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: bind [ROUNDS]
 *
 * From a device without a region to one that a VFIO user has open, our way and
 * by shell: cxl create-region with the stock driver, and then vfio-pci. (The
 * region of the shell way is lost in the end, as it goes with the stock
 * driver. It is the time that is compared.) The rounds alternate.
 */
#include <err.h>
#include <glob.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stats.h"
#include "vfio_util.h"
#include "sysfs_util.h"

#define SIZE (512ULL << 20)

static char bdf[BDF_LEN];

/* The command says a lot in JSON, which is of no interest */
static void cxl_create_region(void)
{
	char *argv[] = {
		"sh", "-c",
		"cxl create-region -d decoder0.0 -t ram -s 512M -m mem0 >/dev/null 2>&1",
		NULL
	};
	int status;
	pid_t pid;

	must(-posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ), "sh");
	if (waitpid(pid, &status, 0) != pid || status)
		errx(1, "cxl create-region: status %#x", status);
}

static void open_and_touch(struct samples *s, double begin)
{
	struct vfio_region_info *mem;
	struct vfio_dev dev;
	char *map;

	must(vfio_open(&dev, bdf), "open");
	if (vfio_find_region(&dev, CXL_REGION_TYPE,
			     VFIO_REGION_SUBTYPE_CXL_MEM, &mem) != 1)
		errx(1, "no memory region");
	map = vfio_mmap(&dev, mem, 0, mem->size);
	if (map == MAP_FAILED)
		err(1, "mmap");
	map[0] = 1;
	samples_add(s, now() - begin);
	munmap(map, mem->size);
	free(mem);
	vfio_close(&dev);
}

static void our_way(struct samples *bound, struct samples *ready)
{
	double begin;

	must(pci_write(bdf, "cxl_region/size", "512M"), "size");
	begin = now();
	must(pci_bind(bdf, CXL_VFIO_DRIVER), "bind");
	samples_add(bound, now() - begin);
	open_and_touch(ready, begin);
	must(pci_unbind(bdf), "unbind");
}

/* The shell way leaves its region behind, without a device, in the window */
static void delete_regions(void)
{
	const char *window = "/sys/bus/cxl/devices/decoder0.0/delete_region";
	glob_t found;

	if (glob("/sys/bus/cxl/devices/region*", 0, NULL, &found))
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		must(sysfs_write(window, basename(found.gl_pathv[i])),
		     found.gl_pathv[i]);
	globfree(&found);
}

static void shell_way(struct samples *bound)
{
	double begin;

	must(pci_bind(bdf, "cxl_pci"), "bind cxl_pci");
	begin = now();
	cxl_create_region();
	must(pci_unbind(bdf), "unbind cxl_pci");
	must(pci_bind(bdf, "vfio-pci"), "bind vfio-pci");
	samples_add(bound, now() - begin);
	must(pci_unbind(bdf), "unbind vfio-pci");
	delete_regions();
}

/* The shell way clears nothing; the rate of clearing is measured elsewhere */
static void do_not_clear(void)
{
	must(sysfs_write(CLEAR, "N"), "clear");
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 11;
	struct samples ours = { .name = "request to bound, cxl-vfio-pci" };
	struct samples ready = { .name = "request to mapped and touched, cxl-vfio-pci" };
	struct samples shell = { .name = "cxl create-region, then vfio-pci bound" };

	must(module_load("vfio-pci"), "vfio-pci");
	must(module_load("cxl_pci"), "cxl_pci");
	must(module_load(CXL_VFIO_DRIVER), CXL_VFIO_DRIVER);
	do_not_clear();
	must(pci_find_cxl(bdf, sizeof(bdf)), "a CXL device");
	must(pci_unbind(bdf), "unbind");
	for (int i = 0; i < rounds; i++) {
		shell_way(&shell);
		our_way(&ours, &ready);
	}
	samples_print(&shell, "ms", 1e3);
	samples_print(&ours, "ms", 1e3);
	samples_print(&ready, "ms", 1e3);
	ratio_print("bound: ours / shell way", &ours, &shell, 1.0);
	ratio_print("mapped and touched: ours / shell way, bound only", &ready,
		    &shell, 1.0);
	return 0;
}
