// SPDX-License-Identifier: GPL-2.0-only
/* See record.h */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record.h"

#define DIR	"/run/cxl-presize"

static void record_path(char path[128], const char *bdf, const char *suffix)
{
	snprintf(path, 128, DIR "/%s%s", bdf, suffix);
}

static void take(char value[64], const char *line, const char *key)
{
	size_t len = strlen(key);

	if (!strncmp(line, key, len))
		snprintf(value, 64, "%.*s", (int)strcspn(line + len, "\n"),
			 line + len);
}

bool record_read(const char *bdf, struct record *record)
{
	char path[128], line[128];
	FILE *from;

	memset(record, 0, sizeof(*record));
	record_path(path, bdf, "");
	from = fopen(path, "re");
	if (!from)
		return false;
	while (fgets(line, sizeof(line), from)) {
		take(record->driver, line, "driver=");
		take(record->override, line, "override=");
	}
	fclose(from);
	return true;
}

int record_write(const char *bdf, const struct record *record)
{
	char path[128], temporary[128];
	FILE *to;
	int rc;

	record_path(path, bdf, "");
	record_path(temporary, bdf, ".new");
	to = fopen(temporary, "we");
	if (!to)
		return -errno;
	rc = fprintf(to, "driver=%s\noverride=%s\n", record->driver,
		     record->override) < 0 ? -EIO : 0;
	if (fclose(to) && !rc)
		rc = -errno;
	if (!rc && rename(temporary, path))
		rc = -errno;
	return rc;
}

void record_remove(const char *bdf)
{
	char path[128];

	record_path(path, bdf, "");
	unlink(path);
}

int record_lock(const char *bdf)
{
	char path[128];
	int fd;

	if (mkdir(DIR, 0755) && errno != EEXIST)
		return -errno;
	record_path(path, bdf, ".lock");
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	if (flock(fd, LOCK_EX)) {
		close(fd);
		return -EINTR;
	}
	return fd;
}
