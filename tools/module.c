// SPDX-License-Identifier: GPL-2.0-only
/* See module.h */
#include <errno.h>
#include <libkmod.h>
#include <stdio.h>
#include <string.h>

#include "module.h"
#include "sysfs.h"

bool module_loaded(const char *name)
{
	char underscored[64];

	snprintf(underscored, sizeof(underscored), "%s", name);
	for (char *c = underscored; *c; c++)
		if (*c == '-')
			*c = '_';
	return sysfs_exists("/sys/module", underscored);
}

/* libkmod speaks for itself otherwise */
static void stay_silent(void *data, int priority, const char *file, int line,
			const char *function, const char *format, va_list args)
{
	(void)data;
	(void)priority;
	(void)file;
	(void)line;
	(void)function;
	(void)format;
	(void)args;
}

static struct kmod_list *look_up(struct kmod_ctx **ctx, const char *name)
{
	struct kmod_list *list = NULL;

	*ctx = kmod_new(NULL, NULL);
	if (!*ctx)
		return NULL;
	kmod_set_log_fn(*ctx, stay_silent, NULL);
	kmod_load_resources(*ctx);
	if (kmod_module_new_from_lookup(*ctx, name, &list) < 0)
		return NULL;
	return list;
}

static int insert(const char *name)
{
	struct kmod_list *list, *entry;
	struct kmod_ctx *ctx;
	int rc = 0;

	list = look_up(&ctx, name);
	if (!list)
		rc = -ENOENT;
	kmod_list_foreach(entry, list) {
		struct kmod_module *mod = kmod_module_get_module(entry);

		if (!rc)
			rc = kmod_module_probe_insert_module(mod, 0, NULL, NULL,
							     NULL, NULL);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	kmod_unref(ctx);
	return rc;
}

static int explain(const char *name, int rc, struct error *err)
{
	error_what(err, "module %s cannot be loaded", name);
	error_limit(err, "module %s", name);
	switch (rc) {
	case -ENOENT:
		error_why(err, "the running kernel has no such module");
		return error_fix(err, "install it for this kernel (dkms status), or name another driver");
	case -EPERM:
	case -EACCES:
		error_why(err, "this takes root, and a kernel that is not locked down");
		return error_fix(err, "the same with sudo; cxl-presize doctor tells of Secure Boot");
	case -EKEYREJECTED:
	case -ENOKEY:
		error_why(err, "its signature is not of a key that the kernel trusts");
		return error_fix(err, "enrol the key that signed it (mokutil --import), or sign it anew");
	case -ENOEXEC:
		error_why(err, "it was built for another kernel than the running one");
		return error_fix(err, "build it again for this kernel (dkms autoinstall)");
	}
	error_why(err, "the kernel answers: %s", strerror(-rc));
	return error_fix(err, "look into the kernel log (dmesg): the module says why");
}

int module_load(const struct actions *actions, const char *name,
		struct error *err)
{
	int rc;

	if (module_loaded(name) || !action_begin(actions, "load", name, NULL))
		return 0;
	rc = insert(name);
	return rc < 0 ? explain(name, rc, err) : 0;
}

static void note_signature(struct kmod_module *mod, struct module_file *file)
{
	struct kmod_list *list = NULL, *entry;

	if (!kmod_module_get_path(mod))
		return;
	file->found = true;
	if (kmod_module_get_info(mod, &list) < 0)
		return;
	kmod_list_foreach(entry, list) {
		if (!strcmp(kmod_module_info_get_key(entry), "sig_id"))
			file->is_signed = true;
		if (!strcmp(kmod_module_info_get_key(entry), "signer"))
			snprintf(file->signer, sizeof(file->signer), "%s",
				 kmod_module_info_get_value(entry));
	}
	kmod_module_info_free_list(list);
}

void module_look(const char *name, struct module_file *file)
{
	struct kmod_list *list, *entry;
	struct kmod_ctx *ctx;

	memset(file, 0, sizeof(*file));
	list = look_up(&ctx, name);
	kmod_list_foreach(entry, list) {
		struct kmod_module *mod = kmod_module_get_module(entry);

		note_signature(mod, file);
		kmod_module_unref(mod);
	}
	kmod_module_unref_list(list);
	kmod_unref(ctx);
}
