// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: guest [ROUNDS]
 *
 * A guest of this host: the time from its start until the region of a CXL device
 * can be used in it, against the same guest without the device, in turn. And
 * writes to the region against writes to main memory (guest_rate), with the
 * faults that KVM and QEMU take for them. Memory is not cleared for a start,
 * which has a measurement of its own (clear). With 0 ROUNDS, the writes only.
 */
#include <err.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "stats.h"
#include "sysfs_util.h"
#include "vfio_util.h"

#define FOLDER	"/run/guest/bench"
#define MIB	"128"

#define MODULES	"cxl_acpi cxl_pci cxl_port cxl_mem dax_cxl device_dax"
#define LOOK	"/src/tests/guest/look >/out/look && [ -c /dev/dax0.0 ]"
#define RATE	LOOK " && /src/build/bench/guest_rate /dev/dax0.0 " MIB

static char bdf[BDF_LEN];

/* Its words are shown when it fails, or is to be heard */
static int run_guest(bool device, const char *command, bool heard)
{
	char line[1024];
	int ret;

	snprintf(line, sizeof(line),
		 "/src/tests/guest/run -n bench -m 768M %s %s sh -c '%s' %s",
		 device ? "-d" : "", device ? bdf : "", command,
		 heard ? "" : ">/tmp/said 2>&1");
	ret = system(line);
	if (ret && !heard)
		must(system("cat /tmp/said"), "cat");
	return ret;
}

static double time_of(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		err(1, "%s", path);
	return st.st_mtim.tv_sec + st.st_mtim.tv_nsec / 1e9;
}

/*
 * Both files are in memory of this host, so that its clock counts. The one is
 * written right before QEMU starts, the other one by the guest.
 */
static void start(bool device, struct samples *s)
{
	must(run_guest(device, device ? LOOK " && touch /out/usable" :
		       "modprobe -a " MODULES " && touch /out/usable", false),
	     "a guest");
	samples_add(s, time_of(FOLDER "/out/usable") -
		       time_of(FOLDER "/out/command"));
}

/* QEMU and the kernel are read from a slow disk the first time */
static void starts(int rounds)
{
	struct samples with = { .name = "start to a usable region" };
	struct samples without = { .name = "start without a CXL device" };

	must(run_guest(false, "true", false), "a guest");
	for (int i = 0; i < rounds; i++) {
		start(true, &with);
		start(false, &without);
	}
	samples_print(&with, "s ", 1);
	samples_print(&without, "s ", 1);
	ratio_print("start: with / without a CXL device", &with, &without, 0);
}

struct faults {
	unsigned long kvm, qemu;
};

/* There is one guest at a time, and so one folder of KVM's */
static unsigned long kvm_faults(void)
{
	unsigned long n = 0;
	glob_t found;
	FILE *file;

	if (glob("/sys/kernel/debug/kvm/*-*/pf_taken", 0, NULL, &found) ||
	    found.gl_pathc != 1)
		errx(1, "no counters of KVM");
	file = fopen(found.gl_pathv[0], "re");
	if (!file || fscanf(file, "%lu", &n) != 1)
		err(1, "%s", found.gl_pathv[0]);
	fclose(file);
	globfree(&found);
	return n;
}

static unsigned long qemu_faults(void)
{
	unsigned long n = 0;
	char path[64];
	int pid = 0;
	FILE *file = fopen(FOLDER "/pid", "re");

	if (!file || fscanf(file, "%d", &pid) != 1)
		err(1, "the id of QEMU");
	fclose(file);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "re");
	if (!file || fscanf(file, "%*d %*s %*c %*d %*d %*d %*d %*d %*u %lu",
			    &n) != 1)
		err(1, "%s", path);
	fclose(file);
	return n;
}

/* Wait for the guest's word, look, and let it go on */
static struct faults at_phase(const char *phase, pid_t guest)
{
	struct faults faults;
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), FOLDER "/out/%s", phase);
	while (access(path, F_OK)) {
		if (waitpid(guest, NULL, WNOHANG))
			errx(1, "the guest ended before \"%s\"", phase);
		usleep(100000);
	}
	faults.kvm = kvm_faults();
	faults.qemu = qemu_faults();
	strcat(path, ".seen");
	file = fopen(path, "we");
	if (!file)
		err(1, "%s", path);
	fclose(file);
	return faults;
}

static void print_faults(const char *what, struct faults from, struct faults to)
{
	printf("%-52s faults %9lu of KVM, %lu of QEMU\n", what,
	       to.kvm - from.kvm, to.qemu - from.qemu);
}

static void rate(void)
{
	struct faults begin, region, memory, rounds;
	int status = -1;
	pid_t guest = fork();

	if (guest < 0)
		err(1, "fork");
	if (!guest)
		_exit(!!run_guest(true, RATE, true));
	begin = at_phase("begin", guest);
	region = at_phase("region", guest);
	memory = at_phase("memory", guest);
	rounds = at_phase("rounds", guest);
	if (waitpid(guest, &status, 0) != guest || status)
		errx(1, "the guest failed");
	print_faults("first touch of the region", begin, region);
	print_faults("first touch of main memory", region, memory);
	print_faults("all further writes to both", memory, rounds);
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 3;

	setlinebuf(stdout);
	must(module_load(CXL_VFIO_DRIVER), CXL_VFIO_DRIVER);
	must(sysfs_write(CLEAR, "0"), CLEAR);
	must(pci_find_cxl(bdf, sizeof(bdf)), "a CXL device");
	must(cxl_deliver(bdf, cxl_test_size()), "deliver");
	if (rounds > 0)
		starts(rounds);
	printf("%s MiB, in pages of 2 MiB\n", MIB);
	rate();
	must(cxl_withdraw(bdf), "withdraw");
	must(sysfs_write(CLEAR, "1"), CLEAR);
	return 0;
}
