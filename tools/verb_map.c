// SPDX-License-Identifier: GPL-2.0-only
/* map: the fixed memory windows to scale, with what is in them */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "svg.h"
#include "window.h"

#define BAR_MAX	100
#define BAR_MIN	20

static struct json_object *describe_region(const struct region *region)
{
	struct json_object *item = json_object_new_object();

	out_add_text(item, "name", region->name);
	out_add_u64(item, "start", region->start);
	out_add_u64(item, "size", region->size);
	out_add_text(item, "device", region->device);
	return item;
}

static void add_flag(struct json_object *item, const char *key, bool value)
{
	json_object_object_add(item, key, json_object_new_boolean(value));
}

/* @largest: of all windows, for the scale that they share */
static struct json_object *describe(const struct window *window,
				    uint64_t largest)
{
	struct json_object *item = json_object_new_object();
	struct json_object *bridges = json_object_new_array();
	struct json_object *regions = json_object_new_array();

	for (unsigned int i = 0; i < window->nr_bridges; i++)
		json_object_array_add(bridges,
				      json_object_new_string(window->bridge[i]));
	for (size_t i = 0; i < window->nr_regions; i++)
		json_object_array_add(regions,
				      describe_region(&window->region[i]));
	out_add_text(item, "name", window->name);
	out_add_u64(item, "start", window->start);
	out_add_u64(item, "size", window->size);
	out_add_u64(item, "free", window->free);
	out_add_u64(item, "largest_free", window->largest_free);
	out_add_u64(item, "largest_window", largest);
	add_flag(item, "ram", window->ram);
	add_flag(item, "type2", window->type2);
	add_flag(item, "type3", window->type3);
	add_flag(item, "locked", window->locked);
	json_object_object_add(item, "bridges", bridges);
	json_object_object_add(item, "regions", regions);
	return item;
}

static int bar_width(void)
{
	int width = out_width() - 2;

	if (width > BAR_MAX)
		return BAR_MAX;
	return width < BAR_MIN ? BAR_MIN : width;
}

static struct json_object *part(struct json_object *item, const char *key)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(item, key, &value);
	return value;
}

static int scaled(uint64_t bytes, uint64_t whole, int width)
{
	return (int)((double)bytes / (double)whole * width + 0.5);
}

/* A region has a letter, as long as there are some, and at least one cell */
static void fill(char *bar, int width, struct json_object *item)
{
	struct json_object *regions = part(item, "regions");
	uint64_t start = out_u64(item, "start"), size = out_u64(item, "size");

	memset(bar, '.', width);
	for (size_t i = 0; i < json_object_array_length(regions); i++) {
		struct json_object *region =
			json_object_array_get_idx(regions, i);
		int from = scaled(out_u64(region, "start") - start, size, width);
		int len = scaled(out_u64(region, "size"), size, width);

		if (from >= width)
			from = width - 1;
		if (len < 1)
			len = 1;
		if (len > width - from)
			len = width - from;
		memset(bar + from, i < 26 ? 'A' + (int)i : '#', len);
	}
}

static void print_bar(struct json_object *item, FILE *to)
{
	int width = scaled(out_u64(item, "size"),
			   out_u64(item, "largest_window"), bar_width());
	char bar[BAR_MAX + 1];

	if (width < 1)
		width = 1;
	fill(bar, width, item);
	fputc('|', to);
	for (int i = 0; i < width; i++) {
		bool first = !i || (bar[i] == '.') != (bar[i - 1] == '.');

		if (first)
			fputs(out_paint(bar[i] == '.' ? OUT_DIM : OUT_GREEN),
			      to);
		fputc(bar[i], to);
		if (i == width - 1 || (bar[i] == '.') != (bar[i + 1] == '.'))
			fputs(out_paint(OUT_PLAIN), to);
	}
	fputs("|\n", to);
}

static void print_title(struct json_object *item, FILE *to)
{
	struct json_object *bridges = part(item, "bridges");
	char size[AMOUNT_TEXT], unused[AMOUNT_TEXT], piece[AMOUNT_TEXT];

	fprintf(to, "%s%s%s  %s at %#" PRIx64 ", %s free, %s in one piece;",
		out_paint(OUT_BOLD), out_text(item, "name"),
		out_paint(OUT_PLAIN), amount_format(out_u64(item, "size"), size),
		out_u64(item, "start"),
		amount_format(out_u64(item, "free"), unused),
		amount_format(out_u64(item, "largest_free"), piece));
	fprintf(to, "%s%s%s%s;", json_object_get_boolean(part(item, "ram")) ?
		" volatile" : " not volatile",
		json_object_get_boolean(part(item, "type2")) ? " type2" : "",
		json_object_get_boolean(part(item, "type3")) ? " type3" : "",
		json_object_get_boolean(part(item, "locked")) ? " locked" : "");
	for (size_t i = 0; i < json_object_array_length(bridges); i++) {
		struct json_object *bridge =
			json_object_array_get_idx(bridges, i);

		fprintf(to, " %s", json_object_get_string(bridge));
	}
	fputc('\n', to);
}

static void print_window(struct json_object *item, FILE *to)
{
	struct json_object *regions = part(item, "regions");

	print_title(item, to);
	print_bar(item, to);
	for (size_t i = 0; i < json_object_array_length(regions); i++) {
		struct json_object *region =
			json_object_array_get_idx(regions, i);
		char size[AMOUNT_TEXT];

		fprintf(to, " %c  %s at %#" PRIx64 "  %s  %s\n",
			i < 26 ? 'A' + (int)i : '#',
			amount_format(out_u64(region, "size"), size),
			out_u64(region, "start"), out_text(region, "name"),
			out_text(region, "device"));
	}
	fputc('\n', to);
}

static const struct view map_view = {
	.list = "windows",
	.print = print_window,
};

static int draw(struct command *cmd, const struct windows *windows,
		struct error *err)
{
	FILE *to = fopen(cmd->svg, "we");
	bool ok = to;

	if (to) {
		svg_draw(to, windows);
		ok = !ferror(to);
		ok = !fclose(to) && ok;
	}
	if (ok)
		return DONE;
	error_what(err, "the map cannot be written");
	error_why(err, "%s: %s", cmd->svg, strerror(errno));
	error_limit(err, "%s", cmd->svg);
	return FAILED;
}

static uint64_t largest_of(const struct windows *windows)
{
	uint64_t largest = 0;

	for (size_t i = 0; i < windows->nr; i++)
		if (windows->window[i].size > largest)
			largest = windows->window[i].size;
	return largest;
}

int verb_map(struct command *cmd, struct error *err)
{
	struct windows windows;
	int rc = DONE;

	out_begin(&map_view);
	windows_load(&cmd->host, &windows);
	for (size_t i = 0; i < windows.nr; i++)
		out_item(describe(&windows.window[i], largest_of(&windows)));
	if (!windows.nr && !out_is_json())
		out_note("No fixed memory window: the platform has no CXL, or module cxl_acpi is not loaded.");
	if (cmd->svg)
		rc = draw(cmd, &windows, err);
	windows_free(&windows);
	return rc;
}
