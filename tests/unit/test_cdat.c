// SPDX-License-Identifier: GPL-2.0-only
/* Capacity in CDAT entries and DVSEC range registers */
#include <errno.h>

#include "size.h"
#include "unit.h"

#define DSMAS_SIZE	24

/* CDAT 1.03, 2.1: type, length, handle, flags, DPA base, DPA length */
#define DSMAS(type, length, flags, size)				\
	{ (type), 0, (length) & 0xff, (length) >> 8, 0, (flags), 0, 0,	\
	  0, 0, 0, 0x10, 0, 0, 0, 0,					\
	  (u8)(size), (u8)((size) >> 8), (u8)((size) >> 16),		\
	  (u8)((size) >> 24), (u8)((size) >> 32), (u8)((size) >> 40),	\
	  (u8)((size) >> 48), (u8)((size) >> 56) }

#define NON_VOLATILE	0x04

static const struct cdat_case {
	const char *name;
	u8 entry[DSMAS_SIZE + 8];
	size_t len;
	u64 before;
	int rc;
	u64 after;
} cases[] = {
	{ "volatile", DSMAS(0, 24, 0, 0x40000000ULL), 24, 0, 0, 0x40000000 },
	{ "each byte of the length counts",
	  DSMAS(0, 24, 0, 0x0807060504030201ULL), 24, 0, 0,
	  0x0807060504030201 },
	{ "added to what there is", DSMAS(0, 24, 0, 0x40000000ULL), 24,
	  0x20000000, 0, 0x60000000 },
	{ "nothing to add", DSMAS(0, 24, 0, 0ULL), 24, 0x20000000, 0,
	  0x20000000 },
	{ "non-volatile", DSMAS(0, 24, NON_VOLATILE, 0x40000000ULL), 24,
	  0x20000000, 0, 0x20000000 },
	{ "non-volatile among other flags", DSMAS(0, 24, 0xff, 1ULL), 24, 7,
	  0, 7 },
	{ "other flags", DSMAS(0, 24, 0xff ^ NON_VOLATILE, 1ULL), 24, 7, 0, 8 },
	{ "read further than the entry", DSMAS(0, 24, 0, 5ULL), 32, 0, 0, 5 },

	{ "largest sum", DSMAS(0, 24, 0, 1ULL << 63), 24, (1ULL << 63) - 1, 0,
	  UINT64_MAX },
	{ "overflow by one", DSMAS(0, 24, 0, 1ULL), 24, UINT64_MAX, -EPROTO,
	  UINT64_MAX },
	{ "overflow", DSMAS(0, 24, 0, UINT64_MAX), 24, UINT64_MAX, -EPROTO,
	  UINT64_MAX },

	{ "nothing", { 0 }, 0, 7, -EPROTO, 7 },
	{ "half a header", DSMAS(0, 24, 0, 1ULL), 3, 7, -EPROTO, 7 },
	{ "a header alone", DSMAS(0, 24, 0, 1ULL), 4, 7, -EPROTO, 7 },
	{ "a header that says so", DSMAS(0, 4, 0, 1ULL), 4, 7, -EPROTO, 7 },
	{ "a byte short", DSMAS(0, 24, 0, 1ULL), 23, 7, -EPROTO, 7 },
	{ "length 0", DSMAS(0, 0, 0, 1ULL), 24, 7, -EPROTO, 7 },
	{ "length 23", DSMAS(0, 23, 0, 1ULL), 24, 7, -EPROTO, 7 },
	{ "length 25", DSMAS(0, 25, 0, 1ULL), 32, 7, -EPROTO, 7 },
	{ "length 24 in its low byte alone", DSMAS(0, 0x118, 0, 1ULL), 24, 7,
	  -EPROTO, 7 },

	{ "another type", DSMAS(1, 24, 0, 1ULL), 24, 7, 0, 7 },
	{ "the last type", DSMAS(255, 24, 0, 1ULL), 24, 7, 0, 7 },
	{ "another type, of no length", DSMAS(2, 0, 0, 1ULL), 24, 7, 0, 7 },
	{ "another type, header alone", DSMAS(5, 4, 0, 1ULL), 4, 7, 0, 7 },
	{ "another type, half a header", DSMAS(5, 4, 0, 1ULL), 3, 7, -EPROTO,
	  7 },
};

static void test_case(void **state)
{
	const struct cdat_case *c = *state;
	u8 *entry = exact_copy(c->entry, c->len);
	u64 capacity = c->before;
	int rc = presize_cdat_add(entry, c->len, &capacity);

	free(entry);
	assert_int_equal(rc, c->rc);
	assert_int_equal(capacity, c->after);
}

/* A response begins where a header of 4 bytes ends: any address may come */
static void test_unaligned(void **state)
{
	u8 entry[DSMAS_SIZE + 1] = DSMAS(0, 24, 0, 0x1020304050607080ULL);
	u64 capacity = 0;

	(void)state;
	memmove(entry + 1, entry, DSMAS_SIZE);
	assert_int_equal(presize_cdat_add(entry + 1, DSMAS_SIZE, &capacity), 0);
	assert_int_equal(capacity, 0x1020304050607080ULL);
}

/* CXL 3.1 8.1.3.8.2: bits 27:0 of Size Low are flags or reserved */
static void test_range(void **state)
{
	(void)state;
	assert_int_equal(presize_range_size(0, 0), 0);
	assert_int_equal(presize_range_size(0, 0x10000000), 0x10000000);
	assert_int_equal(presize_range_size(0, 0xf0000000), 0xf0000000);
	assert_int_equal(presize_range_size(1, 0), 0x100000000ULL);
	assert_int_equal(presize_range_size(0, 0x0fffffff), 0);
	assert_int_equal(presize_range_size(0x80000000, 0x10000003),
			 0x8000000010000000ULL);
	assert_int_equal(presize_range_size(~0U, ~0U), 0xfffffffff0000000ULL);
}

int main(void)
{
	const struct CMUnitTest more[] = {
		cmocka_unit_test(test_unaligned),
		cmocka_unit_test(test_range),
	};

	return RUN_CASES(cases, test_case, more);
}
