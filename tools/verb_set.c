// SPDX-License-Identifier: GPL-2.0-only
/* set: the request of a device; unset: none */
#include "command.h"
#include "request.h"
#include "selector.h"

/*
 * A stored driver stays; without one, set means a size and nothing more, and
 * so it is stored.
 */
static int save_size(struct command *cmd, struct device *dev,
		     const struct amount *amount, struct error *err)
{
	struct conf_section section = {
		.driver = CONF_NO_DRIVER,
		.has_driver = true,
	};
	struct conf saved;
	int rc;

	if (conf_saved(&cmd->path, dev->bdf, &saved))
		section = saved.section[0];
	section.size = *amount;
	section.has_size = true;
	rc = conf_save(&cmd->actions, &cmd->path, dev->bdf, &section, err);
	conf_free(&saved);
	return rc;
}

static int set_device(struct command *cmd, struct device *dev,
		      const struct amount *amount, struct error *err)
{
	uint64_t bytes;

	if (request_resolve(dev, amount, &bytes, err) ||
	    request_set(&cmd->actions, dev, bytes, false, err))
		return FAILED;
	if (cmd->save && save_size(cmd, dev, amount, err))
		return FAILED;
	command_changed(cmd, dev);
	return DONE;
}

int verb_set(struct command *cmd, struct error *err)
{
	struct amount amount;
	struct device dev;
	int rc = command_amount(cmd->argv[1], &amount, err);

	if (rc)
		return rc;
	command_begin(cmd);
	if (selector_find(&cmd->host, cmd->argv[0], &dev, err))
		return FAILED;
	rc = set_device(cmd, &dev, &amount, err);
	device_close(&dev);
	return rc;
}

/* Another file may still have a size for it, which the next apply would set */
static void warn_of_others(struct command *cmd, struct device *dev)
{
	const struct conf_section *section;
	struct conf conf;

	conf_load(&conf, &cmd->path);
	section = conf_find(&conf, dev);
	if (section && !cmd->actions.dry_run)
		out_note("%s:%u still configures %s", section->file,
			 section->line, dev->bdf);
	conf_free(&conf);
}

int verb_unset(struct command *cmd, struct error *err)
{
	struct device dev;
	int rc;

	command_begin(cmd);
	if (selector_find(&cmd->host, cmd->argv[0], &dev, err))
		return FAILED;
	rc = request_set(&cmd->actions, &dev, 0, false, err);
	if (!rc && cmd->save) {
		rc = conf_unsave(&cmd->actions, &cmd->path, dev.bdf, err);
		warn_of_others(cmd, &dev);
	}
	if (!rc)
		command_changed(cmd, &dev);
	device_close(&dev);
	return rc ? FAILED : DONE;
}
