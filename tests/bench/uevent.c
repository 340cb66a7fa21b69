// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: uevent [ROUNDS]
 *
 * What our udev rules cost an add event of a PCI device with CXL memory, whose
 * size they write: from the write to the device's uevent file until udevd has
 * told its listeners. With and without our rules in turn, and the processes
 * that were started meanwhile. Needs udevd (tests/vm/run --udev).
 */
#include <err.h>
#include <libudev.h>
#include <poll.h>
#include <stdbool.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "stats.h"
#include "sysfs_util.h"

#define EVENTS 10
#define RULES "/run/udev/rules.d/60-cxl-presize.rules"

static struct udev_monitor *monitor;
static char bdf[BDF_LEN];

/* The size is asked for with and without our rules, which write it */
static void prepare(void)
{
	FILE *rule;

	must(module_load("cxl-presize"), "cxl-presize");
	must(pci_find_cxl(bdf, sizeof(bdf)), "a CXL device");
	must(system("echo blacklist cxl_pci >/etc/modprobe.d/bench.conf"),
	     "modprobe.d");
	must(system("modprobe -r cxl_pci"), "the stock driver");
	must(system("mkdir -p /run/udev/rules.d"), "rules.d");
	rule = fopen("/run/udev/rules.d/59-bench.rules", "w");
	if (!rule)
		err(1, "a rule");
	fprintf(rule, "KERNEL==\"%s\", ENV{CXL_REGION_SIZE}=\"512M\"\n",
		bdf);
	fclose(rule);
}

static void listen_to_udevd(void)
{
	struct udev *udev = udev_new();

	monitor = udev_monitor_new_from_netlink(udev, "udev");
	if (!monitor ||
	    udev_monitor_filter_add_match_subsystem_devtype(monitor, "pci",
							    NULL) ||
	    udev_monitor_enable_receiving(monitor))
		errx(1, "no monitor of udevd");
}

static void wait_for_udevd(void)
{
	struct pollfd pfd = {
		.fd = udev_monitor_get_fd(monitor), .events = POLLIN
	};
	struct udev_device *dev;
	bool ours = false;

	while (!ours) {
		if (poll(&pfd, 1, 30000) != 1)
			errx(1, "udevd says nothing");
		dev = udev_monitor_receive_device(monitor);
		ours = dev && !strcmp(udev_device_get_sysname(dev), bdf);
		udev_device_unref(dev);
	}
}

static unsigned long processes(void)
{
	unsigned long n = 0;
	char line[256];
	FILE *stat = fopen("/proc/stat", "r");

	while (stat && fgets(line, sizeof(line), stat))
		if (sscanf(line, "processes %lu", &n) == 1)
			break;
	if (stat)
		fclose(stat);
	return n;
}

static double one_event(void)
{
	double begin;

	must(pci_write(bdf, "cxl_region/size", "0"), "size");
	begin = now();
	must(pci_write(bdf, "uevent", "add"), "uevent");
	wait_for_udevd();
	return now() - begin;
}

static void check_size(bool written)
{
	uint64_t size;

	must(pci_read_u64(bdf, "cxl_region/size", &size), "size");
	if (!!size != written)
		errx(1, "the size is %#llx %s our rules",
		     (unsigned long long)size, written ? "with" : "without");
}

/* A reload ends udevd's workers: the first events start new ones */
static void round_of_events(bool ours, struct samples *times,
			    struct samples *forks)
{
	unsigned long before;

	must(system(ours ? "cp /src/udev-rules/60-cxl-presize.rules " RULES :
			   "rm -f " RULES), "rules");
	must(system("udevadm control --reload"), "udevadm");
	for (int i = 0; i < 3; i++)
		one_event();
	before = processes();
	for (int i = 0; i < EVENTS; i++) {
		samples_add(times, one_event());
		check_size(ours);
	}
	samples_add(forks, (double)(processes() - before) / EVENTS);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 9;
	struct samples with = { .name = "add event, size written by our rules" };
	struct samples without = { .name = "add event, without our rules" };
	struct samples forks = { .name = "processes an event, with" };
	struct samples none = { .name = "processes an event, without" };

	prepare();
	listen_to_udevd();
	for (int i = 0; i < rounds; i++) {
		round_of_events(true, &with, &forks);
		round_of_events(false, &without, &none);
	}
	samples_print(&without, "ms", 1e3);
	samples_print(&with, "ms", 1e3);
	samples_print(&none, "  ", 1);
	samples_print(&forks, "  ", 1);
	ratio_print("add event: with / without our rules", &with, &without, 0);
	if (samples_median(&forks) > 0)
		errx(1, "a process is started for the simple case");
	return 0;
}
