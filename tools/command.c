// SPDX-License-Identifier: GPL-2.0-only
/* What several verbs have in common */
#include <string.h>

#include "command.h"
#include "describe.h"

int command_amount(const char *text, struct amount *amount, struct error *err)
{
	if (!amount_parse(text, amount))
		return DONE;
	error_what(err, "'%s' is no size", text);
	error_why(err, "a size is one number below 2^64 with at most one suffix K, M, G or T, or max, or 1%% to 100%%");
	error_limit(err, "the argument '%s'", text);
	error_fix(err, "512M, 0x20000000, max, 50%%");
	return USAGE;
}

static void print_step(struct json_object *item, FILE *to)
{
	const char *value = out_text(item, "value");

	if (!strcmp(out_text(item, "action"), "write"))
		fprintf(to, "would write %s to %s\n",
			strcmp(value, "\n") ? value : "an empty line",
			out_text(item, "object"));
	else
		fprintf(to, "would %s %s%s%s\n", out_text(item, "action"),
			out_text(item, "object"), *value ? ": " : "", value);
}

static const struct view steps_view = {
	.list = "steps",
	.print = print_step,
};

static void tell_dry(const char *action, const char *object, const char *value)
{
	struct json_object *item = json_object_new_object();

	out_add_text(item, "action", action);
	out_add_text(item, "object", object);
	out_add_text(item, "value", value);
	out_item(item);
}

static void tell_verbose(const char *action, const char *object,
			 const char *value)
{
	if (!value || !strcmp(value, "\n"))
		value = "";
	out_note("%s %s%s%s", action, object, *value ? ": " : "", value);
}

/* What became of a device, in a line */
static void print_device(struct json_object *item, FILE *to)
{
	const char *region = out_text(item, "region.name");
	const char *driver = out_text(item, "driver");
	uint64_t size = out_u64(item, "size");
	char text[AMOUNT_TEXT];

	if (*region)
		size = out_u64(item, "region.size");
	fprintf(to, "%s: %s", out_text(item, "address"),
		out_text(item, "state"));
	if (size)
		fprintf(to, ", %s", amount_format(size, text));
	if (*region)
		fprintf(to, " as %s", region);
	if (*driver)
		fprintf(to, ", driver %s", driver);
	fputc('\n', to);
}

static const struct view devices_view = {
	.list = "devices",
	.print = print_device,
};

void command_begin(struct command *cmd)
{
	if (cmd->actions.dry_run)
		cmd->actions.tell = tell_dry;
	else if (cmd->verbose)
		cmd->actions.tell = tell_verbose;
	out_begin(cmd->actions.dry_run ? &steps_view : &devices_view);
}

void command_changed(struct command *cmd, struct device *dev)
{
	if (!cmd->actions.dry_run)
		out_item(describe_device(dev));
}

void command_failed(struct command *cmd, struct device *dev,
		    const struct error *err)
{
	if (!cmd->actions.dry_run && out_is_json()) {
		struct json_object *item = describe_device(dev);

		json_object_object_add(item, "failure", out_error_object(err));
		out_item(item);
	}
	out_error_text(err);
}
