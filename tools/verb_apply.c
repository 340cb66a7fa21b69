// SPDX-License-Identifier: GPL-2.0-only
/* apply: make of a device, or of all, what the configuration says */
#include <string.h>

#include "bind.h"
#include "command.h"
#include "module.h"
#include "request.h"
#include "selector.h"
#include "sysfs.h"

#define CLEAR_DIR	"/sys/module/cxl_vfio_pci/parameters"

static int refuse_broken(const struct conf_section *section, struct device *dev,
			 struct error *err)
{
	error_what(err, "%s cannot be configured", dev->bdf);
	error_why(err, "its section [%s] has a mistake, and half of it is not applied",
		  section->name);
	error_limit(err, "%s:%u", section->file, section->line);
	return error_fix(err, "cxl-presize check");
}

/* The size alone; the kernel takes the same size again only without a driver */
static int apply_size(struct command *cmd, struct device *dev, uint64_t bytes,
		      struct error *err)
{
	uint64_t size;

	device_region_u64(dev, "size", &size);
	if (size == bytes)
		return 0;
	return request_set(&cmd->actions, dev, bytes, false, err);
}

static int apply_section(struct command *cmd, struct device *dev,
			 const struct conf_section *section, struct error *err)
{
	struct bind_request want = {
		.driver = conf_driver(section),
		.has_size = section->has_size,
		.force = cmd->force,
	};

	if (section->broken)
		return refuse_broken(section, dev, err);
	if (section->has_size &&
	    request_resolve(dev, &section->size, &want.bytes, err))
		return -1;
	if (want.driver)
		return bind_device(&cmd->actions, dev, &want, err);
	if (section->has_size)
		return apply_size(cmd, dev, want.bytes, err);
	return 0;
}

struct apply {
	struct command *cmd;
	struct conf conf;
	unsigned int done, failed;
};

/* Nothing is what most devices have; only who asks is told */
static const struct conf_section *find_section(struct apply *apply,
					       struct device *dev)
{
	const struct conf_section *section = conf_find(&apply->conf, dev);

	if (!apply->cmd->verbose)
		return section;
	if (section)
		out_note("%s: %s:%u [%s]", dev->bdf, section->file,
			 section->line, section->name);
	else
		out_note("%s: nothing is configured", dev->bdf);
	return section;
}

static int apply_device(struct device *dev, void *data)
{
	struct apply *apply = data;
	struct command *cmd = apply->cmd;
	const struct conf_section *section = find_section(apply, dev);
	struct error err = { };

	if (!section)
		return 0;
	if (apply_section(cmd, dev, section, &err)) {
		command_failed(cmd, dev, &err);
		apply->failed++;
		return 0;
	}
	command_changed(cmd, dev);
	apply->done++;
	return 0;
}

/*
 * The driver has one switch for all its devices. It is only touched where all
 * sections that speak of it agree.
 */
static int apply_clear(struct command *cmd, int clear, struct error *err)
{
	char now[8];
	int rc;

	if (clear == -2)
		out_note("cxl-presize: the sections disagree on clear, which is one switch for all devices; it is left alone");
	if (clear < 0)
		return 0;
	if (module_load(&cmd->actions, CONF_DRIVER, err))
		return -1;
	sysfs_read(CLEAR_DIR, "clear", now, sizeof(now));
	if (!strcmp(now, clear ? "Y" : "N"))
		return 0;
	rc = action_write(&cmd->actions, CLEAR_DIR, "clear", clear ? "Y" : "N");
	if (!rc)
		return 0;
	error_what(err, "clear = %s cannot be applied", clear ? "yes" : "no");
	error_why(err, "the kernel answers: %s", strerror(-rc));
	return error_limit(err, CLEAR_DIR "/clear");
}

/* Without the module there are no devices, and so nothing to configure */
static int prepare(struct apply *apply, struct error *err)
{
	struct command *cmd = apply->cmd;

	for (size_t i = 0; i < apply->conf.nr_problems; i++) {
		const struct conf_problem *problem = &apply->conf.problem[i];

		out_note("%s:%u: %s", problem->file, problem->line,
			 problem->message);
	}
	if (!apply->conf.nr_sections)
		return 0;
	if (module_load(&cmd->actions, "cxl-presize", err))
		return -1;
	return apply_clear(cmd, conf_clear(&apply->conf), err);
}

static int apply_all(struct apply *apply, struct error *err)
{
	struct command *cmd = apply->cmd;

	devices_each(&cmd->host, apply_device, apply);
	if (!apply->failed)
		return DONE;
	error_what(err, "%u of %u configured devices could not be configured",
		   apply->failed, apply->failed + apply->done);
	error_why(err, "each has said its own reason");
	return FAILED;
}

static int apply_one(struct apply *apply, const char *text, struct error *err)
{
	const struct conf_section *section;
	struct command *cmd = apply->cmd;
	struct device dev;
	int rc = 0;

	if (selector_find(&cmd->host, text, &dev, err))
		return FAILED;
	section = find_section(apply, &dev);
	if (section)
		rc = apply_section(cmd, &dev, section, err);
	if (section && !rc)
		command_changed(cmd, &dev);
	device_close(&dev);
	return rc ? FAILED : DONE;
}

int verb_apply(struct command *cmd, struct error *err)
{
	struct apply apply = { .cmd = cmd };
	int rc = FAILED;

	if (cmd->all == !!cmd->argc) {
		error_what(err, "apply takes either a DEV or --all");
		error_limit(err, "the command line");
		error_fix(err, "cxl-presize apply --all");
		return USAGE;
	}
	command_begin(cmd);
	conf_load(&apply.conf, &cmd->path);
	if (!prepare(&apply, err))
		rc = cmd->all ? apply_all(&apply, err) :
				apply_one(&apply, cmd->argv[0], err);
	conf_free(&apply.conf);
	return rc;
}
