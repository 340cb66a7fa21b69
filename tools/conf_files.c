// SPDX-License-Identifier: GPL-2.0-only
/* All files of the configuration, in the order in which they are asked */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "conf.h"

/* Nobody needs more, and /dev/zero may be what is read */
#define FILE_MAX	(1 << 20)
#define FILES_MAX	4096

struct file {
	const char *dir;
	char name[256];
};

struct files {
	struct file *file;
	size_t nr;
};

void conf_path_default(struct conf_path *path)
{
	static char list[1024];
	const char *set = getenv("CXL_PRESIZE_CONFIG_PATH");
	char *rest = list, *dir;

	path->nr = 0;
	snprintf(list, sizeof(list), "%s", set && *set ? set :
		 "/etc/cxl-presize.d:/usr/lib/cxl-presize.d");
	while ((dir = strsep(&rest, ":")))
		if (*dir && path->nr < CONF_DIRS_MAX)
			path->dir[path->nr++] = dir;
}

static bool is_conf(const char *name)
{
	size_t len = strlen(name);

	return name[0] != '.' && len > 5 && len < 256 &&
	       !strcmp(name + len - 5, ".conf");
}

static bool masked(const struct files *files, const char *name)
{
	for (size_t i = 0; i < files->nr; i++)
		if (!strcmp(files->file[i].name, name))
			return true;
	return false;
}

/* Folders come in the order of their rank, so the first of a name stays */
static void add_folder(struct conf *conf, struct files *files, const char *dir)
{
	DIR *entries = opendir(dir);
	struct dirent *entry;
	size_t before = files->nr;

	if (!entries) {
		if (errno != ENOENT)
			conf_problem(conf, dir, 0, false,
				     "the folder cannot be read: %s",
				     strerror(errno));
		return;
	}
	while ((entry = readdir(entries)) && files->nr < FILES_MAX) {
		struct files others = { files->file, before };

		if (!is_conf(entry->d_name) || masked(&others, entry->d_name))
			continue;
		files->file[files->nr].dir = dir;
		strcpy(files->file[files->nr++].name, entry->d_name);
	}
	closedir(entries);
}

static int by_name(const void *a, const void *b)
{
	const struct file *left = a, *right = b;

	return strcmp(left->name, right->name);
}

/* A file that masks another is empty, or a link to /dev/null */
static char *read_file(const char *path, size_t *len)
{
	FILE *from = fopen(path, "re");
	struct stat st;
	char *text;

	if (!from)
		return NULL;
	text = malloc(FILE_MAX);
	if (!text)
		abort();
	*len = !fstat(fileno(from), &st) && S_ISDIR(st.st_mode) ? 0 :
	       fread(text, 1, FILE_MAX, from);
	fclose(from);
	return text;
}

void conf_load_file(struct conf *conf, const char *path)
{
	size_t len;
	char *text;

	text = read_file(path, &len);
	if (!text) {
		conf_problem(conf, path, 0, false, "cannot be read: %s",
			     strerror(errno));
		return;
	}
	conf->nr_files++;
	if (len == FILE_MAX)
		conf_problem(conf, path, 0, false, "is larger than 1 MiB");
	else
		conf_parse(conf, path, text, len);
	free(text);
}

void conf_load(struct conf *conf, const struct conf_path *path)
{
	struct files files = { calloc(FILES_MAX, sizeof(struct file)), 0 };

	memset(conf, 0, sizeof(*conf));
	if (!files.file)
		abort();
	for (int i = 0; i < path->nr; i++)
		add_folder(conf, &files, path->dir[i]);
	qsort(files.file, files.nr, sizeof(*files.file), by_name);
	for (size_t i = 0; i < files.nr; i++) {
		char name[600];

		snprintf(name, sizeof(name), "%s/%s", files.file[i].dir,
			 files.file[i].name);
		conf_load_file(conf, name);
	}
	free(files.file);
}

const struct conf_section *conf_find(const struct conf *conf,
				     struct device *dev)
{
	for (size_t i = 0; i < conf->nr_sections; i++) {
		const struct conf_section *section = &conf->section[i];

		if (section->has_match &&
		    selector_matches(&section->match, dev))
			return section;
	}
	return NULL;
}

int conf_clear(const struct conf *conf)
{
	int clear = -1;

	for (size_t i = 0; i < conf->nr_sections; i++) {
		const struct conf_section *section = &conf->section[i];

		if (!section->has_clear || section->broken)
			continue;
		if (clear >= 0 && clear != section->clear)
			return -2;
		clear = section->clear;
	}
	return clear;
}
