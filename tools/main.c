// SPDX-License-Identifier: GPL-2.0-only
/* cxl-presize(8): the command line */
#include <getopt.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

#ifndef VERSION
#define VERSION "unknown"
#endif

#define OPTIONS_MAX 32

static const struct option_text {
	unsigned int option;
	int letter;
	const char *name, *argument, *help;
} options[] = {
	{ OPTION_ALL, 'a', "all", NULL, "all devices" },
	{ OPTION_CHANGE, 'n', "dry-run", NULL,
	  "say what would be written where, change nothing" },
	{ OPTION_SAVE, 's', "save", NULL,
	  "store it in the configuration too" },
	{ OPTION_DRIVER, 'd', "driver", "NAME",
	  "the driver (default: " CONF_DRIVER ")" },
	{ OPTION_FORCE, 'f', "force", NULL,
	  "also where the memory, or the device, is in use" },
	{ OPTION_CONFIG, 'C', "config-dir", "DIR",
	  "look for the configuration there; may be given again" },
	{ OPTION_TIMEOUT, 't', "timeout", "SECONDS", "give up after that" },
	{ OPTION_SVG, 'S', "svg", "FILE", "draw it into that file" },
	{ 0, 'j', "json", NULL, "JSON, see docs/json.md" },
	{ 0, 'v', "verbose", NULL, "say each step" },
	{ 0, 'h', "help", NULL, "show this" },
	{ 0, 'V', "version", NULL, "show the version" },
	{ }
};

static void print_options(FILE *to, unsigned int taken)
{
	for (const struct option_text *o = options; o->name; o++) {
		char name[32];

		if (o->option && !(o->option & taken))
			continue;
		snprintf(name, sizeof(name), "--%s%s%s", o->name,
			 o->argument ? " " : "", o->argument ?: "");
		fprintf(to, "  -%c, %-18s %s\n", o->letter, name, o->help);
	}
}

static void print_help(FILE *to, const struct verb *verb)
{
	if (verb) {
		fprintf(to, "usage: cxl-presize %s %s\n\n%s.\n\n", verb->name,
			verb->args, verb->help);
		print_options(to, verb->options);
		return;
	}
	fputs("usage: cxl-presize [OPTION...] VERB [ARGUMENT...]\n\n"
	      "Size the CXL memory that a device gives to its driver.\n\n", to);
	for (verb = verbs; verb->name; verb++)
		fprintf(to, "  %-8s %-18s %s\n", verb->name, verb->args,
			verb->help);
	fputs("\nDEV   a PCI address, serial:NUMBER, VENDOR:DEVICE, path:GLOB, a slot, a memdev\n"
	      "SIZE  bytes, with K M G T or 0x; max; or N% of the capacity\n\n",
	      to);
	print_options(to, ~0U);
	fputs("\nExit status: 0 done, 1 failed, 2 wrong usage. See cxl-presize(8).\n",
	      to);
}

__attribute__((format(printf, 3, 4)))
static int usage(struct error *err, const struct verb *verb,
		 const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(err->what, sizeof(err->what), fmt, args);
	va_end(args);
	error_limit(err, "the command line");
	error_fix(err, "cxl-presize %s%s--help", verb ? verb->name : "",
		  verb ? " " : "");
	return USAGE;
}

static void make_getopt(struct option *longs, char *letters)
{
	for (size_t i = 0; options[i].name; i++) {
		longs[i] = (struct option) {
			.name = options[i].name,
			.has_arg = options[i].argument ? required_argument :
							 no_argument,
			.val = options[i].letter,
		};
		*letters++ = options[i].letter;
		if (options[i].argument)
			*letters++ = ':';
	}
	*letters = 0;
}

static unsigned int option_of(int letter)
{
	for (const struct option_text *o = options; o->name; o++)
		if (o->letter == letter)
			return o->option;
	return 0;
}

/* All of it is a number of seconds, and not "inf" */
static bool parse_seconds(const char *text, double *seconds)
{
	char *end;

	*seconds = strtod(text, &end);
	return end != text && !*end && *seconds >= 0 && *seconds < 1e9;
}

struct line {
	struct command *cmd;
	unsigned int given;
	bool help, version, own_path;
};

static bool take_config_dir(struct line *line, const char *dir)
{
	struct conf_path *path = &line->cmd->path;

	if (!line->own_path)
		path->nr = 0;
	line->own_path = true;
	if (path->nr == CONF_DIRS_MAX || !*dir)
		return false;
	path->dir[path->nr++] = dir;
	return true;
}

static bool take_option(struct line *line, int letter, const char *argument)
{
	struct command *cmd = line->cmd;

	line->given |= option_of(letter);
	switch (letter) {
	case 'a':
		return cmd->all = true;
	case 'n':
		return cmd->actions.dry_run = true;
	case 's':
		return cmd->save = true;
	case 'd':
		cmd->driver = argument;
		return true;
	case 'f':
		return cmd->force = true;
	case 'C':
		return take_config_dir(line, argument);
	case 't':
		return parse_seconds(argument, &cmd->timeout);
	case 'S':
		cmd->svg = argument;
		return true;
	case 'j':
		return true;
	case 'v':
		return cmd->verbose = true;
	case 'h':
		return line->help = true;
	case 'V':
		return line->version = true;
	}
	return false;
}

static int parse_options(struct line *line, int argc, char **argv,
			 struct error *err)
{
	struct option longs[OPTIONS_MAX] = { };
	char letters[2 * OPTIONS_MAX];
	int letter;

	make_getopt(longs, letters);
	opterr = 0;
	while ((letter = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (letter == '?')
			return usage(err, NULL, "'%s' is no option, or lacks its argument",
				     argv[optind - 1]);
		if (!take_option(line, letter, optarg))
			return usage(err, NULL, "'%s' is no argument for option -%c",
				     optarg ?: "", letter);
	}
	return DONE;
}

static const struct verb *find_verb(const char *name)
{
	const struct verb *verb = verbs;

	while (verb->name && strcmp(verb->name, name))
		verb++;
	return verb->name ? verb : NULL;
}

static int check_line(struct line *line, const struct verb *verb,
		      struct error *err)
{
	struct command *cmd = line->cmd;

	for (const struct option_text *o = options; o->name; o++)
		if (line->given & o->option & ~verb->options)
			return usage(err, verb, "%s takes no option --%s",
				     verb->name, o->name);
	if (cmd->argc < verb->min_args || cmd->argc > verb->max_args)
		return usage(err, verb, "%s takes %s, not %d argument%s",
			     verb->name, *verb->args ? verb->args : "nothing",
			     cmd->argc, cmd->argc == 1 ? "" : "s");
	return DONE;
}

static int run_verb(struct command *cmd, const struct verb *verb,
		    struct error *err)
{
	int rc;

	if (host_open(&cmd->host)) {
		error_what(err, "udev cannot be used");
		return FAILED;
	}
	rc = verb->run(cmd, err);
	host_close(&cmd->host);
	return rc;
}

static int run(struct line *line, int argc, char **argv, struct error *err)
{
	struct command *cmd = line->cmd;
	int rc = parse_options(line, argc, argv, err);
	const char *name = argv[optind];
	const struct verb *verb = name ? find_verb(name) : NULL;

	if (rc)
		return rc;
	if (line->version)
		return puts("cxl-presize " VERSION) < 0;
	if (line->help && (verb || !name)) {
		print_help(stdout, verb);
		return DONE;
	}
	if (!verb)
		return usage(err, NULL, name ? "'%s' is no verb" :
			     "no verb%s", name ?: "");
	cmd->argc = argc - optind - 1;
	cmd->argv = argv + optind + 1;
	rc = check_line(line, verb, err);
	return rc ? rc : run_verb(cmd, verb, err);
}

/* Wrong usage has to be told in JSON too, so that is known before all else */
static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json") || !strcmp(argv[i], "-j"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct command cmd = { .timeout = -1 };
	struct line line = { .cmd = &cmd };
	struct error err = { };
	int rc;

	setlocale(LC_CTYPE, "");
	out_setup(wants_json(argc, argv));
	conf_path_default(&cmd.path);
	rc = run(&line, argc, argv, &err);
	if (!line.help && !line.version)
		out_end(err.what[0] ? &err : NULL);
	return rc;
}
