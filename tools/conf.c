// SPDX-License-Identifier: GPL-2.0-only
/* One file of the configuration: sections in brackets, lines key = value */
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf.h"

#define LINE_MAX_LEN 512

struct parser {
	struct conf *conf;
	const char *file;
	unsigned int line;
	struct conf_section *section;
};

static void *grown(void *array, size_t nr, size_t size)
{
	/* powers of 2, of which the last one is full */
	if (nr & (nr - 1))
		return array;
	array = realloc(array, (nr ? 2 * nr : 1) * size);
	if (!array)
		abort();
	return array;
}

static char *copied(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		abort();
	return copy;
}

void conf_problem(struct conf *conf, const char *file, unsigned int line,
		  bool warning, const char *fmt, ...)
{
	struct conf_problem *problem;
	va_list args;

	conf->problem = grown(conf->problem, conf->nr_problems,
			      sizeof(*problem));
	problem = &conf->problem[conf->nr_problems++];
	problem->file = copied(file);
	problem->line = line;
	problem->warning = warning;
	va_start(args, fmt);
	vsnprintf(problem->message, sizeof(problem->message), fmt, args);
	va_end(args);
}

/* The section it is in must not be used, not even in part */
#define broken(parser, ...) do {					\
	if ((parser)->section)						\
		(parser)->section->broken = true;			\
	conf_problem((parser)->conf, (parser)->file, (parser)->line,	\
		     false, __VA_ARGS__);				\
} while (0)

static void set_match(struct parser *p, struct conf_section *s,
		      const char *value)
{
	if (s->has_match)
		broken(p, "a second match; make a section for each device");
	else if (selector_parse(value, &s->match))
		broken(p, "'%s' is no device: an address, serial:NUMBER, VENDOR:DEVICE[:SUBVENDOR:SUBDEVICE] or path:GLOB",
		       value);
	else if (!selector_lasts(&s->match))
		broken(p, "'%s' may be another device after the next boot; give an address, a serial number or a path",
		       value);
	else
		s->has_match = true;
}

static void set_size(struct parser *p, struct conf_section *s,
		     const char *value)
{
	if (s->has_size)
		broken(p, "a second size");
	else if (amount_parse(value, &s->size))
		broken(p, "'%s' is no size: 512M, 0x20000000, max, 50%%",
		       value);
	s->has_size = true;
}

bool conf_is_driver(const char *name)
{
	size_t len = 0;

	while (isalnum((unsigned char)name[len]) || name[len] == '_' ||
	       name[len] == '-')
		len++;
	return len && !name[len] &&
	       len < sizeof(((struct conf_section *)0)->driver);
}

static void set_driver(struct parser *p, struct conf_section *s,
		       const char *value)
{
	if (s->has_driver)
		broken(p, "a second driver");
	else if (!conf_is_driver(value))
		broken(p, "'%s' is no name of a driver", value);
	else
		strcpy(s->driver, value);
	s->has_driver = true;
}

static void set_clear(struct parser *p, struct conf_section *s,
		      const char *value)
{
	if (s->has_clear)
		broken(p, "a second clear");
	else if (strcmp(value, "yes") && strcmp(value, "no"))
		broken(p, "'%s' is neither yes nor no", value);
	s->has_clear = true;
	s->clear = strcmp(value, "no");
}

static const struct key {
	const char *name;
	void (*set)(struct parser *p, struct conf_section *s,
		    const char *value);
} keys[] = {
	{ "match", set_match },
	{ "size", set_size },
	{ "driver", set_driver },
	{ "clear", set_clear },
	{ }
};

/* Without blanks at both ends; changes @text */
static char *trimmed(char *text)
{
	size_t len;

	while (isspace((unsigned char)*text))
		text++;
	len = strlen(text);
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	text[len] = 0;
	return text;
}

static void end_section(struct parser *p)
{
	struct conf_section *s = p->section;

	if (!s)
		return;
	p->line = s->line;
	if (!s->has_match && !s->broken)
		broken(p, "section [%s] matches nothing: no line match =",
		       s->name);
	if (!s->has_size && !s->has_driver && !s->has_clear && !s->broken)
		broken(p, "section [%s] says neither size nor driver nor clear",
		       s->name);
}

static void begin_section(struct parser *p, char *text)
{
	struct conf *conf = p->conf;
	size_t len = strlen(text);
	unsigned int line = p->line;
	struct conf_section *s;

	end_section(p);
	p->line = line;
	conf->section = grown(conf->section, conf->nr_sections, sizeof(*s));
	s = &conf->section[conf->nr_sections++];
	memset(s, 0, sizeof(*s));
	p->section = s;
	s->file = copied(p->file);
	s->line = line;
	if (text[len - 1] != ']') {
		broken(p, "no ] behind the name of the section");
		return;
	}
	text[len - 1] = 0;
	snprintf(s->name, sizeof(s->name), "%s", trimmed(text + 1));
}

static void assign(struct parser *p, char *text)
{
	char *equals = strchr(text, '=');
	const struct key *key = keys;

	if (!p->section) {
		broken(p, "a line before the first [section]");
		return;
	}
	if (!equals) {
		broken(p, "'%s' is not of the form key = value", text);
		return;
	}
	*equals = 0;
	text = trimmed(text);
	while (key->name && strcmp(key->name, text))
		key++;
	if (key->name)
		key->set(p, p->section, trimmed(equals + 1));
	else
		broken(p, "'%s' is no key; there are match, size, driver and clear",
		       text);
}

static void parse_line(struct parser *p, const char *text, size_t len)
{
	char line[LINE_MAX_LEN];
	char *begin;

	if (len >= sizeof(line) || memchr(text, 0, len)) {
		broken(p, "a line that is too long, or no text");
		return;
	}
	memcpy(line, text, len);
	line[len] = 0;
	begin = trimmed(line);
	if (!*begin || *begin == '#' || *begin == ';')
		return;
	if (*begin == '[')
		begin_section(p, begin);
	else
		assign(p, begin);
}

void conf_parse(struct conf *conf, const char *file, const char *text,
		size_t len)
{
	struct parser p = { .conf = conf, .file = file };
	const char *end = text + len;

	while (text < end) {
		const char *newline = memchr(text, '\n', end - text);
		size_t length = newline ? newline - text : end - text;

		p.line++;
		parse_line(&p, text, length);
		text += length + 1;
	}
	end_section(&p);
}

void conf_free(struct conf *conf)
{
	for (size_t i = 0; i < conf->nr_sections; i++)
		free(conf->section[i].file);
	for (size_t i = 0; i < conf->nr_problems; i++)
		free(conf->problem[i].file);
	free(conf->section);
	free(conf->problem);
}

const char *conf_driver(const struct conf_section *section)
{
	if (!section->has_driver)
		return CONF_DRIVER;
	return strcmp(section->driver, CONF_NO_DRIVER) ? section->driver : NULL;
}
