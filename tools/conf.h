/* SPDX-License-Identifier: GPL-2.0-only */
/* The stored configuration: see cxl-presize.conf(5) */
#ifndef TOOLS_CONF_H
#define TOOLS_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "actions.h"
#include "amount.h"
#include "error.h"
#include "selector.h"

#define CONF_DRIVER	"cxl-vfio-pci"
#define CONF_NO_DRIVER	"none"
#define CONF_DIRS_MAX	8

/* Folders, the one that wins first; a changed configuration goes into that */
struct conf_path {
	const char *dir[CONF_DIRS_MAX];
	int nr;
};

/* @broken: it has a problem, so it says which device it is for, and no more */
struct conf_section {
	char *file;
	unsigned int line;
	char name[64];
	struct selector match;
	struct amount size;
	char driver[64];
	bool has_match, has_size, has_driver, has_clear, clear;
	bool broken;
};

struct conf_problem {
	char *file;
	unsigned int line;
	bool warning;
	char message[256];
};

struct conf {
	struct conf_section *section;
	size_t nr_sections;
	struct conf_problem *problem;
	size_t nr_problems;
	size_t nr_files;
};

/* --- conf.c: one file */

/* Adds what is in @text; what is wrong with it becomes a problem */
void conf_parse(struct conf *conf, const char *file, const char *text,
		size_t len);
__attribute__((format(printf, 5, 6)))
void conf_problem(struct conf *conf, const char *file, unsigned int line,
		  bool warning, const char *fmt, ...);
void conf_free(struct conf *conf);

/* Whether a driver, or a module, may be called so */
bool conf_is_driver(const char *name);

/* What a section says of a driver, or the default; NULL where none is meant */
const char *conf_driver(const struct conf_section *section);

/* --- conf_files.c: all files */

/* The variable CXL_PRESIZE_CONFIG_PATH, or the folders of the system */
void conf_path_default(struct conf_path *path);

/* By file name; of files with one name only the first folder's counts */
void conf_load(struct conf *conf, const struct conf_path *path);

/* One file, of any name, is added to what is there */
void conf_load_file(struct conf *conf, const char *path);

/* The first section that matches, or NULL */
const struct conf_section *conf_find(const struct conf *conf,
				     struct device *dev);

/* -1 where no section says anything of it, -2 where they disagree */
int conf_clear(const struct conf *conf);

/* --- conf_save.c: the file that is ours, <address>.conf */

/* Its section, for a change of it; false where there is no such file */
bool conf_saved(const struct conf_path *path, const char *bdf,
		struct conf *conf);
int conf_save(const struct actions *actions, const struct conf_path *path,
	      const char *bdf, const struct conf_section *section,
	      struct error *err);
int conf_unsave(const struct actions *actions, const struct conf_path *path,
		const char *bdf, struct error *err);

#endif /* TOOLS_CONF_H */
