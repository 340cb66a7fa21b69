// SPDX-License-Identifier: GPL-2.0-only
/* SIZE of the command line: what is taken, what it is in bytes, how it prints */
#include <errno.h>

#include "amount.h"
#include "unit.h"

#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)

static const struct amount_case {
	const char *name;
	const char *text;
	uint64_t capacity;
	int parse, resolve;
	uint64_t bytes;
} cases[] = {
	{ "bytes", "268435456", 0, 0, 0, 256 * MIB },
	{ "suffix", "512M", 0, 0, 0, 512 * MIB },
	{ "hexadecimal", "0x20000000", 0, 0, 0, 512 * MIB },
	{ "nothing", "0", 0, 0, 0, 0 },
	{ "not aligned stays so", "1M", GIB, 0, 0, MIB },
	{ "more than there is stays so", "2G", GIB, 0, 0, 2 * GIB },
	{ "max", "max", GIB, 0, 0, GIB },
	{ "max, rounded down", "max", GIB + MIB, 0, 0, GIB },
	{ "max of less than a region", "max", MIB, 0, 0, 0 },
	{ "max of nothing known", "max", 0, 0, -ENODATA },
	{ "50%", "50%", GIB, 0, 0, 512 * MIB },
	{ "100%", "100%", GIB, 0, 0, GIB },
	{ "33%, rounded down", "33%", GIB, 0, 0, 256 * MIB },
	{ "1% of less than a region", "1%", GIB, 0, 0, 0 },
	{ "99% of all there can be", "99%", ~0ULL, 0, 0,
	  0xfd70a3d700000000ULL },
	{ "percent of nothing known", "50%", 0, 0, -ENODATA },

	{ "0%", "0%", GIB, -EINVAL },
	{ "101%", "101%", GIB, -EINVAL },
	{ "1000%", "1000%", GIB, -EINVAL },
	{ "percent alone", "%", GIB, -EINVAL },
	{ "two percents", "5%%", GIB, -EINVAL },
	{ "minus percent", "-5%", GIB, -EINVAL },
	{ "fraction of a percent", "0.5%", GIB, -EINVAL },
	{ "percent and suffix", "5M%", GIB, -EINVAL },
	{ "overflow", "16777216T", GIB, -EINVAL },
	{ "text behind", "512Mb", GIB, -EINVAL },
	{ "newline behind", "512M\n", GIB, -EINVAL },
	{ "MAX", "MAX", GIB, -EINVAL },
	{ "maxx", "maxx", GIB, -EINVAL },
	{ "empty", "", GIB, -EINVAL },
	{ "long", "0000000000000000000000000000001", GIB, -EINVAL },
};

static void test_case(void **state)
{
	const struct amount_case *c = *state;
	uint64_t bytes = 0;
	struct amount amount;

	assert_int_equal(amount_parse(c->text, &amount), c->parse);
	if (c->parse)
		return;
	assert_string_equal(amount.text, c->text);
	assert_int_equal(amount_resolve(&amount, c->capacity, 256 * MIB,
					&bytes), c->resolve);
	assert_int_equal(bytes, c->bytes);
}

static const struct {
	uint64_t bytes;
	const char *text;
} formats[] = {
	{ 0, "0" }, { 1, "1" }, { 1024, "1K" }, { 1025, "1025" },
	{ 256 * MIB, "256M" }, { GIB, "1G" }, { GIB + 256 * MIB, "1280M" },
	{ 1024 * GIB, "1T" }, { ~0ULL, "18446744073709551615" },
};

/* What it prints is what it takes */
static void test_format(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		char text[AMOUNT_TEXT];
		struct amount amount;

		amount_format(formats[i].bytes, text);
		assert_string_equal(text, formats[i].text);
		assert_int_equal(amount_parse(text, &amount), 0);
		assert_int_equal(amount.value, formats[i].bytes);
	}
}

int main(void)
{
	const struct CMUnitTest more[] = { cmocka_unit_test(test_format) };

	return RUN_CASES(cases, test_case, more);
}
