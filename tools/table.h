/* SPDX-License-Identifier: GPL-2.0-only */
/* Objects as the lines of a table that is as wide as the terminal, at most */
#ifndef TOOLS_TABLE_H
#define TOOLS_TABLE_H

#include "out.h"

struct table;

struct table *table_new(const struct column *columns);
void table_add(struct table *table, struct json_object *item);

/* Prints and frees it; without a line nothing is printed */
void table_print(struct table *table, FILE *to);

/* A field as people read it; @buf is for what has to be made up */
const char *table_cell(const struct column *column, struct json_object *item,
		       char *buf, size_t size);
const char *table_state_colour(const char *state);

#endif /* TOOLS_TABLE_H */
