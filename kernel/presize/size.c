// SPDX-License-Identifier: GPL-2.0-only
/* Sizes as people write them to a sysfs file */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include "size.h"

/* 20 decimal digits, a sign, a suffix, a newline and the terminator */
#define SIZE_TEXT_MAX 25

static u64 suffix_factor(char suffix)
{
	switch (toupper(suffix)) {
	case 'K':
		return 1ULL << 10;
	case 'M':
		return 1ULL << 20;
	case 'G':
		return 1ULL << 30;
	case 'T':
		return 1ULL << 40;
	default:
		return 1;
	}
}

/**
 * presize_parse_size - a size in bytes from the text written to an attribute
 * @buf: the text; one newline at its end is ignored
 * @len: length of @buf
 * @size: result in bytes, untouched on error
 *
 * Takes what kstrtoull() takes in any base, and one optional suffix K, M, G or
 * T in either case, a power of 1024. memparse() is not used: it ignores
 * overflow and trailing text.
 *
 * Return: 0, or -EINVAL where the text is not exactly one size below 2^64.
 */
int presize_parse_size(const char *buf, size_t len, u64 *size)
{
	char text[SIZE_TEXT_MAX];
	unsigned long long value;
	u64 factor;

	if (len && buf[len - 1] == '\n')
		len--;
	if (!len || len >= sizeof(text) || memchr(buf, '\0', len) ||
	    memchr(buf, '\n', len))
		return -EINVAL;
	memcpy(text, buf, len);
	text[len] = '\0';

	factor = suffix_factor(text[len - 1]);
	if (factor > 1)
		text[len - 1] = '\0';
	if (kstrtoull(text, 0, &value) ||
	    check_mul_overflow((u64)value, factor, &factor))
		return -EINVAL;
	*size = factor;
	return 0;
}
