// SPDX-License-Identifier: GPL-2.0-only
/*
 * --save: a file of its own for each device, <address>.conf, in the first
 * folder. It is replaced whole and at once: whoever reads it meanwhile, or
 * after a crash, finds the old text or the new one.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include "conf.h"

#define PATH_LEN 512

static void saved_path(char path[PATH_LEN], const struct conf_path *where,
		       const char *bdf)
{
	snprintf(path, PATH_LEN, "%s/%s.conf", where->dir[0], bdf);
}

bool conf_saved(const struct conf_path *path, const char *bdf,
		struct conf *conf)
{
	char file[PATH_LEN], text[4096];
	FILE *from;
	size_t len;

	memset(conf, 0, sizeof(*conf));
	saved_path(file, path, bdf);
	from = fopen(file, "re");
	if (!from)
		return false;
	len = fread(text, 1, sizeof(text), from);
	fclose(from);
	conf_parse(conf, file, text, len);
	return conf->nr_sections && !conf->section[0].broken;
}

static void print_section(FILE *to, const char *bdf,
			  const struct conf_section *section)
{
	fprintf(to, "# Written by cxl-presize --save, which replaces it\n");
	fprintf(to, "[%s]\nmatch = %s\n", bdf, bdf);
	if (section->has_size)
		fprintf(to, "size = %s\n", section->size.text);
	if (section->has_driver)
		fprintf(to, "driver = %s\n", section->driver);
	if (section->has_clear)
		fprintf(to, "clear = %s\n", section->clear ? "yes" : "no");
}

/* Flushed before it gets its name, and the name after it */
static int write_file(const char *dir, const char *path, const char *bdf,
		      const struct conf_section *section)
{
	char temporary[PATH_LEN];
	int fd, rc = 0;
	FILE *to;

	snprintf(temporary, sizeof(temporary), "%s/.%s.XXXXXX", dir, bdf);
	fd = mkstemp(temporary);
	to = fd < 0 ? NULL : fdopen(fd, "w");
	if (!to)
		return -errno;
	print_section(to, bdf, section);
	if (fflush(to) || fchmod(fd, 0644) || fsync(fd))
		rc = -errno;
	if (fclose(to) && !rc)
		rc = -errno;
	if (!rc && rename(temporary, path))
		rc = -errno;
	if (rc)
		unlink(temporary);
	return rc;
}

static int flush_folder(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc;

	if (fd < 0)
		return -errno;
	rc = fsync(fd) ? -errno : 0;
	close(fd);
	return rc;
}

static int explain(const char *path, int rc, struct error *err)
{
	error_what(err, "the configuration cannot be stored");
	error_why(err, "%s: %s", path, strerror(-rc));
	error_limit(err, "%s", path);
	if (rc == -EACCES || rc == -EPERM)
		return error_fix(err, "the same with sudo");
	return error_fix(err, "--config-dir DIR for another folder");
}

int conf_save(const struct actions *actions, const struct conf_path *path,
	      const char *bdf, const struct conf_section *section,
	      struct error *err)
{
	const char *dir = path->dir[0];
	char file[PATH_LEN], *text = NULL;
	size_t len;
	FILE *memory = open_memstream(&text, &len);
	bool go;
	int rc;

	if (!memory)
		abort();
	print_section(memory, bdf, section);
	fclose(memory);
	saved_path(file, path, bdf);
	go = action_begin(actions, "store", file, text);
	free(text);
	if (!go)
		return 0;
	rc = mkdir(dir, 0755) && errno != EEXIST ? -errno : 0;
	if (!rc)
		rc = write_file(dir, file, bdf, section);
	if (!rc)
		rc = flush_folder(dir);
	return rc ? explain(file, rc, err) : 0;
}

int conf_unsave(const struct actions *actions, const struct conf_path *path,
		const char *bdf, struct error *err)
{
	char file[PATH_LEN];
	int rc;

	saved_path(file, path, bdf);
	if (access(file, F_OK))
		return 0;
	if (!action_begin(actions, "remove", file, NULL))
		return 0;
	rc = unlink(file) ? -errno : flush_folder(path->dir[0]);
	return rc ? explain(file, rc, err) : 0;
}
