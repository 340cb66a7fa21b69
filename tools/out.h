/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one way out: every result is a JSON object, which is printed as it is,
 * or as text by the columns or the function of its view.
 */
#ifndef TOOLS_OUT_H
#define TOOLS_OUT_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "error.h"

/* What "schema" says in every document; docs/json.md describes it */
#define OUT_SCHEMA 1

enum kind {
	KIND_TEXT,
	KIND_SIZE,	/* bytes, shown as people write them; 0 is a dash */
	KIND_STATE,	/* a word that has a colour */
	KIND_NAME,	/* text that is cut first, where the line is short */
};

/* @key may have a dot: a field of an object that is a field */
struct column {
	const char *title;
	const char *key;
	enum kind kind;
};

/*
 * A table where there are @columns, otherwise @print writes an object.
 * @stream: one object a line, at once, for what goes on until it is stopped
 */
struct view {
	const char *list;
	const struct column *columns;
	void (*print)(struct json_object *item, FILE *to);
	bool stream;
};

void out_setup(bool json);
bool out_is_json(void);

/* The terminal's, or so much that nothing is ever cut */
int out_width(void);
const char *out_paint(const char *colour);
#define OUT_RED		"\033[31m"
#define OUT_GREEN	"\033[32m"
#define OUT_YELLOW	"\033[33m"
#define OUT_BOLD	"\033[1m"
#define OUT_DIM		"\033[2m"
#define OUT_PLAIN	"\033[0m"

/* @item goes into the list of the view, and is freed */
void out_begin(const struct view *view);
void out_item(struct json_object *item);

/* Ends the document; an error, which may be NULL, is a part of it */
void out_end(const struct error *err);

/* An error of one of several things, both ways */
struct json_object *out_error_object(const struct error *err);
void out_error_text(const struct error *err);

/* For people only, on stderr; nothing where nobody looks or asked */
__attribute__((format(printf, 1, 2)))
void out_note(const char *fmt, ...);

/* Fields of an object, "" and 0 where they are missing or null */
const char *out_text(struct json_object *item, const char *key);
uint64_t out_u64(struct json_object *item, const char *key);

/* Adds a field: null for an empty text */
void out_add_text(struct json_object *item, const char *key, const char *text);
void out_add_u64(struct json_object *item, const char *key, uint64_t value);

#endif /* TOOLS_OUT_H */
