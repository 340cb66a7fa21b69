// SPDX-License-Identifier: GPL-2.0-only
/* What is left of a BAR around the HDM decoders, and how an access is cut */
#include "span.h"
#include "unit.h"

#define PAGE	4096ULL

static const struct bar_case {
	const char *name;
	u64 bar;
	u64 start, len;
	unsigned int nr;
	struct cxl_vfio_span areas[2];
} cases[] = {
	{ "in the middle, not aligned", 0x10000, 0x1128, 0x110, 2,
	  { { 0, 0x1000 }, { 0x2000, 0x10000 } } },
	{ "in the middle, one whole page", 0x10000, 0x4000, 0x1000, 2,
	  { { 0, 0x4000 }, { 0x5000, 0x10000 } } },
	{ "across a page boundary", 0x10000, 0x1ff0, 0x30, 2,
	  { { 0, 0x1000 }, { 0x3000, 0x10000 } } },
	{ "ends at a page boundary", 0x10000, 0x1fd0, 0x30, 2,
	  { { 0, 0x1000 }, { 0x2000, 0x10000 } } },
	{ "in the first page", 0x10000, 0x10, 0x30, 1,
	  { { 0x1000, 0x10000 } } },
	{ "at the very start", 0x10000, 0, 0x30, 1,
	  { { 0x1000, 0x10000 } } },
	{ "in the last page", 0x10000, 0xf100, 0x30, 1,
	  { { 0, 0xf000 } } },
	{ "at the very end", 0x10000, 0xffd0, 0x30, 1,
	  { { 0, 0xf000 } } },
	{ "in the last two pages", 0x10000, 0xeff0, 0x30, 1,
	  { { 0, 0xe000 } } },
	{ "all of the BAR", 0x1000, 0, 0x1000, 0, {} },
	{ "the BAR is one page", 0x1000, 0x800, 0x30, 0, {} },
	{ "the BAR is less than a page", 0x400, 0x80, 0x30, 0, {} },
	{ "in both of two pages", 0x2000, 0xff0, 0x30, 0, {} },
	{ "a BAR of more than 4 GiB", 1ULL << 36, (1ULL << 35) + 8, 0x30, 2,
	  { { 0, 1ULL << 35 }, { (1ULL << 35) + PAGE, 1ULL << 36 } } },
};

static void areas_around(void **state)
{
	const struct bar_case *c = *state;
	struct cxl_vfio_span areas[2] = {}, pages;
	unsigned int nr;

	pages = cxl_vfio_span_pages((struct cxl_vfio_span) {
		.start = c->start,
		.end = c->start + c->len,
	}, PAGE);
	nr = cxl_vfio_span_around(c->bar, pages, areas);
	assert_int_equal(nr, c->nr);
	for (unsigned int i = 0; i < nr; i++) {
		assert_int_equal(areas[i].start, c->areas[i].start);
		assert_int_equal(areas[i].end, c->areas[i].end);
		assert_false(cxl_vfio_overlap(areas[i], pages));
		assert_true(areas[i].start < areas[i].end);
	}
}

/* Every access to 64 bytes with a span in them, against a byte at a time */
static void pieces(void **state)
{
	const struct cxl_vfio_span span = { 20, 41 };
	bool inside;

	(void)state;
	for (u64 pos = 0; pos < 64; pos++) {
		for (size_t count = 1; pos + count <= 64; count++) {
			size_t piece = cxl_vfio_span_piece(span, pos, count,
							   &inside);

			assert_in_range(piece, 1, count);
			for (u64 at = pos; at < pos + piece; at++)
				assert_int_equal(inside, at >= 20 && at < 41);
		}
	}
}

static void empty_span_has_no_inside(void **state)
{
	const struct cxl_vfio_span none = {};
	bool inside = true;

	(void)state;
	assert_int_equal(cxl_vfio_span_piece(none, 0, 8, &inside), 8);
	assert_false(inside);
}

static void overlaps(void **state)
{
	const struct cxl_vfio_span a = { 10, 20 };

	(void)state;
	assert_false(cxl_vfio_overlap(a, (struct cxl_vfio_span) { 0, 10 }));
	assert_true(cxl_vfio_overlap(a, (struct cxl_vfio_span) { 0, 11 }));
	assert_true(cxl_vfio_overlap(a, (struct cxl_vfio_span) { 12, 13 }));
	assert_true(cxl_vfio_overlap(a, (struct cxl_vfio_span) { 0, 30 }));
	assert_true(cxl_vfio_overlap(a, (struct cxl_vfio_span) { 19, 30 }));
	assert_false(cxl_vfio_overlap(a, (struct cxl_vfio_span) { 20, 30 }));
}

int main(void)
{
	const struct CMUnitTest more[] = {
		cmocka_unit_test(pieces),
		cmocka_unit_test(empty_span_has_no_inside),
		cmocka_unit_test(overlaps),
	};

	return RUN_CASES(cases, areas_around, more);
}
