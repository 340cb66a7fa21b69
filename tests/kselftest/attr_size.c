// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writes to cxl_region/size: what is taken, and each error. A refused write
 * changes nothing and says nothing in the log.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"

#define NR(array) (sizeof(array) / sizeof(*(array)))

static char devices[MAX_DEVICES][BDF_LEN];
static const char *const bdf = devices[0];

/* One write(2) of exactly these bytes; returns what it did, or the error */
static ssize_t write_size(const char *text, size_t len)
{
	char path[PATH_MAX];
	ssize_t ret;
	int fd;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region/size",
		 bdf);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = write(fd, text, len);
	if (ret < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static ssize_t write_text(const char *text)
{
	return write_size(text, strlen(text));
}

FIXTURE(size) {
	int log;
};

/* A request is there for a refused write to leave alone */
FIXTURE_SETUP(size)
{
	if (topology_is("firmware"))
		SKIP(return, "firmware leaves no choice: see deliver_firmware");
	ASSERT_EQ(0, cxl_reset_all());
	ASSERT_EQ(5, write_text("256M\n"));
	self->log = log_start();
	ASSERT_LE(0, self->log);
}

FIXTURE_TEARDOWN(size)
{
	EXPECT_TRUE(log_silent(self->log));
	EXPECT_EQ(0, cxl_reset_all());
}

/* What a write returned, or 1 where it left a trace */
static ssize_t no_trace(ssize_t ret)
{
	const char *size = region_attr(bdf, "size");
	const char *state = region_attr(bdf, "state");
	const char *error = region_attr(bdf, "error");

	if (!strcmp(size, "0x10000000") && !strcmp(state, "requested") &&
	    !*error)
		return ret;
	fprintf(stderr, "# now %s, %s, \"%s\"\n", size, state, error);
	return 1;
}

#define EXPECT_REFUSED(error, write) EXPECT_EQ(error, no_trace(write))

static const struct {
	const char *text, *reads;
} taken[] = {
	{ "512M", "0x20000000" },
	{ "512M\n", "0x20000000" },
	{ "512m\n", "0x20000000" },
	{ "0x20000000", "0x20000000" },
	{ "0X20000000\n", "0x20000000" },
	{ "536870912\n", "0x20000000" },
	{ "04000000000\n", "0x20000000" },
	{ "524288k\n", "0x20000000" },
	{ "524288K\n", "0x20000000" },
	{ "0x200M\n", "0x20000000" },
	{ "1g", "0x40000000" },
	{ "1G\n", "0x40000000" },
	{ "+768M\n", "0x30000000" },
	{ "0", "0x0" },
	{ "0G\n", "0x0" },
	{ "0T", "0x0" },
	{ "0x0\n", "0x0" },
};

TEST_F(size, takes_what_kstrtoull_takes_and_a_suffix)
{
	for (size_t i = 0; i < NR(taken); i++) {
		const char *was = i % 2 ? "1G" : "256M";

		ASSERT_EQ(strlen(was), write_text(was));
		EXPECT_EQ(strlen(taken[i].text), write_text(taken[i].text)) {
			TH_LOG("\"%s\"", taken[i].text);
		}
		EXPECT_STREQ(taken[i].reads, region_attr(bdf, "size")) {
			TH_LOG("\"%s\"", taken[i].text);
		}
	}
}

static const char *const no_size[] = {
	"\n", " ", "x", "-1", "-256M", "- 1", "1e9", "0x", "0xM", "G", "M\n",
	"16E", "256P", "1GG", "1GB", "1GiB", "256Mx", "512M x", " 512M",
	"512M ", "512M\n\n", "\n512M", "512 M", "1,024M", "1.5G", "0x2000000g0",
	"08", "0b1", "size", "nan", "9999999999999999999999999999",
	"18446744073709551616", "17179869184G", "16777216T", "0x10000000000000000",
	"536870912 536870912",
};

TEST_F(size, einval_not_a_number)
{
	for (size_t i = 0; i < NR(no_size); i++) {
		EXPECT_REFUSED(-EINVAL, write_text(no_size[i])) {
			TH_LOG("\"%s\"", no_size[i]);
		}
	}
	EXPECT_REFUSED(-EINVAL, write_size("512M", 5));
	EXPECT_REFUSED(-EINVAL, write_size("512\0M", 5));
	EXPECT_REFUSED(-EINVAL, write_size("\0", 1));
	EXPECT_REFUSED(-EINVAL, write_size("512M\xff", 5));
}

TEST_F(size, einval_garbage_of_a_page)
{
	static char garbage[8192];

	for (size_t i = 0; i < sizeof(garbage); i++)
		garbage[i] = 33 + i * 7 % 94;
	EXPECT_REFUSED(-EINVAL, write_size(garbage, 4095));
	EXPECT_REFUSED(-EINVAL, write_size(garbage, 4096));
	EXPECT_REFUSED(-EINVAL, write_size(garbage, sizeof(garbage)));

	memset(garbage, '0', 4096);
	EXPECT_REFUSED(-EINVAL, write_size(garbage, 4096));
	memset(garbage, ' ', 4096);
	memcpy(garbage, "512M", 4);
	EXPECT_REFUSED(-EINVAL, write_size(garbage, 4096));
}

/* The kernel does not pass a write of nothing on */
TEST_F(size, nothing_written_changes_nothing)
{
	EXPECT_REFUSED(0, write_size("", 0));
}

static const char *const unaligned[] = {
	"1", "1M", "255M", "257M", "0x10000001", "0x8000000", "384M",
	"1073741823", "18446744073709551615", "0xfffffffff8000000",
};

TEST_F(size, einval_unaligned)
{
	for (size_t i = 0; i < NR(unaligned); i++) {
		EXPECT_REFUSED(-EINVAL, write_text(unaligned[i])) {
			TH_LOG("\"%s\"", unaligned[i]);
		}
	}
}

TEST_F(size, enospc_above_size_max)
{
	uint64_t max;

	ASSERT_EQ(0, pci_read_u64(bdf, "cxl_region/size_max", &max));
	ASSERT_EQ(GIB, max);
	EXPECT_REFUSED(-ENOSPC, write_text("1280M"));
	EXPECT_REFUSED(-ENOSPC, write_text("2G\n"));
	EXPECT_REFUSED(-ENOSPC, write_text("1T"));
	EXPECT_REFUSED(-ENOSPC, write_text("0xfffffffff0000000"));
	EXPECT_EQ(2, write_text("1G"));
}

static void set_admin(bool on)
{
	struct __user_cap_header_struct head = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2];
	uint32_t bit = CAP_TO_MASK(CAP_SYS_ADMIN);

	if (syscall(SYS_capget, &head, data))
		abort();
	data[0].effective = on ? data[0].effective | bit :
				 data[0].effective & ~bit;
	if (syscall(SYS_capset, &head, data))
		abort();
}

/* Root's own file, so that opening it is not what fails */
TEST_F(size, eperm_without_cap_sys_admin)
{
	set_admin(false);
	EXPECT_REFUSED(-EPERM, write_text("512M"));
	EXPECT_REFUSED(-EPERM, write_text("256M"));
	EXPECT_REFUSED(-EPERM, write_text("0"));
	EXPECT_REFUSED(-EPERM, write_text("garbage"));
	set_admin(true);
	EXPECT_EQ(4, write_text("512M"));
}

/* Nor does a file descriptor carry the right to somebody who has it not */
TEST_F(size, eperm_by_who_writes)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region/size",
		 bdf);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	set_admin(false);
	EXPECT_REFUSED(-1, write(fd, "512M", 4));
	EXPECT_EQ(EPERM, errno);
	set_admin(true);
	close(fd);
}

TEST_F(size, others_may_read_only)
{
	ASSERT_EQ(0, seteuid(65534));
	EXPECT_REFUSED(-EACCES, write_text("512M"));
	ASSERT_EQ(0, seteuid(0));
}

#define EXPECT_BUSY(state) do {						\
	EXPECT_EQ(-EBUSY, write_text("256M"));				\
	EXPECT_EQ(-EBUSY, write_text("512M"));				\
	EXPECT_EQ(-EBUSY, write_text("0"));				\
	EXPECT_EQ(-EINVAL, write_text("1M"));				\
	EXPECT_STREQ("0x10000000", region_attr(bdf, "size"));		\
	EXPECT_STREQ(state, region_attr(bdf, "state"));			\
} while (0)

TEST_F(size, ebusy_with_a_region_in_use)
{
	if (topology_is("no-window"))
		SKIP(return, "no region can be had here");
	ASSERT_EQ(0, pci_bind(bdf, DRIVER));
	EXPECT_BUSY("committed");
	ASSERT_EQ(0, pci_unbind(bdf));
	EXPECT_EQ(4, write_text("512M"));
}

/* Any driver: the size is for the next bind, and nobody reads it meanwhile */
static void check_busy_with(struct __test_metadata *_metadata,
			    FIXTURE_DATA(size) *self, const char *driver)
{
	ASSERT_EQ(0, pci_write(bdf, "driver_override", "none"));
	ASSERT_EQ(0, module_load(driver));
	ASSERT_EQ(0, pci_bind(bdf, driver));
	/* what that driver has to say does not count */
	close(self->log);
	self->log = log_start();
	EXPECT_BUSY("requested");
	EXPECT_TRUE(log_silent(self->log));
	ASSERT_EQ(0, pci_unbind(bdf));
	self->log = log_start();
	EXPECT_EQ(4, write_text("512M"));
}

TEST_F(size, ebusy_with_a_driver_that_does_nothing)
{
	check_busy_with(_metadata, self, "pci-stub");
}

/* Unloaded at once, or it takes every CXL device that appears from now on */
TEST_F(size, ebusy_with_the_stock_driver)
{
	char class[16] = "";

	pci_read(bdf, "class", class, sizeof(class));
	if (strncmp(class, "0x0502", 6))
		SKIP(return, "there is none for this class of device");
	check_busy_with(_metadata, self, "cxl_pci");
	EXPECT_EQ(0, syscall(SYS_delete_module, "cxl_pci", O_NONBLOCK));
}

int main(int argc, char **argv)
{
	need_devices(devices);
	return test_harness_run(argc, argv);
}
