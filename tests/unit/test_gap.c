// SPDX-License-Identifier: GPL-2.0-only
/* The largest free piece of a window */
#include "size.h"
#include "unit.h"

#define MIB	(1ULL << 20)
#define BLOCK	(256 * MIB)

/* A range of blocks, from @first, @nr of them */
#define BLOCKS(first, nr) \
	{ (first) * BLOCK, (first) * BLOCK + (nr) * BLOCK - 1 }

#define TAKEN_MAX 4

static const struct gap_case {
	const char *name;
	struct range window;
	struct range taken[TAKEN_MAX];
	unsigned int nr;
	u64 align;
	u64 gap;
} cases[] = {
	{ "all free", BLOCKS(16, 8), {}, 0, BLOCK, 8 * BLOCK },
	{ "one block", BLOCKS(16, 1), {}, 0, BLOCK, BLOCK },
	{ "empty window", { BLOCK, BLOCK - 1 }, {}, 0, BLOCK, 0 },
	{ "empty window, something in use", { BLOCK, BLOCK - 1 },
	  { BLOCKS(1, 1) }, 1, BLOCK, 0 },
	{ "one byte, no alignment", { 5, 5 }, {}, 0, 1, 1 },

	{ "all in use", BLOCKS(16, 8), { BLOCKS(16, 8) }, 1, BLOCK, 0 },
	{ "more than all in use", BLOCKS(16, 8), { BLOCKS(15, 10) }, 1, BLOCK,
	  0 },
	{ "all in use, in pieces", BLOCKS(16, 4),
	  { BLOCKS(16, 1), BLOCKS(17, 2), BLOCKS(19, 1) }, 3, BLOCK, 0 },
	{ "in use at the start", BLOCKS(16, 8), { BLOCKS(16, 3) }, 1, BLOCK,
	  5 * BLOCK },
	{ "in use at the end", BLOCKS(16, 8), { BLOCKS(21, 3) }, 1, BLOCK,
	  5 * BLOCK },
	{ "in use at both ends", BLOCKS(16, 8), { BLOCKS(16, 1), BLOCKS(23, 1) },
	  2, BLOCK, 6 * BLOCK },
	{ "free at the start alone", BLOCKS(16, 8), { BLOCKS(17, 7) }, 1, BLOCK,
	  BLOCK },
	{ "free at the end alone", BLOCKS(16, 8), { BLOCKS(16, 7) }, 1, BLOCK,
	  BLOCK },
	{ "larger piece before", BLOCKS(16, 8), { BLOCKS(20, 1) }, 1, BLOCK,
	  4 * BLOCK },
	{ "larger piece behind", BLOCKS(16, 8), { BLOCKS(19, 1) }, 1, BLOCK,
	  4 * BLOCK },
	{ "largest piece in the middle", BLOCKS(16, 8),
	  { BLOCKS(17, 1), BLOCKS(22, 1) }, 2, BLOCK, 4 * BLOCK },
	{ "largest piece is the first of three", BLOCKS(16, 8),
	  { BLOCKS(19, 1), BLOCKS(22, 1) }, 2, BLOCK, 3 * BLOCK },

	{ "unsorted", BLOCKS(16, 8),
	  { BLOCKS(22, 1), BLOCKS(16, 1), BLOCKS(19, 1) }, 3, BLOCK,
	  2 * BLOCK },
	{ "unsorted, the last is the first", BLOCKS(16, 8),
	  { BLOCKS(20, 4), BLOCKS(16, 3) }, 2, BLOCK, BLOCK },
	{ "overlapping", BLOCKS(16, 8), { BLOCKS(17, 3), BLOCKS(18, 4) }, 2,
	  BLOCK, 2 * BLOCK },
	{ "one in the other", BLOCKS(16, 8), { BLOCKS(16, 6), BLOCKS(17, 1) },
	  2, BLOCK, 2 * BLOCK },
	{ "one in the other, at its end", BLOCKS(16, 8),
	  { BLOCKS(16, 6), BLOCKS(21, 1) }, 2, BLOCK, 2 * BLOCK },
	{ "the same twice", BLOCKS(16, 8), { BLOCKS(18, 2), BLOCKS(18, 2) }, 2,
	  BLOCK, 4 * BLOCK },
	{ "same start, longer behind", BLOCKS(16, 8),
	  { BLOCKS(16, 1), BLOCKS(16, 5) }, 2, BLOCK, 3 * BLOCK },
	{ "same start, longer before", BLOCKS(16, 8),
	  { BLOCKS(16, 5), BLOCKS(16, 1) }, 2, BLOCK, 3 * BLOCK },

	{ "before the window", BLOCKS(16, 8), { BLOCKS(2, 3) }, 1, BLOCK,
	  8 * BLOCK },
	{ "right before the window", BLOCKS(16, 8), { BLOCKS(15, 1) }, 1, BLOCK,
	  8 * BLOCK },
	{ "into the window", BLOCKS(16, 8), { BLOCKS(15, 2) }, 1, BLOCK,
	  7 * BLOCK },
	{ "behind the window", BLOCKS(16, 8), { BLOCKS(30, 3) }, 1, BLOCK,
	  8 * BLOCK },
	{ "right behind the window", BLOCKS(16, 8), { BLOCKS(24, 1) }, 1, BLOCK,
	  8 * BLOCK },
	{ "out of the window", BLOCKS(16, 8), { BLOCKS(23, 9) }, 1, BLOCK,
	  7 * BLOCK },
	{ "outside on both sides", BLOCKS(16, 8), { BLOCKS(40, 1), BLOCKS(2, 1) },
	  2, BLOCK, 8 * BLOCK },

	{ "before the window and in it", BLOCKS(16, 8),
	  { BLOCKS(2, 1), BLOCKS(16, 3) }, 2, BLOCK, 5 * BLOCK },
	{ "from 0 into the window", BLOCKS(16, 8), { BLOCKS(0, 18) }, 1, BLOCK,
	  6 * BLOCK },

	{ "window starts unaligned", { BLOCK + 1, 4 * BLOCK - 1 }, {}, 0, BLOCK,
	  2 * BLOCK },
	{ "window ends unaligned", { BLOCK, 4 * BLOCK - 2 }, {}, 0, BLOCK,
	  2 * BLOCK },
	{ "window within a block", { BLOCK + 1, 2 * BLOCK - 2 }, {}, 0, BLOCK,
	  0 },
	{ "window over a boundary, no whole block",
	  { 2 * BLOCK - 16, 2 * BLOCK + 15 }, {}, 0, BLOCK, 0 },
	{ "window up to a boundary", { BLOCK, 2 * BLOCK }, {}, 0, BLOCK,
	  BLOCK },
	{ "first byte in use spoils a block", BLOCKS(16, 3),
	  { { 16 * BLOCK, 16 * BLOCK } }, 1, BLOCK, 2 * BLOCK },
	{ "one byte in use spoils a block", BLOCKS(16, 3),
	  { { 17 * BLOCK, 17 * BLOCK } }, 1, BLOCK, BLOCK },
	{ "last byte in use spoils a block", BLOCKS(16, 3),
	  { { 18 * BLOCK - 1, 18 * BLOCK - 1 } }, 1, BLOCK, BLOCK },
	{ "last byte of the window in use", BLOCKS(16, 3),
	  { { 19 * BLOCK - 1, 19 * BLOCK - 1 } }, 1, BLOCK, 2 * BLOCK },
	{ "in use up to the byte before the last", BLOCKS(16, 3),
	  { { 16 * BLOCK, 19 * BLOCK - 2 } }, 1, 1, 1 },
	{ "larger alignment than the start", BLOCKS(1, 8), {}, 0, 4 * BLOCK,
	  4 * BLOCK },
	{ "window smaller than the alignment", BLOCKS(4, 3), {}, 0, 4 * BLOCK,
	  0 },

	{ "window at 0", BLOCKS(0, 4), {}, 0, BLOCK, 4 * BLOCK },
	{ "window at 0, its start in use", BLOCKS(0, 4), { BLOCKS(0, 1) }, 1,
	  BLOCK, 3 * BLOCK },
	{ "last block", { -BLOCK, UINT64_MAX }, {}, 0, BLOCK, BLOCK },
	{ "last block in use", { -BLOCK, UINT64_MAX },
	  { { -BLOCK, UINT64_MAX } }, 1, BLOCK, 0 },
	{ "last block, unaligned", { 1 - BLOCK, UINT64_MAX }, {}, 0, BLOCK, 0 },
	{ "last block, unaligned at both ends", { 1 - BLOCK, UINT64_MAX - 1 },
	  {}, 0, BLOCK, 0 },
	{ "last block in use twice", { -4 * BLOCK, UINT64_MAX },
	  { { -2 * BLOCK, UINT64_MAX }, { -BLOCK, UINT64_MAX } }, 2, BLOCK,
	  2 * BLOCK },
	{ "last block in use, free before", { -4 * BLOCK, UINT64_MAX },
	  { { -BLOCK, UINT64_MAX } }, 1, BLOCK, 3 * BLOCK },
	{ "last block half in use", { -2 * BLOCK, UINT64_MAX },
	  { { -BLOCK, UINT64_MAX - BLOCK / 2 } }, 1, BLOCK, BLOCK },
	{ "all but the last byte", { 0, UINT64_MAX - 1 }, {}, 0, BLOCK,
	  -BLOCK },
};

static void test_case(void **state)
{
	const struct gap_case *c = *state;
	struct range *taken = exact_copy(c->taken, c->nr * sizeof(*taken));
	u64 gap = presize_largest_gap(&c->window, taken, c->nr, c->align);

	free(taken);
	assert_int_equal(gap, c->gap);
}

#define MODEL_BLOCKS 16

/* The same answer from a map of blocks, by counting */
static u64 count_largest(u32 used)
{
	unsigned int run = 0, largest = 0;

	for (unsigned int i = 0; i < MODEL_BLOCKS; i++) {
		run = used & 1U << i ? 0 : run + 1;
		if (run > largest)
			largest = run;
	}
	return largest * BLOCK;
}

/* Every way to have 16 blocks in use, each block a range */
static void test_every_map(void **state)
{
	const struct range window = BLOCKS(3, MODEL_BLOCKS);

	(void)state;
	for (u32 used = 0; used < 1U << MODEL_BLOCKS; used++) {
		struct range taken[MODEL_BLOCKS];
		unsigned int nr = 0;

		for (int i = MODEL_BLOCKS - 1; i >= 0; i--)
			if (used & 1U << i)
				taken[nr++] = (struct range)BLOCKS(3ULL + i, 1);
		assert_int_equal(presize_largest_gap(&window, taken, nr, BLOCK),
				 count_largest(used));
	}
}

int main(void)
{
	const struct CMUnitTest more[] = {
		cmocka_unit_test(test_every_map),
	};

	return RUN_CASES(cases, test_case, more);
}
