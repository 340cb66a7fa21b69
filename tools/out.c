// SPDX-License-Identifier: GPL-2.0-only
/* See out.h */
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "amount.h"
#include "out.h"
#include "table.h"

static struct {
	bool json;
	bool colour;
	int width;
	const struct view *view;
	struct table *table;
	unsigned int items;
} out = { .width = INT_MAX };

static int terminal_width(void)
{
	const char *columns = getenv("COLUMNS");
	struct winsize size;

	if (columns && atoi(columns) > 0)
		return atoi(columns);
	if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return 80;
}

void out_setup(bool json)
{
	const char *no_colour = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	out.json = json;
	if (!isatty(STDOUT_FILENO))
		return;
	out.width = terminal_width();
	out.colour = !json && (!no_colour || !*no_colour) &&
		     term && strcmp(term, "dumb");
}

bool out_is_json(void)
{
	return out.json;
}

int out_width(void)
{
	return out.width;
}

const char *out_paint(const char *colour)
{
	return out.colour ? colour : "";
}

static struct json_object *field(struct json_object *item, const char *key)
{
	struct json_object *value = NULL;
	const char *dot = strchr(key, '.');
	char first[32];

	if (!dot) {
		json_object_object_get_ex(item, key, &value);
		return value;
	}
	snprintf(first, sizeof(first), "%.*s", (int)(dot - key), key);
	if (!json_object_object_get_ex(item, first, &value) || !value)
		return NULL;
	return field(value, dot + 1);
}

const char *out_text(struct json_object *item, const char *key)
{
	struct json_object *value = field(item, key);

	return value ? json_object_get_string(value) : "";
}

uint64_t out_u64(struct json_object *item, const char *key)
{
	struct json_object *value = field(item, key);

	return value ? json_object_get_uint64(value) : 0;
}

void out_add_text(struct json_object *item, const char *key, const char *text)
{
	json_object_object_add(item, key, text && *text ?
			       json_object_new_string(text) : NULL);
}

void out_add_u64(struct json_object *item, const char *key, uint64_t value)
{
	json_object_object_add(item, key, json_object_new_uint64(value));
}

static void print_json(struct json_object *object)
{
	fputs(json_object_to_json_string_ext(object,
					     JSON_C_TO_STRING_NOSLASHESCAPE),
	      stdout);
}

/* Printed as they come: there may be more of them than should be in memory */
void out_begin(const struct view *view)
{
	out.view = view;
	out.items = 0;
	if (out.json && !view->stream)
		printf("{\"schema\":%d,\"%s\":[", OUT_SCHEMA, view->list);
	else if (!out.json && view->columns)
		out.table = table_new(view->columns);
}

static void json_item(struct json_object *item)
{
	if (!out.view->stream)
		fputs(out.items ? ",\n" : "\n", stdout);
	else
		json_object_object_add(item, "schema",
				       json_object_new_int(OUT_SCHEMA));
	print_json(item);
	if (out.view->stream)
		putchar('\n');
}

void out_item(struct json_object *item)
{
	if (out.json)
		json_item(item);
	else if (out.table)
		table_add(out.table, item);
	else if (out.view->print)
		out.view->print(item, stdout);
	out.items++;
	if (out.view->stream)
		fflush(stdout);
	json_object_put(item);
}

struct json_object *out_error_object(const struct error *err)
{
	struct json_object *object = json_object_new_object();

	out_add_text(object, "what", err->what);
	out_add_text(object, "why", err->why);
	out_add_text(object, "limit", err->limit);
	out_add_text(object, "fix", err->fix);
	return object;
}

void out_error_text(const struct error *err)
{
	fprintf(stderr, "cxl-presize: %s\n", err->what);
	if (err->why[0])
		fprintf(stderr, "  why:   %s\n", err->why);
	if (err->limit[0])
		fprintf(stderr, "  limit: %s\n", err->limit);
	if (err->fix[0])
		fprintf(stderr, "  try:   %s\n", err->fix);
}

static void end_json(const struct error *err)
{
	struct json_object *object = err ? out_error_object(err) : NULL;
	bool list = out.view && !out.view->stream;

	if (list)
		fputs(out.items ? "\n]" : "]", stdout);
	else if (err)
		printf("{\"schema\":%d", OUT_SCHEMA);
	if (err) {
		fputs(",\"error\":", stdout);
		print_json(object);
		json_object_put(object);
	}
	if (list || err)
		puts("}");
}

void out_end(const struct error *err)
{
	if (out.json)
		end_json(err);
	if (out.table)
		table_print(out.table, stdout);
	out.table = NULL;
	out.view = NULL;
	fflush(stdout);
	if (err)
		out_error_text(err);
}

void out_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
}
