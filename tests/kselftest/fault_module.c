// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices and modules that come and go: a request goes with its device, the
 * attributes with their module, and a module of another kernel is refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hdm_util.h"

static char bdf[MAX_DEVICES][BDF_LEN];
static int devices;

static int module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

FIXTURE(module) {
	struct snapshot before;
};

FIXTURE_SETUP(module)
{
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
}

FIXTURE_TEARDOWN(module)
{
	EXPECT_EQ(0, module_load(DRIVER));
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	snapshot_free(&self->before);
}

static int remove_and_rescan(const char *device)
{
	int ret = pci_write(device, "remove", "1");

	usleep(100000);
	return ret ?: sysfs_write(SYSFS_PCI "/rescan", "1");
}

TEST_F(module, a_request_goes_with_its_device)
{
	char again[MAX_DEVICES][BDF_LEN];

	ASSERT_EQ(0, pci_write(bdf[0], "cxl_region/size", "512M"));
	ASSERT_EQ(0, remove_and_rescan(bdf[0]));
	EXPECT_EQ(devices, cxl_devices(again));
	EXPECT_STREQ("0x0", region_attr(bdf[0], "size"));
	EXPECT_STREQ("idle", region_attr(bdf[0], "state"));
	ASSERT_EQ(0, pci_write(bdf[0], "cxl_region/size", "512M"));
}

/* The driver goes first, and its region with it */
TEST_F(module, a_bound_device_is_removed)
{
	ASSERT_EQ(0, pci_write(bdf[0], "cxl_region/size", "512M"));
	ASSERT_EQ(0, pci_bind(bdf[0], DRIVER));
	ASSERT_EQ(0, remove_and_rescan(bdf[0]));
	EXPECT_STREQ("0x0", region_attr(bdf[0], "size"));
	EXPECT_STREQ("idle", region_attr(bdf[0], "state"));
	EXPECT_EQ(0, hdm_committed(bdf[0], NULL));
	EXPECT_TRUE(snapshot_returns(&self->before));

	ASSERT_EQ(0, pci_write(bdf[0], "cxl_region/size", "256M"));
	ASSERT_EQ(0, pci_bind(bdf[0], DRIVER));
	EXPECT_STREQ("committed", region_attr(bdf[0], "state"));
}

TEST_F(module, an_open_file_outlives_the_device)
{
	char path[PATH_MAX], text[NAME_LEN];
	int fd;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region/size",
		 bdf[0]);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, remove_and_rescan(bdf[0]));
	EXPECT_EQ(-1, pread(fd, text, sizeof(text), 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_EQ(-1, pwrite(fd, "512M", 4, 0));
	EXPECT_EQ(ENODEV, errno);
	EXPECT_STREQ("0x0", region_attr(bdf[0], "size"));
	close(fd);
}

TEST_F(module, a_bound_device_keeps_the_modules)
{
	ASSERT_EQ(0, pci_write(bdf[0], "cxl_region/size", "512M"));
	ASSERT_EQ(0, pci_bind(bdf[0], DRIVER));
	EXPECT_EQ(-EWOULDBLOCK, module_unload("cxl_vfio_pci"));
	EXPECT_EQ(-EWOULDBLOCK, module_unload("cxl_presize"));
	EXPECT_STREQ("committed", region_attr(bdf[0], "state"));
	EXPECT_EQ(1, hdm_committed(bdf[0], NULL));
}

static int listen_to_uevents(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)))
		return -errno;
	return fd;
}

static int device_index(const char *path)
{
	const char *name = strrchr(path, '/');

	for (int i = 0; name && i < devices; i++)
		if (!strcmp(name + 1, bdf[i]))
			return i;
	return -1;
}

/*
 * How many of the devices told of a change; in any order, each at least once.
 * A message begins with "action@/devices/...".
 */
static int count_changes(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN };
	bool seen[MAX_DEVICES] = {};
	char text[SYSFS_LEN];
	int count = 0, i;
	ssize_t len;

	while (count < devices && poll(&poll_fd, 1, 1000) > 0) {
		len = recv(fd, text, sizeof(text) - 1, 0);
		if (len <= 0)
			break;
		text[len] = 0;
		i = strncmp(text, "change@", 7) ? -1 : device_index(text);
		if (i >= 0 && !seen[i]) {
			seen[i] = true;
			count++;
		}
	}
	return count;
}

TEST_F(module, unloaded_when_idle_and_back_with_an_uevent)
{
	char none[MAX_DEVICES][BDF_LEN];
	int fd;

	ASSERT_EQ(0, pci_write(bdf[0], "cxl_region/size", "512M"));
	ASSERT_EQ(0, module_unload("cxl_vfio_pci"));
	ASSERT_EQ(0, module_unload("cxl_presize"));
	EXPECT_EQ(0, cxl_devices(none));

	fd = listen_to_uevents();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, module_load("cxl-presize"));
	EXPECT_EQ(devices, cxl_devices(none));
	EXPECT_EQ(devices, count_changes(fd));
	EXPECT_STREQ("0x0", region_attr(bdf[0], "size"));
	close(fd);
}

TEST_F_TIMEOUT(module, loaded_many_times, 60)
{
	for (int i = 0; i < 5; i++) {
		ASSERT_EQ(0, module_load(DRIVER));
		ASSERT_EQ(0, pci_write(bdf[0], "cxl_region/size", "256M"));
		ASSERT_EQ(0, pci_bind(bdf[0], DRIVER));
		ASSERT_EQ(0, pci_unbind(bdf[0]));
		ASSERT_EQ(0, module_unload("cxl_vfio_pci"));
		ASSERT_EQ(0, module_unload("cxl_presize"));
		ASSERT_TRUE(snapshot_returns(&self->before));
	}
}

/* The module's file, in memory; NULL where it cannot be read */
static char *read_module(size_t *size)
{
	struct utsname kernel;
	char path[PATH_MAX];
	struct stat st;
	char *image = NULL;
	int fd;

	uname(&kernel);
	snprintf(path, sizeof(path), "/lib/modules/%s/updates/cxl-presize.ko",
		 kernel.release);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return NULL;
	*size = st.st_size;
	image = malloc(*size);
	if (image && read(fd, image, *size) != (ssize_t)*size) {
		free(image);
		image = NULL;
	}
	close(fd);
	return image;
}

/* The digest is the only text of exactly 64 hexadecimal digits */
static char *find_digest(char *image, size_t size)
{
	size_t digits = 0;

	for (size_t i = 0; i < size; i++) {
		if (image[i] && strchr("0123456789abcdef", image[i])) {
			digits++;
			continue;
		}
		if (digits == 64 && !image[i])
			return image + i - digits;
		digits = 0;
	}
	return NULL;
}

static bool log_has(int fd, const char *text)
{
	char line[SYSFS_LEN];
	bool found = false;
	ssize_t len;

	while ((len = read(fd, line, sizeof(line) - 1)) > 0) {
		line[len] = 0;
		found = found || strstr(line, text);
	}
	close(fd);
	return found;
}

TEST_F(module, of_another_kernel_is_refused)
{
	char none[MAX_DEVICES][BDF_LEN], *image, *digest, was;
	size_t size;
	int log;

	ASSERT_EQ(0, module_unload("cxl_vfio_pci"));
	ASSERT_EQ(0, module_unload("cxl_presize"));
	image = read_module(&size);
	ASSERT_NE(NULL, image);
	digest = find_digest(image, size);
	ASSERT_NE(NULL, digest);

	log = log_start();
	was = digest[63];
	digest[63] = was == '0' ? '1' : '0';
	EXPECT_EQ(-1, syscall(SYS_init_module, image, size, ""));
	EXPECT_EQ(ENOEXEC, errno);
	EXPECT_TRUE(log_has(log, "built for a kernel"));
	EXPECT_EQ(0, cxl_devices(none));

	/* and it was that digit */
	digest[63] = was;
	EXPECT_EQ(0, syscall(SYS_init_module, image, size, ""));
	EXPECT_EQ(devices, cxl_devices(none));
	free(image);
}

int main(int argc, char **argv)
{
	devices = need_devices(bdf);
	return test_harness_run(argc, argv);
}
