// SPDX-License-Identifier: GPL-2.0-only
/* See table.h */
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "table.h"

#define COLUMNS_MAX	16
#define NAME_WIDTH_MIN	12
#define GAP		2

struct table {
	const struct column *columns;
	int nr_columns;
	int widths[COLUMNS_MAX];
	char **cells;
	size_t nr, max;
};

/* In characters: the bytes of UTF-8 that do not go on with one */
static int text_width(const char *text)
{
	int width = 0;

	for (; *text; text++)
		width += ((unsigned char)*text & 0xc0) != 0x80;
	return width;
}

/* The bytes of the first @width characters */
static int width_bytes(const char *text, int width)
{
	const char *p = text;

	for (; *p; p++)
		if (((unsigned char)*p & 0xc0) != 0x80 && !width--)
			break;
	return p - text;
}

struct table *table_new(const struct column *columns)
{
	struct table *table = calloc(1, sizeof(*table));

	if (!table)
		abort();
	table->columns = columns;
	while (columns[table->nr_columns].title) {
		int i = table->nr_columns++;

		table->widths[i] = text_width(columns[i].title);
	}
	return table;
}

const char *table_cell(const struct column *column, struct json_object *item,
		       char *buf, size_t size)
{
	char amount[AMOUNT_TEXT];
	const char *text;

	if (column->kind == KIND_SIZE) {
		uint64_t bytes = out_u64(item, column->key);

		snprintf(buf, size, "%s",
			 bytes ? amount_format(bytes, amount) : "-");
		return buf;
	}
	text = out_text(item, column->key);
	return *text ? text : "-";
}

static void add_cell(struct table *table, int column, const char *text)
{
	int width = text_width(text);

	if (table->nr == table->max) {
		table->max = table->max ? 2 * table->max : 256;
		table->cells = realloc(table->cells,
				       table->max * sizeof(*table->cells));
	}
	if (table->cells)
		table->cells[table->nr] = strdup(text);
	if (!table->cells || !table->cells[table->nr])
		abort();
	table->nr++;
	if (width > table->widths[column])
		table->widths[column] = width;
}

void table_add(struct table *table, struct json_object *item)
{
	char buf[64];

	for (int i = 0; i < table->nr_columns; i++)
		add_cell(table, i, table_cell(&table->columns[i], item, buf,
					      sizeof(buf)));
}

/* What is too much for the terminal is taken from the names, evenly */
static void fit(struct table *table)
{
	int total = 0;

	for (int i = 0; i < table->nr_columns; i++)
		total += table->widths[i] + GAP;
	for (bool less = true; less && total - GAP > out_width();) {
		less = false;
		for (int i = 0; i < table->nr_columns; i++) {
			if (table->columns[i].kind != KIND_NAME ||
			    table->widths[i] <= NAME_WIDTH_MIN)
				continue;
			table->widths[i]--;
			total--;
			less = true;
		}
	}
}

const char *table_state_colour(const char *state)
{
	if (!strcmp(state, "committed") || !strcmp(state, "firmware"))
		return OUT_GREEN;
	if (!strcmp(state, "failed"))
		return OUT_RED;
	return strcmp(state, "requested") ? OUT_PLAIN : OUT_YELLOW;
}

/* Nothing behind the last one: lines without blanks at their end */
static void print_cell(struct table *table, int i, const char *text,
		       const char *colour, FILE *to)
{
	bool last = i == table->nr_columns - 1;
	int width = text_width(text), room = table->widths[i];
	bool cut = width > room;
	int bytes = width_bytes(text, cut ? room - 1 : width);

	fprintf(to, "%s%.*s%s%s", out_paint(colour), bytes, text,
		cut ? "+" : "", *colour ? out_paint(OUT_PLAIN) : "");
	if (last)
		fputc('\n', to);
	else
		fprintf(to, "%*s", (cut ? 0 : room - width) + GAP, "");
}

void table_print(struct table *table, FILE *to)
{
	fit(table);
	for (int i = 0; table->nr && i < table->nr_columns; i++)
		print_cell(table, i, table->columns[i].title, OUT_BOLD, to);
	for (size_t n = 0; n < table->nr; n++) {
		int i = n % table->nr_columns;
		const char *text = table->cells[n];

		print_cell(table, i, text,
			   table->columns[i].kind == KIND_STATE ?
			   table_state_colour(text) : "", to);
		free(table->cells[n]);
	}
	free(table->cells);
	free(table);
}
