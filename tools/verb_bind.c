// SPDX-License-Identifier: GPL-2.0-only
/* bind: a device to the VFIO driver, with a size; release: back again */
#include <string.h>

#include "bind.h"
#include "command.h"
#include "request.h"
#include "selector.h"

static int save_binding(struct command *cmd, struct device *dev,
			const struct amount *amount, const char *driver,
			struct error *err)
{
	struct conf_section section = { };
	struct conf saved;
	int rc;

	if (conf_saved(&cmd->path, dev->bdf, &saved))
		section = saved.section[0];
	if (amount) {
		section.size = *amount;
		section.has_size = true;
	}
	section.has_driver = true;
	strcpy(section.driver, driver);
	rc = conf_save(&cmd->actions, &cmd->path, dev->bdf, &section, err);
	conf_free(&saved);
	return rc;
}

/* Without a SIZE the request stays what it is */
static int bind_to_driver(struct command *cmd, struct device *dev,
			  const struct amount *amount, struct error *err)
{
	struct bind_request want = {
		.driver = cmd->driver ?: CONF_DRIVER,
		.has_size = amount,
		.force = cmd->force,
	};

	if (amount && request_resolve(dev, amount, &want.bytes, err))
		return FAILED;
	if (bind_device(&cmd->actions, dev, &want, err))
		return FAILED;
	if (cmd->save && save_binding(cmd, dev, amount, want.driver, err))
		return FAILED;
	command_changed(cmd, dev);
	return DONE;
}

static int check_driver(const char *driver, struct error *err)
{
	if (!driver || conf_is_driver(driver))
		return DONE;
	error_what(err, "'%s' is no name of a driver", driver);
	error_limit(err, "the argument of --driver");
	return USAGE;
}

int verb_bind(struct command *cmd, struct error *err)
{
	bool sized = cmd->argc == 2;
	struct amount amount;
	struct device dev;
	int rc = check_driver(cmd->driver, err);

	if (!rc && sized)
		rc = command_amount(cmd->argv[1], &amount, err);
	if (rc)
		return rc;
	command_begin(cmd);
	if (selector_find(&cmd->host, cmd->argv[0], &dev, err))
		return FAILED;
	rc = bind_to_driver(cmd, &dev, sized ? &amount : NULL, err);
	device_close(&dev);
	return rc;
}

int verb_release(struct command *cmd, struct error *err)
{
	struct device dev;
	int rc;

	command_begin(cmd);
	if (selector_find(&cmd->host, cmd->argv[0], &dev, err))
		return FAILED;
	rc = bind_release(&cmd->actions, &dev, cmd->force, err);
	if (!rc)
		command_changed(cmd, &dev);
	device_close(&dev);
	return rc ? FAILED : DONE;
}
