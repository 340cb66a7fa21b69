/* SPDX-License-Identifier: GPL-2.0-only */
/* SIZE as people say it: bytes, "max", or a part of the capacity */
#ifndef TOOLS_AMOUNT_H
#define TOOLS_AMOUNT_H

#include <stddef.h>
#include <stdint.h>

struct amount {
	enum {
		AMOUNT_BYTES,
		AMOUNT_MAX,
		AMOUNT_PERCENT,
	} kind;
	uint64_t value;
	char text[28];
};

/* 0, or -EINVAL where @text is not exactly one size */
int amount_parse(const char *text, struct amount *amount);

/*
 * In bytes, for a device. A part of the capacity is rounded down to @align.
 * -ENODATA where it takes a capacity and that is not known (0).
 */
int amount_resolve(const struct amount *amount, uint64_t capacity,
		   uint64_t align, uint64_t *bytes);

/* The shortest way to write @bytes that amount_parse() reads back */
#define AMOUNT_TEXT 24
const char *amount_format(uint64_t bytes, char buf[AMOUNT_TEXT]);

#endif /* TOOLS_AMOUNT_H */
