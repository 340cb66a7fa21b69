// SPDX-License-Identifier: GPL-2.0-only
/* See sysfs.h */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sysfs.h"

static int open_attr(const char *dir, const char *attr, int flags)
{
	char path[SYSFS_PATH];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, attr);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int sysfs_read(const char *dir, const char *attr, char *buf, size_t size)
{
	int fd = open_attr(dir, attr, O_RDONLY);
	ssize_t len;
	int err;

	buf[0] = 0;
	if (fd < 0)
		return fd;
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

int sysfs_read_u64(const char *dir, const char *attr, uint64_t *value)
{
	char buf[32], *end;
	int rc = sysfs_read(dir, attr, buf, sizeof(buf));

	*value = 0;
	if (rc < 0)
		return rc;
	*value = strtoull(buf, &end, 0);
	return end == buf || *end ? -EINVAL : 0;
}

int sysfs_write(const char *dir, const char *attr, const char *text)
{
	int fd = open_attr(dir, attr, O_WRONLY);
	ssize_t len;
	int err;

	if (fd < 0)
		return fd;
	len = write(fd, text, strlen(text));
	err = errno;
	close(fd);
	return len < 0 ? -err : 0;
}

int sysfs_link(const char *dir, const char *attr, char *buf, size_t size)
{
	char path[SYSFS_PATH], target[SYSFS_PATH];
	const char *name;
	ssize_t len;

	buf[0] = 0;
	snprintf(path, sizeof(path), "%s/%s", dir, attr);
	len = readlink(path, target, sizeof(target) - 1);
	if (len < 0)
		return -errno;
	target[len] = 0;
	name = strrchr(target, '/');
	snprintf(buf, size, "%s", name ? name + 1 : target);
	return 0;
}

bool sysfs_exists(const char *dir, const char *attr)
{
	char path[SYSFS_PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, attr);
	return !access(path, F_OK);
}

int sysfs_each(const char *dir, const char *prefix,
	       int (*each)(const char *dir, const char *name, void *data),
	       void *data)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;
	int rc = 0;

	if (!entries)
		return -errno;
	while (!rc && (entry = readdir(entries))) {
		if (entry->d_name[0] != '.' &&
		    !strncmp(entry->d_name, prefix, strlen(prefix)))
			rc = each(dir, entry->d_name, data);
	}
	closedir(entries);
	return rc;
}
