// SPDX-License-Identifier: GPL-2.0-only
/* See sysfs_util.h */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <inttypes.h>
#include <limits.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sysfs_util.h"

extern char **environ;

int sysfs_read(const char *path, char *buf, size_t size)
{
	ssize_t len;
	int fd, err;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, buf, size - 1);
	err = errno;
	close(fd);
	if (len < 0)
		return -err;
	if (len && buf[len - 1] == '\n')
		len--;
	buf[len] = 0;
	return len;
}

int sysfs_write(const char *path, const char *text)
{
	ssize_t len;
	int fd, err;

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	return len < 0 ? -err : 0;
}

int sysfs_link(const char *path, char *buf, size_t size)
{
	char target[PATH_MAX];
	const char *name;
	ssize_t len;

	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = 0;
	name = strrchr(target, '/');
	return snprintf(buf, size, "%s", name ? name + 1 : target);
}

static const char *pci_path(char *path, const char *bdf, const char *attr)
{
	snprintf(path, PATH_MAX, SYSFS_PCI "/devices/%s/%s", bdf, attr);
	return path;
}

int pci_read(const char *bdf, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];

	return sysfs_read(pci_path(path, bdf, attr), buf, size);
}

int pci_read_u64(const char *bdf, const char *attr, uint64_t *value)
{
	char buf[32], *end;
	int ret;

	ret = pci_read(bdf, attr, buf, sizeof(buf));
	if (ret < 0)
		return ret;
	*value = strtoull(buf, &end, 0);
	return end == buf || *end ? -EINVAL : 0;
}

int pci_write(const char *bdf, const char *attr, const char *text)
{
	char path[PATH_MAX];

	return sysfs_write(pci_path(path, bdf, attr), text);
}

int pci_write_u64(const char *bdf, const char *attr, uint64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%#" PRIx64 "\n", value);
	return pci_write(bdf, attr, text);
}

int pci_link(const char *bdf, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];

	return sysfs_link(pci_path(path, bdf, attr), buf, size);
}

/* Closes the file */
static int config_done(int fd, ssize_t done, size_t len)
{
	int err = errno;

	close(fd);
	if (done < 0)
		return -err;
	return (size_t)done == len ? 0 : -EIO;
}

int pci_config_read(const char *bdf, unsigned int reg, void *buf, size_t len)
{
	char path[PATH_MAX];
	int fd = open(pci_path(path, bdf, "config"), O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return config_done(fd, pread(fd, buf, len, reg), len);
}

int pci_config_write(const char *bdf, unsigned int reg, const void *buf,
		     size_t len)
{
	char path[PATH_MAX];
	int fd = open(pci_path(path, bdf, "config"), O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return config_done(fd, pwrite(fd, buf, len, reg), len);
}

int pci_bind(const char *bdf, const char *driver)
{
	char path[PATH_MAX];
	int ret;

	ret = pci_write(bdf, "driver_override", driver);
	if (ret)
		return ret;
	snprintf(path, sizeof(path), SYSFS_PCI "/drivers/%s/bind", driver);
	return sysfs_write(path, bdf);
}

int pci_unbind(const char *bdf)
{
	int ret;

	ret = pci_write(bdf, "driver/unbind", bdf);
	if (ret && ret != -ENOENT)
		return ret;
	return pci_write(bdf, "driver_override", "\n");
}

int pci_find_cxl(char *bdf, size_t size)
{
	const char *env = getenv("CXL_BDF");
	int ret = -ENODEV;
	glob_t found;

	if (env)
		return snprintf(bdf, size, "%s", env) < (int)size ? 0 : -EINVAL;

	if (!glob(SYSFS_PCI "/devices/*/cxl_region", 0, NULL, &found)) {
		*strrchr(found.gl_pathv[0], '/') = 0;
		snprintf(bdf, size, "%s",
			 strrchr(found.gl_pathv[0], '/') + 1);
		ret = 0;
	}
	globfree(&found);
	return ret;
}

int slowness(void)
{
	const char *env = getenv("VM_SLOW");

	return env && atoi(env) > 0 ? atoi(env) : 1;
}

int module_load(const char *name)
{
	char *argv[] = { "modprobe", "-q", (char *)name, NULL };
	int status;
	pid_t pid;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ))
		return -ENOENT;
	if (waitpid(pid, &status, 0) < 0)
		return -errno;
	return status ? -ENOENT : 0;
}
