// SPDX-License-Identifier: GPL-2.0-only
/* Sizes as people write them, and what is no size */
#include <errno.h>

#include "size.h"
#include "unit.h"

#define KIB	(1ULL << 10)
#define MIB	(1ULL << 20)
#define GIB	(1ULL << 30)
#define TIB	(1ULL << 40)

/* A string with its length; a terminator is not part of what is written */
#define TEXT(s)	.text = (s), .len = sizeof(s) - 1

static const struct size_case {
	const char *name;
	const char *text;
	size_t len;
	int rc;
	u64 size;
} cases[] = {
	{ "zero", TEXT("0"), 0, 0 },
	{ "decimal", TEXT("268435456"), 0, 256 * MIB },
	{ "newline", TEXT("268435456\n"), 0, 256 * MIB },
	{ "hexadecimal", TEXT("0x10000000"), 0, 256 * MIB },
	{ "hexadecimal, upper case", TEXT("0XABCDEF"), 0, 0xabcdef },
	{ "what size_show writes", TEXT("0x40000000\n"), 0, GIB },
	{ "octal", TEXT("02000000000"), 0, 256 * MIB },
	{ "plus sign", TEXT("+512"), 0, 512 },
	{ "plus sign, hexadecimal, suffix, newline", TEXT("+0x2G\n"), 0,
	  2 * GIB },

	{ "K", TEXT("3K"), 0, 3 * KIB },
	{ "k", TEXT("3k"), 0, 3 * KIB },
	{ "M", TEXT("256M"), 0, 256 * MIB },
	{ "m", TEXT("256m"), 0, 256 * MIB },
	{ "G", TEXT("5G"), 0, 5 * GIB },
	{ "g", TEXT("5g"), 0, 5 * GIB },
	{ "T", TEXT("7T"), 0, 7 * TIB },
	{ "t", TEXT("7t"), 0, 7 * TIB },
	{ "suffix and newline", TEXT("1G\n"), 0, GIB },
	{ "suffix after hexadecimal", TEXT("0x10M"), 0, 16 * MIB },
	{ "suffix after octal", TEXT("010K"), 0, 8 * KIB },
	{ "suffix after zero", TEXT("0G"), 0, 0 },

	{ "largest, decimal", TEXT("18446744073709551615"), 0, UINT64_MAX },
	{ "largest, hexadecimal", TEXT("0xffffffffffffffff"), 0, UINT64_MAX },
	{ "largest, octal", TEXT("01777777777777777777777"), 0, UINT64_MAX },
	{ "largest, octal, sign, newline", TEXT("+01777777777777777777777\n"),
	  0, UINT64_MAX },
	{ "largest K", TEXT("18014398509481983K"), 0, ~(KIB - 1) },
	{ "largest M", TEXT("17592186044415M"), 0, ~(MIB - 1) },
	{ "largest G", TEXT("17179869183G"), 0, ~(GIB - 1) },
	{ "largest T", TEXT("16777215T"), 0, ~(TIB - 1) },

	{ "2^64, decimal", TEXT("18446744073709551616"), -EINVAL, 0 },
	{ "2^64, hexadecimal", TEXT("0x10000000000000000"), -EINVAL, 0 },
	{ "2^64, octal", TEXT("02000000000000000000000"), -EINVAL, 0 },
	{ "2^64 in K", TEXT("18014398509481984K"), -EINVAL, 0 },
	{ "2^64 in M", TEXT("17592186044416M"), -EINVAL, 0 },
	{ "2^64 in G", TEXT("17179869184G"), -EINVAL, 0 },
	{ "2^64 in T", TEXT("16777216T"), -EINVAL, 0 },
	{ "2^73", TEXT("0x8000000000000000K"), -EINVAL, 0 },
	{ "2^104", TEXT("0xffffffffffffffffT"), -EINVAL, 0 },

	{ "nothing", TEXT(""), -EINVAL, 0 },
	{ "newline alone", TEXT("\n"), -EINVAL, 0 },
	{ "two newlines", TEXT("1\n\n"), -EINVAL, 0 },
	{ "newline in front", TEXT("\n1"), -EINVAL, 0 },
	{ "newline before the suffix", TEXT("1\nG"), -EINVAL, 0 },
	{ "two lines", TEXT("1\n2\n"), -EINVAL, 0 },
	{ "NUL at the end", TEXT("1\0"), -EINVAL, 0 },
	{ "NUL before the newline", TEXT("1G\0\n"), -EINVAL, 0 },
	{ "NUL and garbage", TEXT("1\0garbage"), -EINVAL, 0 },
	{ "NUL alone", TEXT("\0"), -EINVAL, 0 },
	{ "minus one", TEXT("-1"), -EINVAL, 0 },
	{ "minus zero", TEXT("-0"), -EINVAL, 0 },
	{ "two signs", TEXT("++1"), -EINVAL, 0 },
	{ "sign alone", TEXT("+"), -EINVAL, 0 },
	{ "exponent", TEXT("1e9"), -EINVAL, 0 },
	{ "fraction", TEXT("1.5G"), -EINVAL, 0 },
	{ "thousands", TEXT("1,000"), -EINVAL, 0 },
	{ "0x alone", TEXT("0x"), -EINVAL, 0 },
	{ "0x and a suffix", TEXT("0xG"), -EINVAL, 0 },
	{ "no octal digit", TEXT("08"), -EINVAL, 0 },
	{ "hexadecimal without 0x", TEXT("ff"), -EINVAL, 0 },
	{ "space in front", TEXT(" 1G"), -EINVAL, 0 },
	{ "space before the suffix", TEXT("1 G"), -EINVAL, 0 },
	{ "space at the end", TEXT("1G "), -EINVAL, 0 },
	{ "space alone", TEXT(" "), -EINVAL, 0 },
	{ "suffix alone", TEXT("G"), -EINVAL, 0 },
	{ "suffix in front", TEXT("G1"), -EINVAL, 0 },
	{ "suffix twice", TEXT("1GG"), -EINVAL, 0 },
	{ "two suffixes", TEXT("1KM"), -EINVAL, 0 },
	{ "sign and suffix", TEXT("+G"), -EINVAL, 0 },
	{ "GB", TEXT("1GB"), -EINVAL, 0 },
	{ "GiB", TEXT("1GiB"), -EINVAL, 0 },
	{ "P is no suffix", TEXT("1P"), -EINVAL, 0 },
	{ "E is no suffix", TEXT("16E"), -EINVAL, 0 },
	{ "B is no suffix", TEXT("1B"), -EINVAL, 0 },
	{ "high bit set", TEXT("1\xc7"), -EINVAL, 0 },
	{ "a word", TEXT("max"), -EINVAL, 0 },

	{ "as long as any number", TEXT("000000000000000000000001"), 0, 1 },
	{ "longer than any number", TEXT("0000000000000000000000001"),
	  -EINVAL, 0 },
	{ "length ends the text", .text = "1G5", .len = 2, 0, GIB },
};

static void test_case(void **state)
{
	const struct size_case *c = *state;
	char *text = exact_copy(c->text, c->len);
	u64 size = UNTOUCHED;
	int rc = presize_parse_size(text, c->len, &size);

	free(text);
	assert_int_equal(rc, c->rc);
	assert_int_equal(size, c->rc ? UNTOUCHED : c->size);
}

/* What a write(2) of a page brings, whatever is in it */
static void test_page(void **state)
{
	static const char fill[] = { 'G', '1', '0', ' ', '\n', '\0', '\xff' };
	u64 size = UNTOUCHED;

	(void)state;
	for (size_t i = 0; i < sizeof(fill); i++) {
		char text[4096];

		memset(text, fill[i], sizeof(text));
		assert_int_equal(presize_parse_size(text, sizeof(text), &size),
				 -EINVAL);
		assert_int_equal(size, UNTOUCHED);
	}
}

/* Each byte after a number: only a digit, a suffix or a newline is taken */
static void test_every_byte(void **state)
{
	(void)state;
	for (int byte = 0; byte < 256; byte++) {
		bool taken = byte && strchr("0123456789KMGTkmgt\n", byte);
		char text[] = { '1', (char)byte };
		u64 size = UNTOUCHED;

		assert_int_equal(presize_parse_size(text, sizeof(text), &size),
				 taken ? 0 : -EINVAL);
		assert_int_equal(size == UNTOUCHED, !taken);
	}
}

int main(void)
{
	const struct CMUnitTest more[] = {
		cmocka_unit_test(test_page),
		cmocka_unit_test(test_every_byte),
	};

	return RUN_CASES(cases, test_case, more);
}
