/* SPDX-License-Identifier: GPL-2.0-only */
/* What changes the machine goes through here: done, told, or only told */
#ifndef TOOLS_ACTIONS_H
#define TOOLS_ACTIONS_H

#include <stdbool.h>

/*
 * @tell: is called before each step, and may be NULL
 * @dry_run: nothing is done, and every step succeeds
 */
struct actions {
	bool dry_run;
	void (*tell)(const char *action, const char *object, const char *value);
};

/* 0 or a negative errno */
int action_write(const struct actions *actions, const char *dir,
		 const char *attr, const char *text);

/* For what is no file of sysfs: whether the caller is to do it */
bool action_begin(const struct actions *actions, const char *action,
		  const char *object, const char *value);

#endif /* TOOLS_ACTIONS_H */
