/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernel modules, by libkmod */
#ifndef TOOLS_MODULE_H
#define TOOLS_MODULE_H

#include <stdbool.h>

#include "actions.h"
#include "error.h"

/* Its name in /sys/module has no dashes */
bool module_loaded(const char *name);
int module_load(const struct actions *actions, const char *name,
		struct error *err);

/* Of the file that modprobe would load: whether there is one, and its signer */
struct module_file {
	bool found, is_signed;
	char signer[128];
};

void module_look(const char *name, struct module_file *file);

#endif /* TOOLS_MODULE_H */
