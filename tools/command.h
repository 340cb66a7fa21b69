/* SPDX-License-Identifier: GPL-2.0-only */
/* What a verb gets from the command line, and the verbs */
#ifndef TOOLS_COMMAND_H
#define TOOLS_COMMAND_H

#include "actions.h"
#include "amount.h"
#include "conf.h"
#include "device.h"
#include "error.h"
#include "out.h"

/* Documented in cxl-presize(8) */
enum {
	DONE = 0,
	FAILED = 1,
	USAGE = 2,
};

enum {
	OPTION_ALL	= 1 << 0,
	OPTION_CHANGE	= 1 << 1,	/* --dry-run */
	OPTION_SAVE	= 1 << 2,
	OPTION_CONFIG	= 1 << 3,	/* --config-dir */
	OPTION_TIMEOUT	= 1 << 4,
	OPTION_SVG	= 1 << 5,
	OPTION_DRIVER	= 1 << 6,
	OPTION_FORCE	= 1 << 7,
};

struct command {
	struct host host;
	struct actions actions;
	struct conf_path path;
	bool all, save, verbose, force;
	double timeout;		/* seconds, negative: for ever */
	const char *svg, *driver;
	int argc;		/* of what is behind the verb */
	char **argv;
};

/*
 * @options: the ones it takes beyond --json, --verbose and --help
 * @run: returns an exit code, with @err filled unless it is DONE
 */
struct verb {
	const char *name, *args, *help;
	unsigned int options;
	int min_args, max_args;
	int (*run)(struct command *cmd, struct error *err);
};

extern const struct verb verbs[];

int verb_list(struct command *cmd, struct error *err);
int verb_show(struct command *cmd, struct error *err);
int verb_set(struct command *cmd, struct error *err);
int verb_unset(struct command *cmd, struct error *err);
int verb_bind(struct command *cmd, struct error *err);
int verb_release(struct command *cmd, struct error *err);
int verb_apply(struct command *cmd, struct error *err);
int verb_check(struct command *cmd, struct error *err);
int verb_watch(struct command *cmd, struct error *err);
int verb_wait(struct command *cmd, struct error *err);
int verb_map(struct command *cmd, struct error *err);
int verb_doctor(struct command *cmd, struct error *err);

/* SIZE of the command line; USAGE with @err filled where it is none */
int command_amount(const char *text, struct amount *amount, struct error *err);

/*
 * The end of a verb that changed a device: the device as it is now, or in a
 * dry run nothing, for the steps have been told. Before the first step,
 * command_begin().
 */
void command_begin(struct command *cmd);
void command_changed(struct command *cmd, struct device *dev);

/* The same of a device that could not be changed, for a verb that goes on */
void command_failed(struct command *cmd, struct device *dev,
		    const struct error *err);

#endif /* TOOLS_COMMAND_H */
