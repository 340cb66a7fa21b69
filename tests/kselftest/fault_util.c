// SPDX-License-Identifier: GPL-2.0-only
/* See fault_util.h */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fault_util.h"
#include "sysfs_util.h"

#define DEBUGFS "/sys/kernel/debug/"
#define FAIL_FUNCTION DEBUGFS "fail_function/"
#define FAIL_NTH "/proc/thread-self/fail-nth"

static unsigned int armed;

int fault_setup(void)
{
	static const char *const settings[][2] = {
		{ DEBUGFS "failslab/ignore-gfp-wait", "N" },
		{ DEBUGFS "failslab/verbose", "0" },
		{ DEBUGFS "fail_page_alloc/ignore-gfp-wait", "N" },
		{ DEBUGFS "fail_page_alloc/min-order", "0" },
		{ DEBUGFS "fail_page_alloc/verbose", "0" },
		{ FAIL_FUNCTION "verbose", "0" },
		{ FAIL_FUNCTION "task-filter", "N" },
		{ FAIL_FUNCTION "interval", "1" },
	};
	int ret = access(FAIL_NTH, W_OK) ? -errno : 0;

	for (size_t i = 0; !ret && i < sizeof(settings) / sizeof(*settings); i++)
		ret = sysfs_write(settings[i][0], settings[i][1]);
	return ret;
}

/* Open before it is armed, or the file's own opening would be among the failures */
static int nth_file(void)
{
	static int fd = -1;
	static pid_t owner;

	if (owner == gettid())
		return fd;
	owner = gettid();
	fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		perror(FAIL_NTH);
		exit(1);
	}
	return fd;
}

static void write_nth(unsigned int nth)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", nth);

	if (pwrite(nth_file(), text, len, 0) != len) {
		perror(FAIL_NTH);
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
		perror(FAIL_NTH);
		exit(1);
	}
	write_nth(0);
	left = atoi(text);
	*failed = !left;
	return armed - left;
}

static int write_number(const char *path, long long value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", value);
	return sysfs_write(path, text);
}

/*
 * debugfs takes the error as the unsigned number that the function returns.
 * "space" is what is spent before the first failure, one a call.
 */
int fault_function(const char *function, unsigned int nth, int error)
{
	char path[PATH_MAX], text[32];
	int ret;

	ret = sysfs_write(FAIL_FUNCTION "inject", function);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), FAIL_FUNCTION "%s/retval", function);
	snprintf(text, sizeof(text), "%#llx", (long long)error);
	ret = sysfs_write(path, text);
	ret = ret ?: write_number(FAIL_FUNCTION "space", nth);
	ret = ret ?: write_number(FAIL_FUNCTION "times", 1);
	return ret ?: write_number(FAIL_FUNCTION "probability", 100);
}

bool fault_function_end(void)
{
	char text[32] = "";

	sysfs_read(FAIL_FUNCTION "times", text, sizeof(text));
	sysfs_write(FAIL_FUNCTION "probability", "0");
	sysfs_write(FAIL_FUNCTION "inject", "\n");
	return !strcmp(text, "0");
}
