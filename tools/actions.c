// SPDX-License-Identifier: GPL-2.0-only
/* See actions.h */
#include <stdio.h>

#include "actions.h"
#include "sysfs.h"

bool action_begin(const struct actions *actions, const char *action,
		  const char *object, const char *value)
{
	if (actions->tell)
		actions->tell(action, object, value);
	return !actions->dry_run;
}

int action_write(const struct actions *actions, const char *dir,
		 const char *attr, const char *text)
{
	char path[SYSFS_PATH];

	snprintf(path, sizeof(path), "%s/%s", dir, attr);
	if (!action_begin(actions, "write", path, text))
		return 0;
	return sysfs_write(dir, attr, text);
}
