// SPDX-License-Identifier: GPL-2.0-only
/* See amount.h; bytes are read by the very function that the kernel uses */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amount.h"
#include "size.h"

/* 1% to 100%, in whole per cents; @text has a % at its end */
static int parse_percent(const char *text, uint64_t *value)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 3 || strcmp(text + digits, "%"))
		return -EINVAL;
	*value = strtoul(text, NULL, 10);
	return *value >= 1 && *value <= 100 ? 0 : -EINVAL;
}

static int parse_bytes(const char *text, uint64_t *value)
{
	u64 size;

	if (strchr(text, '\n') ||
	    presize_parse_size(text, strlen(text), &size))
		return -EINVAL;
	*value = size;
	return 0;
}

int amount_parse(const char *text, struct amount *amount)
{
	size_t len = strlen(text);
	int rc = 0;

	if (!len || len >= sizeof(amount->text))
		return -EINVAL;
	strcpy(amount->text, text);
	amount->value = 0;
	if (!strcmp(text, "max")) {
		amount->kind = AMOUNT_MAX;
	} else if (text[len - 1] == '%') {
		amount->kind = AMOUNT_PERCENT;
		rc = parse_percent(text, &amount->value);
	} else {
		amount->kind = AMOUNT_BYTES;
		rc = parse_bytes(text, &amount->value);
	}
	return rc;
}

/* In two parts, since capacity times 100 may not fit */
static uint64_t part_of(uint64_t capacity, uint64_t percent)
{
	return capacity / 100 * percent + capacity % 100 * percent / 100;
}

int amount_resolve(const struct amount *amount, uint64_t capacity,
		   uint64_t align, uint64_t *bytes)
{
	if (amount->kind == AMOUNT_BYTES) {
		*bytes = amount->value;
		return 0;
	}
	if (!capacity)
		return -ENODATA;
	*bytes = amount->kind == AMOUNT_MAX ? capacity :
		 part_of(capacity, amount->value);
	if (align)
		*bytes -= *bytes % align;
	return 0;
}

const char *amount_format(uint64_t bytes, char buf[AMOUNT_TEXT])
{
	static const char suffixes[] = "TGMK";

	for (int i = 0; bytes && suffixes[i]; i++) {
		uint64_t unit = 1ULL << (40 - 10 * i);

		if (bytes % unit)
			continue;
		snprintf(buf, AMOUNT_TEXT, "%" PRIu64 "%c", bytes / unit,
			 suffixes[i]);
		return buf;
	}
	snprintf(buf, AMOUNT_TEXT, "%" PRIu64, bytes);
	return buf;
}
