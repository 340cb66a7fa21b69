// SPDX-License-Identifier: GPL-2.0-only
/* See fault_util.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_util.h"
#include "sysfs_util.h"

#define FAULTS "/sys/kernel/debug/cxl_fault_test/"

static unsigned int armed;

int fault_setup(void)
{
	return module_load("cxl_fault_test");
}

/* Open before it is armed, or its own opening would be among what fails */
static int nth_file(void)
{
	static int fd = -1;
	static pid_t owner;

	if (owner == gettid())
		return fd;
	owner = gettid();
	fd = open(FAULTS "allocation", O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror("fault injection");
		exit(1);
	}
	return fd;
}

static void write_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(nth_file(), text, len, 0) != len) {
		perror("fault injection");
		exit(1);
	}
}

void fault_arm(unsigned int nth)
{
	armed = nth;
	write_nth(nth);
}

/* What is left of the number says how many were made: 0 when one has failed */
unsigned int fault_disarm(bool *failed)
{
	char text[16] = "";
	unsigned int left;

	if (pread(nth_file(), text, sizeof(text) - 1, 0) <= 0) {
		perror("fault injection");
		exit(1);
	}
	write_nth(0);
	left = atoi(text);
	*failed = !left;
	return armed - left;
}

int fault_function(const char *function, unsigned int nth, int error)
{
	char text[256];

	snprintf(text, sizeof(text), "%s %u %d", function, nth, error);
	return sysfs_write(FAULTS "function", text);
}

bool fault_function_end(void)
{
	char left[32] = "";

	sysfs_read(FAULTS "function", left, sizeof(left));
	sysfs_write(FAULTS "function", "\n");
	return !strcmp(left, "0");
}
