// SPDX-License-Identifier: GPL-2.0-only
/*
 * check: what is wrong with the configuration, with file and line; or with one
 * file that is not a part of it yet
 */
#include <string.h>

#include "command.h"
#include "request.h"

static void print_problem(struct json_object *item, FILE *to)
{
	const char *severity = out_text(item, "severity");
	bool warning = !strcmp(severity, "warning");

	fprintf(to, "%s:%d: %s%s:%s %s\n", out_text(item, "file"),
		(int)out_u64(item, "line"),
		out_paint(warning ? OUT_YELLOW : OUT_RED), severity,
		out_paint(OUT_PLAIN), out_text(item, "message"));
}

static const struct view problems_view = {
	.list = "problems",
	.print = print_problem,
};

/* A second section of the same match is never asked */
static void check_twins(struct conf *conf)
{
	for (size_t i = 1; i < conf->nr_sections; i++) {
		const struct conf_section *s = &conf->section[i];

		for (size_t j = 0; s->has_match && j < i; j++) {
			const struct conf_section *first = &conf->section[j];

			if (!first->has_match ||
			    strcmp(first->match.text, s->match.text))
				continue;
			conf_problem(conf, s->file, s->line, true,
				     "[%s] is never used: %s:%u [%s] has the same match and comes first",
				     s->name, first->file, first->line,
				     first->name);
			break;
		}
	}
}

static void check_clear(struct conf *conf)
{
	const struct conf_section *first = NULL;

	if (conf_clear(conf) != -2)
		return;
	for (size_t i = 0; i < conf->nr_sections; i++) {
		const struct conf_section *s = &conf->section[i];

		if (!s->has_clear || s->broken)
			continue;
		if (!first)
			first = s;
		else if (s->clear != first->clear)
			conf_problem(conf, s->file, s->line, false,
				     "clear = %s, but %s:%u says %s, and the driver has one switch for all devices",
				     s->clear ? "yes" : "no", first->file,
				     first->line, first->clear ? "yes" : "no");
	}
}

/* What the device that is there says to it; absent ones cannot be asked */
static int check_device(struct device *dev, void *data)
{
	struct conf *conf = data;
	const struct conf_section *s = conf_find(conf, dev);
	struct error err = { };
	uint64_t bytes;
	int rc = 0;

	if (!s || s->broken || !s->has_size)
		return 0;
	if (!request_resolve(dev, &s->size, &bytes, &err)) {
		rc = request_check(dev, bytes);
		if (!rc)
			return 0;
		request_explain(dev, bytes, rc, &err);
	}
	conf_problem(conf, s->file, s->line, false, "[%s] %s: %s; %s works",
		     s->name, err.what, err.why, err.fix);
	return 0;
}

static unsigned int tell(const struct conf *conf)
{
	unsigned int errors = 0;

	for (size_t i = 0; i < conf->nr_problems; i++) {
		const struct conf_problem *problem = &conf->problem[i];
		struct json_object *item = json_object_new_object();

		out_add_text(item, "file", problem->file);
		out_add_u64(item, "line", problem->line);
		out_add_text(item, "severity",
			     problem->warning ? "warning" : "error");
		out_add_text(item, "message", problem->message);
		out_item(item);
		errors += !problem->warning;
	}
	return errors;
}

int verb_check(struct command *cmd, struct error *err)
{
	unsigned int errors;
	struct conf conf = { };

	out_begin(&problems_view);
	if (cmd->argc)
		conf_load_file(&conf, cmd->argv[0]);
	else
		conf_load(&conf, &cmd->path);
	check_twins(&conf);
	check_clear(&conf);
	devices_each(&cmd->host, check_device, &conf);
	errors = tell(&conf);
	if (errors) {
		error_what(err, "the configuration has %u mistake%s", errors,
			   errors == 1 ? "" : "s");
		error_limit(err, "%s", cmd->argc ? cmd->argv[0] :
			    cmd->path.dir[0]);
	} else if (!out_is_json()) {
		out_note("%zu file%s, %zu section%s, no mistake",
			 conf.nr_files, conf.nr_files == 1 ? "" : "s",
			 conf.nr_sections, conf.nr_sections == 1 ? "" : "s");
	}
	conf_free(&conf);
	return errors ? FAILED : DONE;
}
